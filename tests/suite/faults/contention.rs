//! Others at the same database: one that holds what a change needs, and one that a change collides
//! with.

use diesel::connection::SimpleConnection as _;
use diesel::dsl;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};
use futures_util::future::join_all;
use narthex::credentials::last_used;

use super::{ADA, a_token};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{TestApp, migrate};
use crate::support::database::{Database, Engine};
use crate::support::postgres;
use crate::support::sql::{self, sqlite_at};

/// How many changes come at once: more than PostgreSQL has connections for.
const AT_ONCE: usize = 20;

/// Another program that holds the lock that every change of a user's needs.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    fn holding(address: &str) -> Self {
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

    fn lets_go(self) {
        match self {
            Self::Sqlite(mut other) => other.batch_execute("ROLLBACK").unwrap(),
            Self::Postgres(mut other) => other.batch_execute("ROLLBACK").unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_have_its_lock_waits_for_a_while_and_is_told_to_come_back() {
    let database = Database::fresh(migrate);
    let address = database.address().to_owned();
    let app = TestApp::start_on(database, &address, &[("NARTHEX_MEMORY_ENTRIES", "0")]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let holder = Holder::holding(&address);

    let body = a_token("one of many");
    let changes = join_all((0..AT_ONCE).map(|_| client.post("/api/v1/tokens", &body)));
    let others = async {
        let anonymous = app.anonymous();
        for _ in 0..5 {
            anonymous.get("/healthz").await.expect_status(200);
        }
        // Who reads never waits for who writes.
        for _ in 0..5 {
            client.get("/api/v1/user").await.expect_status(200);
            anonymous.get("/readyz").await.expect_status(200);
        }
    };
    let (changes, ()) = futures_util::future::join(changes, others).await;
    for answer in changes {
        answer.expect_outage();
    }

    holder.lets_go();
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

/// Narthex on a PostgreSQL that has these `settings` by default, and a connection of somebody else to it. SQLite has
/// one writer and no deadlocks: this is about PostgreSQL in both runs.
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

/// Until somebody in the same database waits for a lock.
async fn somebody_waits(database: &mut PgConnection) {
    let waiting = "(SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0)";
    is_so(database, waiting).await;
}

/// Until a count is not zero.
async fn is_so(database: &mut PgConnection, count: &str) {
    loop {
        // In a transaction the server shows what it showed first.
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

/// When a change looks for a deadlock.
const SOON: &str = "deadlock_timeout = '100ms'";

/// Has a change meet another one that took its locks in another order, and lose.
///
/// Who looks for a deadlock looks once, and only who finds one loses. So the change holds the user's row and
/// does not yet ask for the token's before the other one, which looks a minute later, waits for the user's.
async fn a_change_loses_a_deadlock(settings: &[&str]) {
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
    let ending = tokio::spawn(async move { client.delete(&path).await });
    let has_the_users_row = "(SELECT count(*) FROM pg_locks \
         WHERE locktype = 'advisory' AND objid = 1 AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database()))";
    is_so(&mut other, has_the_users_row).await;
    let other = tokio::task::spawn_blocking(move || {
        let (lock, end) = ("SELECT id FROM users FOR UPDATE", "COMMIT");
        other
            .batch_execute(lock)
            .and_then(|()| other.batch_execute(end))
    });
    ending.await.unwrap().expect_status(204);
    other.await.unwrap().expect("it won");
    token.client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_loses_a_deadlock_is_made_again() {
    a_change_loses_a_deadlock(&[SOON]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_deadlock_is_recognised_in_another_language() {
    let database = Database::empty_of(Engine::Postgres);
    let german = postgres::make_locale("de_DE");
    let mut told = PgConnection::establish(database.address()).unwrap();
    told.batch_execute(&format!("SET lc_messages = '{german}'"))
        .unwrap();
    let error = told.batch_execute("SELECT 1/0").unwrap_err().to_string();
    assert_eq!(
        error, "Division durch Null",
        "the server has its translations"
    );
    let in_german = format!("lc_messages = '{german}'");
    a_change_loses_a_deadlock(&[SOON, &in_german]).await;
}

/// Whoever waits for a user's lock sees what was done under it, also where the database would show everybody
/// what was there when they began.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_slips_past_an_ending_whatever_isolation_the_database_has_by_default() {
    let (app, mut other) = on_postgres(&["default_transaction_isolation = 'repeatable read'"]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    client.get("/api/v1/user").await.expect_status(200);

    let ending =
        "BEGIN; SELECT id FROM users FOR UPDATE; UPDATE credentials SET ended_at = created_at";
    other.batch_execute(ending).unwrap();
    let making =
        tokio::spawn(async move { client.post("/api/v1/tokens", &a_token("Too late")).await });
    somebody_waits(&mut other).await;
    other.batch_execute("COMMIT").unwrap();
    making.await.unwrap().expect_status(401);
}

/// The tokens whose first use is written down, of one and another, where somebody else does `meanwhile` what
/// is committed only when they are waited for.
async fn first_uses_beside(meanwhile: &str) -> Vec<String> {
    let (app, mut other) = on_postgres(&["lock_timeout = '60s'"]);
    let ada = app.register(ADA).await;
    for name in ["One", "Another"] {
        let token = app.token(&ada, name, &[]).await;
        token.client.get("/api/v1/user").await.expect_status(200);
    }
    other.batch_execute(&format!("BEGIN; {meanwhile}")).unwrap();
    let context = app.context.clone();
    let writing = tokio::spawn(async move { last_used::flush(&context).await });
    somebody_waits(&mut other).await;
    other.batch_execute("COMMIT").unwrap();
    writing.await.unwrap().expect("all that is left is written");
    let from_here = "SELECT name AS line FROM last_uses
        JOIN credentials ON credentials.id = credential_id
        WHERE at > 0 AND last_uses.ip = '127.0.0.1' AND class = 'token' ORDER BY name";
    sql::query_lines(&app, "", from_here)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_while_its_first_use_is_written_holds_up_nothing_else_that_was_used() {
    let written = first_uses_beside("DELETE FROM credentials WHERE name = 'One'").await;
    assert_eq!(written, ["Another"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_use_that_another_process_writes_meanwhile_is_followed_by_the_newer_one() {
    let older = "INSERT INTO last_uses (credential_id, at, ip)
        SELECT id, 0, '192.0.2.1' FROM credentials WHERE name = 'One'";
    assert_eq!(first_uses_beside(older).await, ["Another", "One"]);
}
