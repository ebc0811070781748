-- The tables of the versions from before the first release: the SQL of their five migrations without
-- comments, and the rows that they leave.
CREATE TABLE users (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email TEXT NOT NULL,
    email_canonical TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE TABLE receipts (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    by_credential BYTEA,
    ip TEXT,
    sessions_ended BIGINT NOT NULL,
    tokens_ended BIGINT NOT NULL
);
CREATE INDEX receipts_of_user ON receipts (user_id, id);
CREATE TABLE credentials (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    class TEXT NOT NULL CHECK (class IN ('session', 'token')),
    kind TEXT NOT NULL CHECK (
        (class = 'session' AND kind IN ('desktop', 'mobile', 'tablet', 'other'))
        OR (class = 'token' AND kind IN ('personal', 'device', 'service'))
    ),
    name TEXT NOT NULL,
    abilities TEXT NOT NULL,
    user_agent TEXT,
    ip TEXT,
    remembered BOOLEAN NOT NULL,
    paused BOOLEAN NOT NULL,
    made_by BYTEA,
    form_key BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    idle_limit BIGINT,
    confirmed_until BIGINT,
    ended_at BIGINT,
    receipt_id BYTEA REFERENCES receipts (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX credentials_of_form ON credentials (user_id, form_key) WHERE form_key IS NOT NULL;
CREATE INDEX credentials_of_user ON credentials (user_id, id);
CREATE INDEX credentials_live ON credentials (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX credentials_expiring ON credentials (expires_at)
    WHERE ended_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX credentials_of_receipt ON credentials (receipt_id) WHERE receipt_id IS NOT NULL;
CREATE INDEX credentials_ended_by_hand ON credentials (ended_at)
    WHERE receipt_id IS NULL AND ended_at IS NOT NULL;
CREATE TABLE last_uses (
    credential_id BYTEA NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    ip TEXT
);
CREATE TABLE secrets (
    digest BYTEA NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    credential_id BYTEA NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    valid_until BIGINT
);
CREATE INDEX secrets_of_credential ON secrets (credential_id);
CREATE INDEX secrets_spent ON secrets (valid_until) WHERE valid_until IS NOT NULL;
CREATE TABLE rotations (
    digest BYTEA NOT NULL PRIMARY KEY REFERENCES secrets (digest) ON DELETE CASCADE,
    request BYTEA NOT NULL CHECK (length(request) = 32),
    salt BYTEA NOT NULL CHECK (length(salt) = 16),
    overlap BIGINT NOT NULL
);
CREATE TABLE events (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    by_credential BYTEA,
    ip TEXT,
    credential_id BYTEA,
    receipt_id BYTEA,
    detail TEXT NOT NULL
);
CREATE INDEX events_of_user ON events (user_id, id);
CREATE TABLE throttles (
    key BYTEA NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    clear_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX throttles_clear ON throttles (clear_at);
CREATE TABLE notice_position (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);
INSERT INTO notice_position (id, position) VALUES (1, 0);
CREATE TABLE notices (
    position BIGINT NOT NULL PRIMARY KEY,
    about BYTEA NOT NULL CHECK (length(about) IN (16, 32)),
    by_node BYTEA,
    at BIGINT NOT NULL
);
CREATE TABLE nodes (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    beat BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    alive_at BIGINT NOT NULL,
    signs_with TEXT NOT NULL,
    takes TEXT NOT NULL,
    token_prefix TEXT NOT NULL
);
CREATE TABLE database_place (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    place TEXT NOT NULL
);
ALTER TABLE secrets ADD COLUMN revoked_at BIGINT;
ALTER TABLE notices ADD COLUMN identity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notice_position ADD COLUMN settled_in TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN joined_in TEXT NOT NULL DEFAULT '';
CREATE TABLE migration_checksums (
    version TEXT NOT NULL PRIMARY KEY,
    checksum TEXT NOT NULL
);
CREATE TABLE write_probe (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    probes BIGINT NOT NULL
);
ALTER TABLE events ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
CREATE TABLE __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO __diesel_schema_migrations (version) VALUES
    ('20261122000001'),
    ('20261127000001'),
    ('20261127000002'),
    ('20261127000003'),
    ('20261127000005');
INSERT INTO migration_checksums (version, checksum) VALUES
    ('20261122000001', 'b58e609170d67e0f1f416303becc768db0bd9be602fa2a2441fd6205fcf7f51c'),
    ('20261127000001', '1d03996d09f1cb0796b1287b23d43f699c8005ebb16f857176c8f4bcef55ae38'),
    ('20261127000002', 'a3bc4b7891f5ba206f088b84afe47098887699656c70e111b72b2ffaa645b9d3'),
    ('20261127000003', 'c0a6cdc46720e32032bb770baed3793ce2a2ae042d740d51405db2c60f4eb10f'),
    ('20261127000005', '44b1264c419f0eda5ce409d5d2b5e96864daa6febf09b5c0c2eb71f8ed736e0e');
