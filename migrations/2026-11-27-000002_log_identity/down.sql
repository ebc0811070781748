ALTER TABLE nodes DROP COLUMN joined_in;
ALTER TABLE notice_position DROP COLUMN settled_in;
ALTER TABLE notices DROP COLUMN identity;
