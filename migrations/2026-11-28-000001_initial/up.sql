-- One text for SQLite and PostgreSQL; migrations/README.md describes the rules.
--
-- IDs are UUIDs of version 7 in 16 bytes, which Narthex creates. Times are microseconds since
-- 1970-01-01 UTC. A column that names a row which may be deleted earlier (the actor of an event, the
-- creator of a token) has no foreign key, because the history is kept longer than the row.

CREATE TABLE users (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- As the user typed it, for display.
    email TEXT NOT NULL,
    -- With case, width and composition folded (src/types/email.rs), for lookups.
    email_canonical TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- A PHC string of Argon2id.
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

-- One row for each revocation.
CREATE TABLE receipts (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    -- The credential of the caller; null if an operator or Narthex itself revoked.
    actor_credential_id BYTEA,
    ip TEXT,
    -- Counts, because the rows of revoked credentials are deleted before the receipt.
    sessions_ended BIGINT NOT NULL,
    tokens_ended BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX receipts_user_id_idx ON receipts (user_id, id);

CREATE TABLE credentials (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    class TEXT NOT NULL CHECK (class IN ('session', 'token')),
    kind TEXT NOT NULL CHECK (
        (class = 'session' AND kind IN ('desktop', 'mobile', 'tablet', 'other'))
        OR (class = 'token' AND kind IN ('personal', 'device', 'service'))
    ),
    -- The name of a token. Empty for a session, which is shown by its user agent.
    name TEXT NOT NULL,
    -- Separated by spaces, as the scopes of OAuth.
    abilities TEXT NOT NULL,
    user_agent TEXT,
    -- The address of the client that created it.
    ip TEXT,
    -- The choice "Keep me signed in".
    remembered BOOLEAN NOT NULL,
    paused BOOLEAN NOT NULL,
    -- The credential of the caller that created it.
    made_by BYTEA,
    -- The form key of the request that created it, so that a repeated form creates one credential.
    form_key BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    -- The longest time between two uses, in microseconds.
    idle_limit BIGINT,
    -- The end of the period after a re-authentication in which the password is not asked again.
    confirmed_until BIGINT,
    ended_at BIGINT,
    receipt_id BYTEA REFERENCES receipts (id) ON DELETE SET NULL
);
-- Each index is one more page to write for a change. So most of these indexes are partial and have only
-- the rows that are queried.
CREATE UNIQUE INDEX credentials_form_key_idx ON credentials (user_id, form_key)
    WHERE form_key IS NOT NULL;
CREATE INDEX credentials_user_id_idx ON credentials (user_id, id);
CREATE INDEX credentials_not_ended_idx ON credentials (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX credentials_expires_at_idx ON credentials (expires_at)
    WHERE ended_at IS NULL AND expires_at IS NOT NULL;
-- The cleanup reads ended credentials in the order of their receipts, because IDs of receipts sort by
-- time. The second index has the credentials without a receipt, which an operator ended with SQL.
CREATE INDEX credentials_receipt_id_idx ON credentials (receipt_id) WHERE receipt_id IS NOT NULL;
CREATE INDEX credentials_ended_at_idx ON credentials (ended_at)
    WHERE receipt_id IS NULL AND ended_at IS NOT NULL;

-- The time and the address of the latest use; no row if the credential was never used. This table is
-- separate, because its rows alone are written repeatedly. All rows of the credentials in use fit into
-- few pages here. In `credentials`, each write would change a page of its own.
CREATE TABLE last_uses (
    credential_id BYTEA NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    ip TEXT
) /* SQLite: WITHOUT ROWID */;

-- A credential has several secrets over time. A session gets a new one at a re-authentication, a token
-- at a rotation.
CREATE TABLE secrets (
    -- The SHA-256 of the secret. The secret itself is not stored.
    digest BYTEA NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    -- The last characters of the secret of a token; empty for a session.
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The time after which the secret is refused; null: it is valid as long as its credential.
    valid_until BIGINT,
    -- The time of the revocation of this secret: by a rotation without a grace period, or because the
    -- token had too many secrets. A revoked secret is refused by the presence of this value, which no
    -- node compares with its clock. `valid_until` is compared with a clock.
    revoked_at BIGINT
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX secrets_credential_id_idx ON secrets (credential_id);
CREATE INDEX secrets_valid_until_idx ON secrets (valid_until) WHERE valid_until IS NOT NULL;

-- The random input of the derivation of a rotated secret. With it, a repeated request gets the same
-- secret. The derivation also needs the key of the server and the key of the client, so these rows alone
-- yield no secret.
CREATE TABLE rotations (
    -- The secret that the rotation created.
    secret_digest BYTEA NOT NULL PRIMARY KEY REFERENCES secrets (digest) ON DELETE CASCADE,
    -- The SHA-256 of the values that identify a request: the caller, and the Idempotency-Key or the
    -- form key.
    request_digest BYTEA NOT NULL CHECK (length(request_digest) = 32),
    salt BYTEA NOT NULL CHECK (length(salt) = 16),
    -- The grace period of the previous secret, in microseconds.
    overlap BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;

-- The audit log. A row changes only if the same actor repeats the same change within a minute.
CREATE TABLE events (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Null for a refused sign-in with an address that has no account.
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- The credential of the caller; null if an operator, Narthex itself or an anonymous client acted.
    actor_credential_id BYTEA,
    ip TEXT,
    -- The credential that the event is about.
    credential_id BYTEA,
    receipt_id BYTEA,
    -- Text by which the user recognises the event: the name of a token, a browser, a number of revoked
    -- credentials.
    detail TEXT NOT NULL,
    -- The number of changes that this row counts.
    times BIGINT NOT NULL DEFAULT 1
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX events_user_id_idx ON events (user_id, id);

-- The attempts that count against a rate limit.
CREATE TABLE attempt_counters (
    -- The SHA-256 of the subject of the limit. An e-mail address that a client typed is not stored.
    key BYTEA NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    -- The time at which the counter reaches zero without further attempts.
    clear_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX attempt_counters_clear_at_idx ON attempt_counters (clear_at);

-- The following tables keep the caches of all nodes coherent. docs/revocation.md describes the protocol
-- and why it is correct.

-- One row: the position of the newest invalidation. A transaction that inserts invalidations updates this
-- row as its last statement and holds the lock until its commit. So positions are committed in order.
CREATE TABLE invalidation_sequence (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL,
    -- The server (cluster and timeline) on which all leases from before it are over. Empty on SQLite.
    settled_server TEXT NOT NULL
);
INSERT INTO invalidation_sequence (id, position, settled_server) VALUES (1, 0, '');

-- The log of invalidations. A row makes the cache entries of one user or of one secret invalid.
CREATE TABLE invalidations (
    position BIGINT NOT NULL PRIMARY KEY,
    -- The ID of a user, also of a deleted one, or the digest of a secret. The ID of zeros means all
    -- entries. Rows are deleted after an hour, except for the newest.
    key BYTEA NOT NULL CHECK (length(key) IN (16, 32)),
    -- The node that made the change and has removed its own cache entries. Null: a process that is not
    -- a node.
    published_by BYTEA,
    -- For the cleanup only. No other decision depends on it.
    created_at BIGINT NOT NULL,
    -- A random number. A failover of PostgreSQL may lose the last commits, and their positions are then
    -- assigned again. This number distinguishes two invalidations at one position.
    identity BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;

-- One row for each process with a cache, for which a revocation waits.
CREATE TABLE nodes (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Incremented by each heartbeat.
    heartbeat BIGINT NOT NULL,
    -- The position up to which the node has applied the invalidations.
    applied_position BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    -- The time of the last heartbeat by the clock of the node: for people, and for the detection of
    -- restored databases. No node decides by it.
    heartbeat_at BIGINT NOT NULL,
    -- The settings that all nodes must share: the SHA-256 of the key that signs cookies, of each
    -- accepted key (base64url, separated by spaces), and the prefix of tokens.
    signing_key_digest TEXT NOT NULL,
    accepted_key_digests TEXT NOT NULL,
    token_prefix TEXT NOT NULL,
    -- The server (cluster and timeline) on which the node joined. On another server the row does not
    -- count. Empty on SQLite.
    server TEXT NOT NULL
);

-- One row: the identity of this database when a node first served on it (src/db/identity.rs). A node that
-- starts and finds another identity reports that the database may be a copy.
CREATE TABLE database_identity (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    identity TEXT NOT NULL
);

-- The checksum of the text of each applied migration. A database is refused if another text was applied
-- (src/db/applied_migrations.rs).
CREATE TABLE migration_checksums (
    -- As in `__diesel_schema_migrations`.
    version TEXT NOT NULL PRIMARY KEY,
    -- The SHA-256 in hexadecimal digits.
    checksum TEXT NOT NULL
) /* SQLite: WITHOUT ROWID */;

-- One row, which is changed to find out if the database accepts changes (src/db/probe.rs).
CREATE TABLE write_probe (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    probes BIGINT NOT NULL
);
