-- Passkeys (Web Authentication, level 3).

-- The passkeys of a user.
CREATE TABLE passkeys (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The ID that the authenticator chose.
    credential_id BYTEA NOT NULL UNIQUE,
    -- The public key in JSON, in the form of webauthn-rs-core.
    public_key TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Identifies the model or the provider of the authenticator. All zeros: it did not say.
    aaguid BYTEA NOT NULL CHECK (length(aaguid) = 16),
    -- How a browser reaches the authenticator, separated by spaces.
    transports TEXT NOT NULL,
    -- The highest signature counter that was seen.
    counter BIGINT NOT NULL,
    -- Whether the provider may copy the passkey to other devices, and whether it has.
    backup_eligible BOOLEAN NOT NULL,
    backed_up BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    -- The last time that the counter was lower than before, which a copy of the passkey causes.
    copy_suspected_at BIGINT
);
CREATE INDEX passkeys_user_id_idx ON passkeys (user_id);

-- The random ID by which authenticators know a user. It is no ID of another table, so an authenticator
-- learns nothing of use elsewhere.
CREATE TABLE passkey_user_handles (
    user_id BYTEA NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    handle BYTEA NOT NULL UNIQUE CHECK (length(handle) = 32)
) /* SQLite: WITHOUT ROWID */;

-- The open challenges. An answer to a challenge deletes it.
CREATE TABLE passkey_challenges (
    -- The SHA-256 of the challenge.
    digest BYTEA NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    -- The SHA-256 of the purpose and of the session, the attempt or the browser that asked for it.
    holder BYTEA NOT NULL CHECK (length(holder) = 32),
    created_at BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX passkey_challenges_holder_idx ON passkey_challenges (holder);
CREATE INDEX passkey_challenges_created_at_idx ON passkey_challenges (created_at);

-- The passkey that proved the user in the first step of a sign-in. The password is the second step.
-- Null: the password was the first step.
ALTER TABLE sign_in_attempts ADD COLUMN passkey_id BYTEA;
