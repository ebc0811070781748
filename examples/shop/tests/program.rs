//! The built program, from its start to its end.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot continue should panic"
)]

use std::{
    collections::HashMap,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use diesel::{
    Connection as _, RunQueryDsl as _, dsl::sql, select, sql_types::BigInt,
    sqlite::SqliteConnection,
};
use reqwest::{Client, redirect::Policy};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// The shop in a folder of its own. It is killed if the test fails.
struct Shop {
    process: Child,
    origin: String,
}

impl Shop {
    async fn start(folder: &Path, client: &Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let shop = Self {
            process: Command::new(env!("CARGO_BIN_EXE_shop"))
                .current_dir(folder)
                .arg(&address)
                .stdin(Stdio::null())
                .spawn()
                .unwrap(),
            origin: format!("http://{address}"),
        };
        // The program prints nothing when it is ready.
        for _ in 0..300 {
            if client.get(&shop.origin).send().await.is_ok() {
                return shop;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the shop does not answer");
    }

    fn terminate(&mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It has ended already if the test has passed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Deserialize)]
struct SignedIn {
    secret: String,
}

fn rows(folder: &Path, table: &str) -> i64 {
    let file = folder.join("narthex.db");
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    select(sql::<BigInt>(&format!("(SELECT count(*) FROM {table})")))
        .get_result(&mut connection)
        .unwrap()
}

#[tokio::test]
async fn program_leaves_the_cluster_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let mut shop = Shop::start(folder.path(), &client).await;
    let at = |path: &str| format!("{}{path}", shop.origin);
    let account = [("name", "Ada"), ("email", EMAIL), ("password", PASSWORD)];
    let registration = client.post(at("/register")).form(&account);
    let registration = registration.header("origin", &shop.origin);
    assert_eq!(registration.send().await.unwrap().status(), 303);

    let sign_in = [
        ("email", EMAIL),
        ("password", PASSWORD),
        ("device_name", "Test"),
    ];
    let sign_in = HashMap::from(sign_in);
    let signed_in = client.post(at("/api/v1/sign-in")).json(&sign_in);
    let signed_in = signed_in.send().await.unwrap().json::<SignedIn>();
    let secret = signed_in.await.unwrap().secret;
    let order = client.post(at("/api/orders")).bearer_auth(secret);
    let order = order.json(&shop::NewOrder {
        item: "Tea".to_owned(),
    });
    assert_eq!(order.send().await.unwrap().status(), 200);
    assert_eq!(rows(folder.path(), "nodes"), 1);

    shop.terminate();
    assert_eq!(rows(folder.path(), "nodes"), 0);
    assert_eq!(rows(folder.path(), "last_uses"), 1);
}
