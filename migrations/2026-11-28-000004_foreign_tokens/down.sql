ALTER TABLE nodes DROP COLUMN foreign_tokens;
