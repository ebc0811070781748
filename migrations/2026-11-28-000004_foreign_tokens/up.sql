-- The formats of tokens of other systems that a node accepts (`NARTHEX_FOREIGN_TOKENS`), separated by
-- commas. All nodes must accept the same.
ALTER TABLE nodes ADD COLUMN foreign_tokens TEXT NOT NULL DEFAULT '';
