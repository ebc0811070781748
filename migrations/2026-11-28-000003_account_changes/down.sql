DROP TABLE account_change_sequence;
DROP TABLE account_changes;
