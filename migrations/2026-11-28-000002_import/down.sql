DROP TABLE imported;
ALTER TABLE secrets DROP COLUMN form;
