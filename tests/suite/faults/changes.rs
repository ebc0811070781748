//! A PostgreSQL server that answers reads but not writes: its standby is away, it is read-only, or
//! the outcome of a commit is unknown.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use futures_util::future::join_all;

use super::{ADA, token_body};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{TestApp, migrate};
use crate::support::database::{Database, Engine};
use crate::support::postgres;
use crate::support::tcp_proxy::TcpProxy;

/// More concurrent changes than connections.
const CONCURRENT: usize = 16;

/// Disables the cache, so that every check reads the database.
const NO_CACHE: (&str, &str) = ("NARTHEX_MEMORY_ENTRIES", "0");

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn unknown_commit_outcome_is_reported_as_such() {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    let app = TestApp::start_on(database, &address, &[]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;

    proxy.report_next_commit_as_unknown();
    let answer = client.post("/api/v1/tokens", &token_body("Perhaps")).await;
    let problem = answer.expect_outage().json();
    let kind = problem["type"].as_str().expect("a type");
    assert!(kind.ends_with("/outcome-unknown"), "{problem}");
    let tokens = client.get("/api/v1/tokens").await.json();
    let names: Vec<_> = tokens["data"].as_array().unwrap().iter().collect();
    assert!(
        names.iter().any(|token| token["name"] == "Perhaps"),
        "{tokens}"
    );
}

/// Here commits hang. Locks that are never released have the same effect.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn reads_are_answered_while_commits_wait_for_a_standby() {
    let home = postgres::init_data_directory();
    let _server = postgres::start(&home, &["--listen_addresses="]);
    let socket = home.path().display();
    let address = format!("postgres:///postgres?host={socket}&user=narthex");
    migrate(&address);
    let unused = Database::empty_of(Engine::Sqlite);
    let app = TestApp::start_on(unused, &address, &[NO_CACHE]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;

    let mut superuser = PgConnection::establish(&address).expect("our own server");
    let mut set = |sql: &str| {
        superuser.batch_execute(sql).expect(sql);
        superuser
            .batch_execute("SELECT pg_reload_conf()")
            .expect("a superuser");
    };
    set("ALTER SYSTEM SET synchronous_standby_names = 'away'");
    let body = token_body("hangs");
    let changes = join_all((0..CONCURRENT).map(|_| client.post("/api/v1/tokens", &body)));
    let reads = async {
        let anonymous = app.anonymous();
        let mut refused = false;
        // Until a change has failed, so that every change had its chance.
        while !refused {
            for _ in 0..20 {
                client.get("/api/v1/user").await.expect_status(200);
                anonymous.get("/readyz").await.expect_status(200);
            }
            let writes = anonymous.get("/readyz?writes=1").await;
            refused = writes.status == 503;
        }
    };
    let (changes, ()) = futures_util::future::join(changes, reads).await;
    for answer in changes {
        answer.expect_outage();
    }
    set("ALTER SYSTEM RESET synchronous_standby_names");
    client.get("/api/v1/user").await.expect_status(200);
    let anonymous = app.anonymous();
    anonymous.get("/readyz?writes=1").await.expect_status(200);
    client
        .post("/api/v1/tokens", &body)
        .await
        .expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn changes_work_as_soon_as_the_database_accepts_writes() {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    let direct = database.address().to_owned();
    let name = postgres::socket_and_name(&direct).1.to_owned();
    let app = TestApp::start_on(database, &address, &[NO_CACHE]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let mut superuser = PgConnection::establish(&direct).expect("our own server");
    let mut set = |sql: &str| {
        let sql = format!("ALTER DATABASE {name} {sql}");
        superuser.batch_execute(&sql).expect(&sql);
    };

    set("SET default_transaction_read_only = on");
    proxy.reset_connections();
    // Every connection starts with read-only transactions.
    for answer in join_all((0..CONCURRENT).map(|_| client.get("/api/v1/user"))).await {
        answer.expect_status(200);
    }
    let anonymous = app.anonymous();
    let made = client.post("/api/v1/tokens", &token_body("never")).await;
    made.expect_outage();
    anonymous.get("/readyz").await.expect_status(200);
    anonymous.get("/readyz?writes=1").await.expect_status(503);
    for answer in join_all((0..CONCURRENT).map(|_| client.get("/api/v1/user"))).await {
        answer.expect_status(200);
    }

    set("RESET default_transaction_read_only");
    let made = client.post("/api/v1/tokens", &token_body("now")).await;
    made.expect_status(201);
    anonymous.get("/readyz?writes=1").await.expect_status(200);
}
