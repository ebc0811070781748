ALTER TABLE sign_in_attempts DROP COLUMN passkey_id;
DROP TABLE passkey_challenges;
DROP TABLE passkey_user_handles;
DROP TABLE passkeys;
