DROP TABLE sign_in_attempts;
DROP TABLE recovery_code_sets;
DROP TABLE recovery_codes;
DROP TABLE pending_authenticator_apps;
DROP TABLE authenticator_apps;
ALTER TABLE credentials DROP COLUMN second_factor_until;
ALTER TABLE credentials DROP COLUMN auth_time;
ALTER TABLE credentials DROP COLUMN amr;
