ALTER TABLE secrets DROP COLUMN accepted_until;
