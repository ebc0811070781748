-- How often the same actor made the same change within a minute: one row counts them.
ALTER TABLE events ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
