-- The language that the user chose (RFC 5646). NULL: the language of the browser.
ALTER TABLE users ADD COLUMN language TEXT;
