ALTER TABLE receipts DROP COLUMN trusted_browsers_ended;
DROP TABLE trusted_browsers;
