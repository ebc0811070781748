//! Other clients of the same database: one that holds the locks of a change, and one with which a
//! change deadlocks.

use diesel::connection::SimpleConnection as _;
use diesel::dsl;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};
use futures_util::future::join_all;
use narthex::credentials::last_used;

use super::{ADA, token_body};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{TestApp, migrate};
use crate::support::database::{Database, Engine};
use crate::support::postgres;
use crate::support::sql::{self, sqlite_at};

/// The number of concurrent changes: more than PostgreSQL connections.
const CONCURRENT: usize = 20;

/// Another program that holds the lock that every change of a user needs.
enum LockHolder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl LockHolder {
    fn acquire(address: &str) -> Self {
        match address.strip_prefix("sqlite://") {
            Some(file) => {
                let mut other = sqlite_at(file);
                other.batch_execute("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(other)
            }
            None => {
                let mut other = PgConnection::establish(address).unwrap();
                let lock = "BEGIN; SELECT id FROM users FOR UPDATE";
                other.batch_execute(lock).unwrap();
                Self::Postgres(other)
            }
        }
    }

    fn release(self) {
        match self {
            Self::Sqlite(mut other) => other.batch_execute("ROLLBACK").unwrap(),
            Self::Postgres(mut other) => other.batch_execute("ROLLBACK").unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn change_without_its_lock_fails_with_retry_after() {
    let database = Database::fresh(migrate);
    let address = database.address().to_owned();
    let app = TestApp::start_on(database, &address, &[("NARTHEX_MEMORY_ENTRIES", "0")]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let holder = LockHolder::acquire(&address);

    let body = token_body("one of many");
    let changes = join_all((0..CONCURRENT).map(|_| client.post("/api/v1/tokens", &body)));
    let others = async {
        let anonymous = app.anonymous();
        for _ in 0..5 {
            anonymous.get("/healthz").await.expect_status(200);
        }
        // Readers never wait for writers.
        for _ in 0..5 {
            client.get("/api/v1/user").await.expect_status(200);
            anonymous.get("/readyz").await.expect_status(200);
        }
    };
    let (changes, ()) = futures_util::future::join(changes, others).await;
    for answer in changes {
        answer.expect_outage();
    }

    holder.release();
    client
        .post("/api/v1/tokens", &body)
        .await
        .expect_status(201);
    client.get("/api/v1/user").await.expect_status(200);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
}

/// Starts Narthex on a PostgreSQL database with these default settings, and opens another
/// connection to it. The tests use PostgreSQL in both runs, because SQLite has one writer and no
/// deadlocks.
fn on_postgres(settings: &[&str]) -> (TestApp, PgConnection) {
    let database = Database::fresh_of(Engine::Postgres, migrate);
    let address = database.address().to_owned();
    let mut other = PgConnection::establish(&address).unwrap();
    let name = postgres::socket_and_name(&address).1;
    for setting in settings {
        let setting = format!("ALTER DATABASE {name} SET {setting}");
        other.batch_execute(&setting).unwrap();
    }
    (TestApp::start_on(database, &address, &[]), other)
}

/// Waits until a session in the same database waits for a lock.
async fn wait_for_blocked_session(database: &mut PgConnection) {
    let waiting = "(SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0)";
    wait_until_nonzero(database, waiting).await;
}

/// Waits until a count is not zero.
async fn wait_until_nonzero(database: &mut PgConnection, count: &str) {
    loop {
        // Within a transaction the server would repeat the first statistics.
        database
            .batch_execute("SELECT pg_stat_clear_snapshot()")
            .unwrap();
        let counted = diesel::select(dsl::sql::<BigInt>(count));
        if counted.get_result::<i64>(database).unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A short time after which a change looks for a deadlock.
const SHORT_DEADLOCK_TIMEOUT: &str = "deadlock_timeout = '100ms'";

/// Makes a change lose a deadlock with another transaction.
///
/// Each side looks for a deadlock once, and the side that finds one loses. Therefore the change
/// first holds only the row of the user. It requests the row of the token when the other
/// transaction waits for the row of the user. The other one looks for a deadlock only after a
/// minute.
async fn lose_a_deadlock(settings: &[&str]) {
    let (app, mut other) = on_postgres(settings);
    other.batch_execute("SET deadlock_timeout = '60s'").unwrap();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let token = app.token(&ada, "Wanted by two", &[]).await;

    other
        .batch_execute(
            "CREATE SEQUENCE updates;
            CREATE FUNCTION wait_for_the_other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('updates') = 2 THEN
                    PERFORM pg_advisory_xact_lock(1);
                    WHILE NOT EXISTS (SELECT FROM pg_stat_activity
                        WHERE datname = current_database()
                        AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
                    LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP;
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER first_wait BEFORE UPDATE ON credentials
                FOR EACH STATEMENT EXECUTE FUNCTION wait_for_the_other()",
        )
        .unwrap();
    other
        .batch_execute("BEGIN; UPDATE credentials SET paused = paused WHERE name = 'Wanted by two'")
        .unwrap();
    let path = format!("/api/v1/tokens/{}", token.id);
    let revocation = tokio::spawn(async move { client.delete(&path).await });
    let holds_user_row = "(SELECT count(*) FROM pg_locks \
         WHERE locktype = 'advisory' AND objid = 1 AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database()))";
    wait_until_nonzero(&mut other, holds_user_row).await;
    let other = tokio::task::spawn_blocking(move || {
        let (lock, end) = ("SELECT id FROM users FOR UPDATE", "COMMIT");
        other
            .batch_execute(lock)
            .and_then(|()| other.batch_execute(end))
    });
    revocation.await.unwrap().expect_status(204);
    other.await.unwrap().expect("the winner of the deadlock");
    token.client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn change_that_loses_a_deadlock_is_retried() {
    lose_a_deadlock(&[SHORT_DEADLOCK_TIMEOUT]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn deadlock_is_recognised_with_translated_messages() {
    let database = Database::empty_of(Engine::Postgres);
    let german = postgres::make_locale("de_DE");
    let mut connection = PgConnection::establish(database.address()).unwrap();
    connection
        .batch_execute(&format!("SET lc_messages = '{german}'"))
        .unwrap();
    let error = connection
        .batch_execute("SELECT 1/0")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error, "Division durch Null",
        "the server has its translations"
    );
    let in_german = format!("lc_messages = '{german}'");
    lose_a_deadlock(&[SHORT_DEADLOCK_TIMEOUT, &in_german]).await;
}

/// A transaction that waits for a user's lock sees the holder's changes, even if the default
/// isolation would show the state at its start.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn revocation_holds_with_any_default_isolation_level() {
    let (app, mut other) = on_postgres(&["default_transaction_isolation = 'repeatable read'"]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    client.get("/api/v1/user").await.expect_status(200);

    let revocation =
        "BEGIN; SELECT id FROM users FOR UPDATE; UPDATE credentials SET ended_at = created_at";
    other.batch_execute(revocation).unwrap();
    let creation =
        tokio::spawn(async move { client.post("/api/v1/tokens", &token_body("Too late")).await });
    wait_for_blocked_session(&mut other).await;
    other.batch_execute("COMMIT").unwrap();
    creation.await.unwrap().expect_status(401);
}

/// Flushes the first use of two tokens while another transaction runs `meanwhile`, which commits
/// when the flush waits for it. Returns the names of the tokens whose first use was written.
async fn flush_first_uses_during(meanwhile: &str) -> Vec<String> {
    let (app, mut other) = on_postgres(&["lock_timeout = '60s'"]);
    let ada = app.register(ADA).await;
    for name in ["One", "Another"] {
        let token = app.token(&ada, name, &[]).await;
        token.client.get("/api/v1/user").await.expect_status(200);
    }
    other.batch_execute(&format!("BEGIN; {meanwhile}")).unwrap();
    let state = app.state.clone();
    let flush = tokio::spawn(async move { last_used::flush(&state).await });
    wait_for_blocked_session(&mut other).await;
    other.batch_execute("COMMIT").unwrap();
    flush
        .await
        .unwrap()
        .expect("the remaining uses are written");
    let query = "SELECT name AS line FROM last_uses
        JOIN credentials ON credentials.id = credential_id
        WHERE at > 0 AND last_uses.ip = '127.0.0.1' AND class = 'token' ORDER BY name";
    sql::query_lines(&app, "", query)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn deleting_a_credential_during_flush_does_not_fail_the_batch() {
    let written = flush_first_uses_during("DELETE FROM credentials WHERE name = 'One'").await;
    assert_eq!(written, ["Another"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn flush_overwrites_an_older_use_of_another_process() {
    let older = "INSERT INTO last_uses (credential_id, at, ip)
        SELECT id, 0, '192.0.2.1' FROM credentials WHERE name = 'One'";
    assert_eq!(flush_first_uses_during(older).await, ["Another", "One"]);
}
