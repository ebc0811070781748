-- The end of the secrets that an import stored.

-- The time from which the secret is refused, if the operator chose one for an import. Null: no such time.
-- The secret stays the newest one of its token: `valid_until` is the end of a secret that a newer one has
-- replaced.
ALTER TABLE secrets ADD COLUMN accepted_until BIGINT;
