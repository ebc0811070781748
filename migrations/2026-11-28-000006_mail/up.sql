-- Mail: verified addresses, links that work once, and work that is done after a commit.

-- Null: the address is verified. So an account that an earlier version or an operator creates has a
-- verified address. Otherwise the time from which the address waits for its verification.
ALTER TABLE users ADD COLUMN email_unverified_since BIGINT;
-- A second address that receives notices only.
ALTER TABLE users ADD COLUMN notice_email TEXT;
-- Null: the second address is not verified yet and receives no notice.
ALTER TABLE users ADD COLUMN notice_email_verified_at BIGINT;
CREATE INDEX users_email_unverified_since_idx ON users (email_unverified_since)
    WHERE email_unverified_since IS NOT NULL;

-- Work that is done after the commit of the transaction that inserted the row. A row is deleted when
-- its work is done.
CREATE TABLE jobs (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    -- The parameters in JSON. They contain no secret.
    payload TEXT NOT NULL,
    -- The user that the work concerns. Null if the work is done although the user is deleted.
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    -- Jobs with the same value may be joined into one.
    group_key BYTEA,
    created_at BIGINT NOT NULL,
    -- The time of the next attempt. A node that takes the job sets it to the end of its lease.
    due_at BIGINT NOT NULL,
    -- The time after which no attempt is made.
    give_up_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- The attempt under way. A node whose lease is over does not know this value of the next one.
    claim_id BYTEA CHECK (length(claim_id) = 16),
    -- The time of the final failure.
    failed_at BIGINT,
    last_error TEXT
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX jobs_due_at_idx ON jobs (due_at) WHERE failed_at IS NULL;
CREATE INDEX jobs_failed_at_idx ON jobs (failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX jobs_user_id_idx ON jobs (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX jobs_group_key_idx ON jobs (group_key) WHERE group_key IS NOT NULL;

-- Links in mails that work once. The secret of a link is derived (HKDF) from the key of the server, the
-- ID, the purpose and the salt, so these rows alone yield no secret.
CREATE TABLE one_time_links (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- The SHA-256 of the secret.
    digest BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    salt BYTEA NOT NULL CHECK (length(salt) = 16),
    purpose TEXT NOT NULL,
    -- Null for an invitation, whose account does not exist yet.
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    -- The address that the link was mailed to, as typed and in canonical form.
    email TEXT NOT NULL,
    email_canonical TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- The code of the same mail, of a verification only. It is derived like the secret.
    code_expires_at BIGINT,
    wrong_codes BIGINT NOT NULL,
    -- Parameters of the act in JSON: the choices of an address change, the name of an invited person.
    detail TEXT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX one_time_links_user_id_idx ON one_time_links (user_id, purpose);
CREATE INDEX one_time_links_email_canonical_idx ON one_time_links (email_canonical, purpose);
CREATE INDEX one_time_links_expires_at_idx ON one_time_links (expires_at);

-- The mails that a client asked for, which count against the limits of mails.
CREATE TABLE mail_requests (
    -- The SHA-256 of the subject of the limit, so that an address that a client typed is not stored.
    key BYTEA NOT NULL CHECK (length(key) = 32),
    id BYTEA NOT NULL CHECK (length(id) = 16),
    at BIGINT NOT NULL,
    PRIMARY KEY (key, id)
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX mail_requests_at_idx ON mail_requests (at);

-- The browsers from which a user has signed in, each by a cookie of its own.
CREATE TABLE known_browsers (
    -- The SHA-256 of the cookie's secret.
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (digest, user_id)
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX known_browsers_user_id_idx ON known_browsers (user_id);
CREATE INDEX known_browsers_last_seen_at_idx ON known_browsers (last_seen_at);

-- The networks from which a token was used.
CREATE TABLE token_networks (
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    -- The prefix of the client's address: 192.0.2.0/24.
    network TEXT NOT NULL,
    first_used_at BIGINT NOT NULL,
    PRIMARY KEY (credential_id, network)
) /* SQLite: WITHOUT ROWID */;

-- The warnings about the expiry of tokens that were mailed.
CREATE TABLE expiry_warnings (
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    -- The expiry that the warning named. A later expiry has warnings of its own.
    expires_at BIGINT NOT NULL,
    -- The number of days before the expiry.
    days SMALLINT NOT NULL,
    PRIMARY KEY (credential_id, expires_at, days)
) /* SQLite: WITHOUT ROWID */;
