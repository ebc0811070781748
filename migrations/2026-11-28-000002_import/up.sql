-- Users and tokens that come from other systems.

-- The form of the secret: empty for a secret that Narthex made, otherwise a name of
-- `NARTHEX_FOREIGN_TOKENS`. A secret is accepted in its own form only.
ALTER TABLE secrets ADD COLUMN form TEXT NOT NULL DEFAULT '';

-- The users and the tokens that an import created. The next import of the same source skips them. Their
-- rows here remain when they are deleted, because the next import would create them again.
CREATE TABLE imported (
    -- The system, and the application if an operator imports several of one system.
    source TEXT NOT NULL,
    -- `user` or `token`.
    kind TEXT NOT NULL,
    -- The ID in the source.
    foreign_id TEXT NOT NULL,
    -- The ID of the user or of the credential.
    id BYTEA NOT NULL CHECK (length(id) = 16),
    -- The time of the import, because the times of the user or the token are those of the source.
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (source, kind, foreign_id)
) /* SQLite: WITHOUT ROWID */;
CREATE INDEX imported_id_idx ON imported (id);
