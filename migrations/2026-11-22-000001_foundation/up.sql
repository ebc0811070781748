-- One text for SQLite and PostgreSQL. Ids are UUIDv7 in 16 bytes, made by us. Times are microseconds
-- since 1970 UTC. Where a column names something whose row may be gone before it (who made a token,
-- who ended a session), it is a plain id without a foreign key: history outlives what it tells of.
--
-- What stands in a comment that begins with "SQLite:" is text to SQLite alone (src/kit/db/migrate.rs). It keeps
-- tables with short rows by their keys, in one tree and not in two, so that a row is found and written in half
-- as many pages. Rows of users and credentials are too long for that: more than a twentieth of a page (SQLite
-- documentation, "The WITHOUT ROWID Optimization").

CREATE TABLE users (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- As typed, for people; and folded (case, width, composition), for finding.
    email TEXT NOT NULL,
    email_canonical TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- A PHC string of Argon2id.
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

-- One sign-out.
CREATE TABLE receipts (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    -- The credential whose caller asked for it; null where an operator or Narthex itself did.
    by_credential BYTEA,
    ip TEXT,
    -- Kept beside the credentials, which are pruned earlier.
    sessions_ended BIGINT NOT NULL,
    tokens_ended BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX receipts_of_user ON receipts (user_id, id);

CREATE TABLE credentials (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    class TEXT NOT NULL CHECK (class IN ('session', 'token')),
    kind TEXT NOT NULL CHECK (
        (class = 'session' AND kind IN ('desktop', 'mobile', 'tablet', 'other'))
        OR (class = 'token' AND kind IN ('personal', 'device', 'service'))
    ),
    -- A token's; empty for a session, whose user agent says what it is.
    name TEXT NOT NULL,
    -- Parted by spaces, as OAuth's scopes are.
    abilities TEXT NOT NULL,
    user_agent TEXT,
    -- Where it was made.
    ip TEXT,
    -- "Keep me signed in".
    remembered BOOLEAN NOT NULL,
    paused BOOLEAN NOT NULL,
    -- The credential whose caller made it.
    made_by BYTEA,
    -- What the form that made it carried, so that sending the form twice makes one.
    form_key BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    -- How long it may go unused, in microseconds.
    idle_limit BIGINT,
    -- Until when the password counts as just confirmed.
    confirmed_until BIGINT,
    ended_at BIGINT,
    receipt_id BYTEA REFERENCES receipts (id) ON DELETE SET NULL
);
-- Each of these is one more page to be written for a change: most have only the rows that they are asked
-- about.
CREATE UNIQUE INDEX credentials_of_form ON credentials (user_id, form_key) WHERE form_key IS NOT NULL;
CREATE INDEX credentials_of_user ON credentials (user_id, id);
CREATE INDEX credentials_live ON credentials (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX credentials_expiring ON credentials (expires_at)
    WHERE ended_at IS NULL AND expires_at IS NOT NULL;
-- In the order in which they ended, for ids of receipts sort by time: pruning goes by it, and by the next
-- one for what somebody ended by hand.
CREATE INDEX credentials_of_receipt ON credentials (receipt_id) WHERE receipt_id IS NOT NULL;
CREATE INDEX credentials_ended_by_hand ON credentials (ended_at)
    WHERE receipt_id IS NULL AND ended_at IS NOT NULL;

-- When and from where a credential was last used; no row where it never was. Beside the credentials, for this
-- alone is written again and again: the rows of all that are in use are in few pages here, and there each
-- would be in a page of its own.
CREATE TABLE last_uses (
    credential_id BYTEA NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    ip TEXT
) /* SQLite: WITHOUT ROWID */;

-- A credential outlives its secrets: a session gets a new one when its password is confirmed, a token
-- when it is rotated.
CREATE TABLE secrets (
    -- SHA-256 of the secret; the secret itself is nowhere.
    digest BYTEA NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    -- The last characters of a token's secret, for telling tokens apart; empty for a session.
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Until when it lets anybody in; null: as long as its credential does.
    valid_until BIGINT
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX secrets_of_credential ON secrets (credential_id);
CREATE INDEX secrets_spent ON secrets (valid_until) WHERE valid_until IS NOT NULL;

-- What the new secret of a rotation was derived from besides the server's key and the client's, so that
-- whoever sends the same request again gets the same secret. Worth nothing without those two.
CREATE TABLE rotations (
    -- The secret that it made.
    digest BYTEA NOT NULL PRIMARY KEY REFERENCES secrets (digest) ON DELETE CASCADE,
    -- SHA-256 of what makes a request the same: who asks, and the Idempotency-Key or the form's key.
    request BYTEA NOT NULL CHECK (length(request) = 32),
    salt BYTEA NOT NULL CHECK (length(salt) = 16),
    -- How long the secret before it went on working, in microseconds.
    overlap BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;

-- The activity log; rows are added and never changed.
CREATE TABLE events (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Null for a sign-in refused to an address that has no account.
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- The credential whose caller did it; null where an operator, Narthex or a stranger did.
    by_credential BYTEA,
    ip TEXT,
    -- The credential it was done to, where there is one.
    credential_id BYTEA,
    receipt_id BYTEA,
    -- What a person needs to recognise it by: a token's name, a browser, how many ended.
    detail TEXT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX events_of_user ON events (user_id, id);

-- How often somebody tried a password, or made an account, until it is forgotten.
CREATE TABLE throttles (
    -- SHA-256 of who or what is counted: an address that was typed, right or wrong, is not kept.
    key BYTEA NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    clear_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX throttles_clear ON throttles (clear_at);

-- What processes on this database tell each other, so that what one of them remembers of a user or of a
-- secret is not believed after another changed it. docs/in-force.md says why it is right.

-- The position of the newest notice, in its only row. Whoever adds notices takes this row last before
-- the commit and holds it until then, so that positions are committed in their order.
CREATE TABLE notice_position (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);
INSERT INTO notice_position (id, position) VALUES (1, 0);

-- One notice: what is remembered of a user, or of one secret, is old.
CREATE TABLE notices (
    position BIGINT NOT NULL PRIMARY KEY,
    -- A user's id, also of one who was deleted by it; or a secret's digest. Forgotten after an hour.
    about BYTEA NOT NULL CHECK (length(about) IN (16, 32)),
    -- The node that changed it and has forgotten it already; null: a process that is no node.
    by_node BYTEA,
    -- For pruning alone: no decision is made by it.
    at BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;

-- A process that remembers, and is waited for by whoever ends something.
CREATE TABLE nodes (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Grows while it lives.
    beat BIGINT NOT NULL,
    -- The position up to which it has forgotten what it was told to.
    applied BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    -- When its last beat was, by its own clock: for people, and for whoever starts on a copy of this
    -- database. No node decides anything by it.
    alive_at BIGINT NOT NULL,
    -- What all of them must agree about: SHA-256 of the key that it signs cookies with, of every key
    -- that it takes (parted by spaces, in base64url), and how its tokens begin.
    signs_with TEXT NOT NULL,
    takes TEXT NOT NULL,
    token_prefix TEXT NOT NULL
);

-- Where this database was when somebody first served on it, in its only row: whoever starts and finds it
-- elsewhere has a copy before them. src/kit/db/place.rs says what a place is.
CREATE TABLE database_place (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    place TEXT NOT NULL
);
