-- Two roles for Narthex on PostgreSQL, neither of which can do more than it has to: `narthex_owner`
-- makes and changes the tables, and is used by `narthex migrate` alone; `narthex` reads and writes
-- rows, and is what `narthex serve` and every other command run as. Once, as a superuser:
--
--     createdb narthex
--     psql --dbname=narthex --file=docs/postgres.sql
--
-- and in psql a password for each (\password narthex_owner, \password narthex). Then, now and after
-- every update of Narthex:
--
--     DATABASE_URL=postgres://narthex_owner:…@host/narthex narthex migrate
--     DATABASE_URL=postgres://narthex:…@host/narthex narthex serve
--
-- The tests set up a database with this very file.

CREATE ROLE narthex_owner LOGIN;
CREATE ROLE narthex LOGIN;

-- What PostgreSQL gives to everybody: to connect, and before version 15 to make tables.
REVOKE ALL ON DATABASE narthex FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT CONNECT ON DATABASE narthex TO narthex_owner, narthex;
GRANT USAGE, CREATE ON SCHEMA public TO narthex_owner;
GRANT USAGE ON SCHEMA public TO narthex;

-- What each connection asks for as well (src/db/timeouts.rs), and what only a superuser may set: messages in
-- English, by which a deadlock is recognised. `narthex check` reads them back.
ALTER ROLE narthex_owner SET lc_messages = 'C';
ALTER ROLE narthex SET lc_messages = 'C';
ALTER ROLE narthex SET statement_timeout = '8s';
ALTER ROLE narthex SET lock_timeout = '5s';
ALTER ROLE narthex SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE narthex SET default_transaction_isolation = 'read committed';

-- Also on the tables that a later migration makes.
ALTER DEFAULT PRIVILEGES FOR ROLE narthex_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO narthex;
