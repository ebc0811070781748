//! A full disk and a read-only disk.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::{
    ADA, ada_with_a_token, in_mount_namespace, in_namespace_of, path_in_namespace, sign_in,
    token_body,
};
use crate::support::app::migrate;
use crate::support::binary::Narthex;
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;

/// More tokens than fit on the disk.
const MAX_TOKENS: usize = 5_000;

fn on_a_small_disk() -> Narthex {
    let mount = "mkdir data && mount -t tmpfs -o size=1m tmpfs data";
    let words = in_mount_namespace(mount);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Narthex::installed()
        .started_by(&words)
        .with("DATABASE_URL", "sqlite://data/narthex.db")
}

/// Writes a file until the disk is full.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let full = loop {
        if let Err(error) = file.write_all(&[0; 512]) {
            break error;
        }
    };
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
}

/// Creates tokens until one fails. Returns the secrets of the created ones.
async fn create_until_full(client: &ApiClient) -> Vec<String> {
    let mut made = Vec::new();
    for number in 0..MAX_TOKENS {
        let body = token_body(&number.to_string());
        let answer = client.post("/api/v1/tokens", &body).await;
        if answer.status != 201 {
            answer.expect_outage();
            return made;
        }
        made.push(answer.json()["secret"].as_str().unwrap().to_owned());
    }
    panic!("the disk is not full")
}

#[tokio::test]
#[ignore = "needs mount: use scripts/test"]
async fn full_disk_stops_only_changes_until_there_is_space() {
    let narthex = on_a_small_disk();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let ballast = path_in_namespace(&serving, &narthex, "data/ballast");
    fill(&ballast);
    let mut made = create_until_full(&client).await;

    client.get("/api/v1/user").await.expect_status(200);
    client.get("/auth/verify").await.expect_status(200);
    client.get("/api/v1/tokens").await.expect_status(200);
    let anonymous = AnonymousClient::at(&serving.url);
    anonymous.get("/readyz").await.expect_status(200);
    anonymous.get("/readyz?writes=1").await.expect_outage();
    sign_in(&serving.url).await.expect_outage();
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_outage();
    client.get("/api/v1/user").await.expect_status(200);
    let words = in_namespace_of(&serving);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let file = narthex.directory().join("data/narthex.db");
    let second = Narthex::installed()
        .started_by(&words)
        .with("DATABASE_URL", &format!("sqlite://{}", file.display()));
    let found = second.run(&["check"]).expect_code(1);
    let message = "refuses writes: database or disk is full";
    assert!(found.stdout.contains(message), "{found:#?}");

    std::fs::remove_file(&ballast).unwrap();
    anonymous.get("/readyz?writes=1").await.expect_status(200);
    for number in 0..10 {
        let body = token_body(&format!("later {number}"));
        let answer = client.post("/api/v1/tokens", &body).await;
        let answer = answer.expect_status(201);
        made.push(answer.json()["secret"].as_str().unwrap().to_owned());
    }
    for secret in &made {
        assert!(
            serving.accepts_token(secret).await,
            "a confirmed token is kept"
        );
    }
    let outcome = serving.stop().expect_code(0);
    assert!(
        outcome.stderr.contains("full"),
        "the log names the cause: {outcome:#?}"
    );
}

/// Makes the database read-only, like an operator or a disk with errors does.
fn make_read_only(operator: Operator) -> Operator {
    let Operator { narthex, database } = operator;
    let narthex = match Engine::of_this_run() {
        Engine::Sqlite => {
            let mount = "mount --bind data data && mount -o remount,bind,ro data";
            let words = in_mount_namespace(mount);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            narthex.started_by(&words)
        }
        Engine::Postgres => narthex,
    };
    let operator = Operator { narthex, database };
    if Engine::of_this_run() == Engine::Postgres {
        set_read_only(&operator, "on");
    }
    operator
}

fn set_read_only(operator: &Operator, value: &str) {
    let name = crate::support::postgres::socket_and_name(operator.database.address()).1;
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
    // This transaction may write, whatever the default of the database is.
    operator.execute(&format!("BEGIN READ WRITE; {sql}; COMMIT"));
}

fn make_writable_again(operator: Operator) -> Operator {
    let Operator { narthex, database } = operator;
    let narthex = narthex.started_by(&[]);
    let operator = Operator { narthex, database };
    if Engine::of_this_run() == Engine::Postgres {
        set_read_only(&operator, "off");
    }
    operator
}

#[tokio::test]
#[ignore = "needs mount: use scripts/test"]
async fn read_only_database_still_authenticates_tokens() {
    let database = Database::fresh(migrate);
    let mut narthex = Narthex::installed();
    std::fs::create_dir(narthex.directory().join("data")).unwrap();
    narthex = match Engine::of_this_run() {
        Engine::Sqlite => narthex.with("DATABASE_URL", "sqlite://data/narthex.db"),
        Engine::Postgres => narthex.with("DATABASE_URL", database.address()),
    };
    let operator = Operator { narthex, database };
    let serving = operator.serve();
    let client = ada_with_a_token(&serving.url).await;
    serving.kill();

    let operator = make_read_only(operator);
    let serving = operator.serve();
    let client = client.moved_to(&serving.url);
    client.get("/api/v1/user").await.expect_status(200);
    client.get("/auth/verify").await.expect_status(200);
    let anonymous = AnonymousClient::at(&serving.url);
    anonymous.get("/readyz").await.expect_status(200);
    sign_in(&serving.url).await.expect_outage();
    let form = [("email", ADA), ("password", crate::support::app::PASSWORD)];
    anonymous.post("/login", &form).await.expect_outage();
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_outage();
    client.get("/api/v1/user").await.expect_status(200);
    serving.stop().expect_code(0);

    let operator = make_writable_again(operator);
    let serving = operator.serve();
    let client = client.moved_to(&serving.url);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
}
