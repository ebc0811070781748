-- When a secret was revoked: by a rotation without an overlap, or because there were too many. Such a secret lets
-- nobody in, whatever the clock of a node says. `valid_until` is compared with a clock, and this is not.
ALTER TABLE secrets ADD COLUMN revoked_at BIGINT;
