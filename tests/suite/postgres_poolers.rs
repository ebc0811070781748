//! Narthex behind a real pooler. One that lends a session to several clients executes statements that other
//! clients prepared, and is refused.

use futures_util::future::join_all;

use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::binary::Narthex;
use crate::support::client::Browser;
use crate::support::database::{Database, Engine};
use crate::support::pgbouncer::PgBouncer;

const ADA: &str = "ada@example.com";

/// Every mode in which PgBouncer lends one session to several clients, with its idle sessions in both orders.
const SHARING: [&str; 4] = [
    "pool_mode = transaction",
    "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 3",
    "pool_mode = transaction\nserver_round_robin = 1\ndefault_pool_size = 1",
    "pool_mode = statement",
];

#[test]
fn a_pooler_that_shares_sessions_is_refused_by_every_command() {
    let database = Database::fresh_of(Engine::Postgres, migrate);
    for settings in SHARING {
        for command in [&["serve"][..], &["migrate"], &["user", "list"], &["check"]] {
            let pooler = PgBouncer::start(&database, settings);
            let narthex = Narthex::installed().with("DATABASE_URL", &pooler.address());
            let outcome = match command {
                ["serve"] => match narthex.try_serve(&[]) {
                    Ok(_) => panic!("it started behind {settings}"),
                    Err(outcome) => outcome,
                },
                _ => narthex.run(command),
            };
            let told = format!("{}{}", outcome.stdout, outcome.stderr);
            assert_eq!(outcome.code, Some(1), "{command:?}, {settings}: {told}");
            assert!(told.contains("use session mode, or the server"), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_serves() {
    let database = Database::fresh_of(Engine::Postgres, migrate);
    let pooler = PgBouncer::start(&database, "pool_mode = session\ndefault_pool_size = 40");
    let narthex = Narthex::installed().with("DATABASE_URL", &pooler.address());
    // Each leaves its sessions to the next one.
    for _ in 0..3 {
        narthex.run(&["check"]).expect_code(0);
        narthex.run(&["user", "list"]).expect_code(0);
    }
    let serving = narthex.serve();
    let browser = Browser::at(&serving.url);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    browser.get("/account").await.expect_status(200);
    serving.stop().expect_code(0);
}

/// A live token is answered 200 or 503, never 401: the statement of another client is not executed.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_become_shared_are_given_up_while_running() {
    let database = Database::fresh_of(Engine::Postgres, migrate);
    let mut pooler = PgBouncer::start(&database, "pool_mode = session");
    let address = pooler.address();
    let settings = [("NARTHEX_MEMORY_ENTRIES", "0")];
    let app = TestApp::start_on(database, &address, &settings);
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    client.get("/api/v1/user").await.expect_status(200);

    pooler.restart("pool_mode = transaction\ndefault_pool_size = 4");
    loop {
        let answers = join_all((0..16).map(|_| client.get("/api/v1/user"))).await;
        for answer in &answers {
            assert!([200, 503].contains(&answer.status), "{answer}");
        }
        if answers.iter().all(|answer| answer.status == 503) {
            break;
        }
    }
    pooler.restart("pool_mode = session");
    client.get("/api/v1/user").await.expect_status(200);
}
