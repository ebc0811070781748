//! Narthex behind a real pooler. A pooler that shares a session between clients executes statements
//! that other clients prepared, so that Narthex refuses it.

use futures_util::future::join_all;

use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp, migrate, secret_in};
use crate::support::binary::Narthex;
use crate::support::client::{ApiClient, Browser};
use crate::support::database::{Database, Engine};
use crate::support::pgbouncer::PgBouncer;
use crate::support::tcp_proxy::TcpProxy;

const ADA: &str = "ada@example.com";
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// Every mode in which PgBouncer shares one session between clients, with its idle sessions in both
/// orders.
const SHARING: [&str; 4] = [
    "pool_mode = transaction",
    "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 3",
    "pool_mode = transaction\nserver_round_robin = 1\ndefault_pool_size = 1",
    "pool_mode = statement",
];

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn session_sharing_pooler_is_refused_by_every_command() {
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
            let output = format!("{}{}", outcome.stdout, outcome.stderr);
            assert_eq!(outcome.code, Some(1), "{command:?}, {settings}: {output}");
            assert!(
                output.contains("use session mode, or the server"),
                "{output}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn pooler_in_session_mode_is_supported() {
    let database = Database::fresh_of(Engine::Postgres, migrate);
    let pooler = PgBouncer::start(&database, "pool_mode = session\ndefault_pool_size = 40");
    let narthex = Narthex::installed().with("DATABASE_URL", &pooler.address());
    // Each command leaves its sessions in the pool for the next one.
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

/// An active token gets 200 or 503 and never 401, because no statement of another client is
/// executed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn sessions_that_become_shared_are_dropped_while_running() {
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

/// A joining node checks that it receives its own notification. A pooler may lose notifications
/// although `LISTEN` succeeds.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn node_without_notifications_warns_once_and_polls() {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    proxy.drop_notifications();
    let node = || Narthex::installed().with("NARTHEX_SECRET_KEY", KEY);
    let without_wakeups = node().with("DATABASE_URL", &address).serve();
    let with_wakeups = node().with("DATABASE_URL", database.address()).serve();
    let warning = "database notifications do not arrive";
    assert!(without_wakeups.logs(warning));

    let browser = Browser::at(&with_wakeups.url);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let form = [("name", "CI"), ("expires", "7d")];
    let made = browser.post("/account/tokens", &form).await;
    let secret = secret_in(&made.expect_status(200).text);
    assert!(
        without_wakeups.accepts_token(&secret).await && with_wakeups.accepts_token(&secret).await
    );
    let client = ApiClient::at(&with_wakeups.url, &secret);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    assert!(
        !without_wakeups.accepts_token(&secret).await && !with_wakeups.accepts_token(&secret).await
    );
    let log = without_wakeups.stop().expect_code(0).stderr;
    assert_eq!(log.matches(warning).count(), 1, "{log}");
    let log = with_wakeups.stop().expect_code(0).stderr;
    assert!(!log.contains(warning), "{log}");
}
