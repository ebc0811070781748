-- A failover may lose the last commits of PostgreSQL. Positions of notices are then given out a second
-- time, and rows of nodes are older than they were. docs/in-force.md says what these columns are for.

-- A random number that tells a notice from another one at the same position; 0: an older version wrote it.
ALTER TABLE notices ADD COLUMN identity BIGINT NOT NULL DEFAULT 0;

-- The server (cluster and timeline) on which every node from before has been waited for. Empty on SQLite.
ALTER TABLE notice_position ADD COLUMN settled_in TEXT NOT NULL DEFAULT '';

-- The server on which the node joined: on another one its row counts no more. Empty on SQLite.
ALTER TABLE nodes ADD COLUMN joined_in TEXT NOT NULL DEFAULT '';
