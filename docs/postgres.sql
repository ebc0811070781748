-- Two roles for Narthex on PostgreSQL with the least privileges. `narthex_owner` creates and changes the
-- tables, for `narthex migrate` alone. `narthex` reads and writes rows, for `narthex serve` and every other
-- command. Run this once, as a superuser:
--
--     createdb narthex
--     psql --dbname=narthex --file=docs/postgres.sql
--
-- Set a password for each in psql (\password narthex_owner, \password narthex). Then, now and after
-- every update of Narthex:
--
--     DATABASE_URL=postgres://narthex_owner:…@host/narthex narthex migrate
--     DATABASE_URL=postgres://narthex:…@host/narthex narthex serve
--
-- The tests set up a database with this file.

CREATE ROLE narthex_owner LOGIN;
CREATE ROLE narthex LOGIN;

-- PostgreSQL grants these to all roles: to connect, and before version 15 to create tables.
REVOKE ALL ON DATABASE narthex FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT CONNECT ON DATABASE narthex TO narthex_owner, narthex;
GRANT USAGE, CREATE ON SCHEMA public TO narthex_owner;
GRANT USAGE ON SCHEMA public TO narthex;

-- The timeouts that each connection also sets itself (src/db/timeouts.rs), and a setting that only a
-- superuser may change: messages in English, which identify a deadlock. `narthex check` reads them back.
ALTER ROLE narthex_owner SET lc_messages = 'C';
ALTER ROLE narthex SET lc_messages = 'C';
ALTER ROLE narthex SET statement_timeout = '8s';
ALTER ROLE narthex SET lock_timeout = '5s';
ALTER ROLE narthex SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE narthex SET default_transaction_isolation = 'read committed';

-- Applies to the tables of later migrations too.
ALTER DEFAULT PRIVILEGES FOR ROLE narthex_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO narthex;
