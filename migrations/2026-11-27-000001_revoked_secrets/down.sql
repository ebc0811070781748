ALTER TABLE secrets DROP COLUMN revoked_at;
