-- The text with which each migration was applied: the tables are those that this program expects only if it
-- is the text that this program has (src/kit/db/applied.rs).
CREATE TABLE migration_checksums (
    -- As in `__diesel_schema_migrations`.
    version TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 in hexadecimal digits.
    checksum TEXT NOT NULL
) /* SQLite: WITHOUT ROWID */;

-- One row, which is changed to find out whether the database takes changes.
CREATE TABLE write_probe (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    probes BIGINT NOT NULL
);
