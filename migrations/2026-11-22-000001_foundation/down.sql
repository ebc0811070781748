DROP TABLE throttles;
DROP TABLE events;
DROP TABLE rotations;
DROP TABLE secrets;
DROP TABLE credentials;
DROP TABLE receipts;
DROP TABLE users;
