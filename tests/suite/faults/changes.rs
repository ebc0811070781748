//! PostgreSQL that reads and does not change: its standby is away, it is read-only, or it does not know
//! whether a commit was made.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use futures_util::future::join_all;

use super::{ADA, a_token};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{TestApp, migrate};
use crate::support::database::{Database, Engine};
use crate::support::postgres;
use crate::support::tcp_proxy::TcpProxy;

/// More changes than there are connections.
const AT_ONCE: usize = 16;

/// Every read asks the database.
const NOTHING_REMEMBERED: (&str, &str) = ("NARTHEX_MEMORY_ENTRIES", "0");

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_unknown_outcome_is_told_as_such() {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    let app = TestApp::start_on(database, &address, &[]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;

    proxy.report_next_commit_as_unknown();
    let answer = client.post("/api/v1/tokens", &a_token("Perhaps")).await;
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

/// Commits hang, and locks that nobody releases would do the same.
#[tokio::test(flavor = "multi_thread")]
async fn reads_are_answered_while_commits_wait_for_a_standby() {
    let home = postgres::init_data_directory();
    let _server = postgres::start(&home, &["--listen_addresses="]);
    let socket = home.path().display();
    let address = format!("postgres:///postgres?host={socket}&user=narthex");
    migrate(&address);
    let unused = Database::empty_of(Engine::Sqlite);
    let app = TestApp::start_on(unused, &address, &[NOTHING_REMEMBERED]);
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
    let body = a_token("hangs");
    let changes = join_all((0..AT_ONCE).map(|_| client.post("/api/v1/tokens", &body)));
    let reads = async {
        let anonymous = app.anonymous();
        let mut refused = false;
        // Until a change was answered, so that each has what it can get.
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
async fn changes_work_at_once_when_a_database_is_read_only_no_more() {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    let direct = database.address().to_owned();
    let name = postgres::socket_and_name(&direct).1.to_owned();
    let app = TestApp::start_on(database, &address, &[NOTHING_REMEMBERED]);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let mut superuser = PgConnection::establish(&direct).expect("our own server");
    let mut set = |sql: &str| {
        let sql = format!("ALTER DATABASE {name} {sql}");
        superuser.batch_execute(&sql).expect(&sql);
    };

    set("SET default_transaction_read_only = on");
    proxy.reset_connections();
    // Every connection begins as one that takes no writes.
    for answer in join_all((0..AT_ONCE).map(|_| client.get("/api/v1/user"))).await {
        answer.expect_status(200);
    }
    let anonymous = app.anonymous();
    let made = client.post("/api/v1/tokens", &a_token("never")).await;
    made.expect_outage();
    anonymous.get("/readyz").await.expect_status(200);
    anonymous.get("/readyz?writes=1").await.expect_status(503);
    for answer in join_all((0..AT_ONCE).map(|_| client.get("/api/v1/user"))).await {
        answer.expect_status(200);
    }

    set("RESET default_transaction_read_only");
    let made = client.post("/api/v1/tokens", &a_token("now")).await;
    made.expect_status(201);
    anonymous.get("/readyz?writes=1").await.expect_status(200);
}
