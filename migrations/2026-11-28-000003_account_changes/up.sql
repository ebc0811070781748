-- Changes of accounts, for the apps that embed Narthex. An app reads them in the order of their positions.

CREATE TABLE account_changes (
    -- Assigned under a lock that is held until the commit, so that no lower position appears later.
    position BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Without a reference, because the change remains when the user is deleted.
    user_id BYTEA NOT NULL CHECK (length(user_id) = 16),
    -- The receipt of a revocation.
    receipt_id BYTEA CHECK (length(receipt_id) = 16)
);
CREATE INDEX account_changes_at_idx ON account_changes (at);

-- The position of the newest change, in one row.
CREATE TABLE account_change_sequence (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);
INSERT INTO account_change_sequence (id, position) VALUES (1, 0);
