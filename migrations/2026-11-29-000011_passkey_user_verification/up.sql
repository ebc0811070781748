-- Whether the authenticator has verified the user, at the registration or at a use. Only such a passkey
-- signs its user in without a password.
ALTER TABLE passkeys ADD COLUMN user_verified BOOLEAN NOT NULL DEFAULT FALSE;
