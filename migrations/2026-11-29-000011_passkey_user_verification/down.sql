ALTER TABLE passkeys DROP COLUMN user_verified;
