-- Second factors: authenticator apps, recovery codes, and sign-ins in two steps.

-- The methods that proved the user (RFC 8176), separated by spaces; empty for a session of an earlier
-- version, which a password opened. A token has those of the session that created it.
ALTER TABLE credentials ADD COLUMN amr TEXT NOT NULL DEFAULT '';
-- The time of that proof; null: the time of creation.
ALTER TABLE credentials ADD COLUMN auth_time BIGINT;
-- The end of the period in which a second factor is not asked again.
ALTER TABLE credentials ADD COLUMN second_factor_until BIGINT;

-- The authenticator app of a user (RFC 6238).
CREATE TABLE authenticator_apps (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- The secret, encrypted under a key that is derived from the signing key.
    sealed_secret BYTEA NOT NULL,
    -- Identifies that key, so that secrets under an older key are found and sealed anew.
    sealed_with BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    -- The time step of the last accepted code. A code of this step or of an earlier one is refused.
    last_step BIGINT NOT NULL,
    -- The number of wrong codes since the last right one. At a limit the app is suspended.
    failures BIGINT NOT NULL DEFAULT 0
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX authenticator_apps_sealed_with_idx ON authenticator_apps (sealed_with);

-- The secret that the page shows to a session, until a code turns the app on.
CREATE TABLE pending_authenticator_apps (
    session_id BYTEA NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
    sealed_secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX pending_authenticator_apps_created_at_idx ON pending_authenticator_apps (created_at);

-- The recovery codes of a user. A code that was used has no row any more.
CREATE TABLE recovery_codes (
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The first group of the code, by which it is found.
    locator TEXT NOT NULL,
    -- Of the other groups: a PHC string of Argon2id.
    hash TEXT NOT NULL,
    PRIMARY KEY (user_id, locator)
) /* SQLite: WITHOUT ROWID */;

-- When the recovery codes of a user were made and one of them was used.
CREATE TABLE recovery_code_sets (
    user_id BYTEA NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
) /* SQLite: WITHOUT ROWID */;

-- A sign-in between its two steps: the password was right, and the second factor is missing.
CREATE TABLE sign_in_attempts (
    -- The SHA-256 of the secret that the browser has in its signed cookie.
    digest BYTEA NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The SHA-256 of the stored password hash that was verified. Another hash ends the attempt.
    password_digest BYTEA NOT NULL CHECK (length(password_digest) = 32),
    remembered BOOLEAN NOT NULL,
    -- The number of codes that were tried.
    tried BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    -- The session that the attempt opened. A second click sends the code again.
    session_id BYTEA
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX sign_in_attempts_user_id_idx ON sign_in_attempts (user_id);
CREATE INDEX sign_in_attempts_created_at_idx ON sign_in_attempts (created_at);
