-- Trusted browsers: a sign-in with the password needs no second factor in them.
CREATE TABLE trusted_browsers (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The SHA-256 of the cookie.
    digest BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    created_at BIGINT NOT NULL,
    -- The last sign-in that needed no second factor.
    last_used_at BIGINT,
    expires_at BIGINT NOT NULL,
    -- The User-Agent and the address at the creation.
    user_agent TEXT,
    ip TEXT
);
CREATE INDEX trusted_browsers_user_id_idx ON trusted_browsers (user_id);
CREATE INDEX trusted_browsers_expires_at_idx ON trusted_browsers (expires_at);

-- The number of trusted browsers that ended with the credentials.
ALTER TABLE receipts ADD COLUMN trusted_browsers_ended BIGINT NOT NULL DEFAULT 0;
