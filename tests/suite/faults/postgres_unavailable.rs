//! PostgreSQL is unavailable: down, restarted, or silent. The tests use PostgreSQL in both runs,
//! because SQLite is a part of the program and cannot be unavailable.

use std::net::TcpListener;

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use narthex::util::clock::boot_time;
use reqwest::Method;
use serde_json::json;

use super::{ADA, token_body};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::binary::Narthex;
use crate::support::tcp_proxy::TcpProxy;

fn app_behind_proxy() -> (TestApp, TcpProxy) {
    app_behind_proxy_with(&[])
}

fn app_behind_proxy_with(settings: &[(&str, &str)]) -> (TestApp, TcpProxy) {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    (TestApp::start_on(database, &address, settings), proxy)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn requests_fail_with_retry_after_while_database_is_down() {
    // Without a cache, every check needs the database.
    let (app, proxy) = app_behind_proxy_with(&[("NARTHEX_MEMORY_ENTRIES", "0")]);
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "Program", &EVERY_ABILITY).await;
    let client = &token.client;
    proxy.refuse_connections();

    let anonymous = app.anonymous();
    let device =
        json!({"email": ADA, "password": PASSWORD, "device_name": "x", "expires_in": null});
    let never = token_body("never");
    let requests = async {
        let answers = tokio::join!(
            client.get("/api/v1/user"),
            client.get("/auth/verify"),
            ada.get("/account"),
            ada.get("/auth/verify?redirect=on"),
            client.post("/api/v1/tokens", &never),
            client.delete("/api/v1/tokens/current"),
            anonymous.post_json("/api/v1/sign-in", &device),
            anonymous.get("/readyz"),
        );
        let (a, b, c, d, e, f, g, h) = answers;
        [a, b, c, d, e, f, g, h]
    };
    for answer in requests.await {
        answer.expect_outage();
    }
    anonymous.get("/healthz").await.expect_status(200);

    proxy.accept_connections();
    client.get("/api/v1/user").await.expect_status(200);
    anonymous.get("/readyz").await.expect_status(200);
    ada.get("/account").await.expect_status(200);
    let made = client.post("/api/v1/tokens", &token_body("now")).await;
    made.expect_status(201);
    let tokens = client.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 2, "{tokens}");
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
}

/// A node that cannot receive invalidations must not use its cache for longer than a lease.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn cache_is_used_for_at_most_a_lease_without_the_database() {
    let (app, proxy) = app_behind_proxy();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["account:read"]).await;
    app.wait_until_cached(&client).await;
    proxy.refuse_connections();
    let start = boot_time();
    let refused = loop {
        let answer = client.get("/api/v1/user").await;
        if answer.status != 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    refused.expect_outage();
    // The connection was cut up to one heartbeat after the lease was renewed, and a request waits
    // for up to five seconds.
    let elapsed = boot_time() - start;
    assert!(elapsed < Duration::from_secs(11), "{elapsed:?}");
    proxy.accept_connections();
    client.get("/api/v1/user").await.expect_status(200);
}

/// After a restart every pooled connection is closed. The program notices when it uses one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn restarted_database_is_used_without_an_error() {
    let (app, proxy) = app_behind_proxy();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    for round in 0..3 {
        // Several requests at once, so that the pool has several connections.
        for answer in join_all((0..8).map(|_| client.get("/api/v1/user"))).await {
            answer.expect_status(200);
        }
        proxy.reset_connections();
        match round {
            0 => drop(client.get("/api/v1/user").await.expect_status(200)),
            1 => drop(ada.get("/account").await.expect_status(200)),
            _ => {
                let made = client.post("/api/v1/tokens", &token_body("after it")).await;
                made.expect_status(201);
            }
        }
    }
    let tokens = client.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 2, "{tokens}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn silent_database_is_given_up_after_a_timeout() {
    let (app, proxy) = app_behind_proxy();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    proxy.stall();

    let anonymous = app.anonymous();
    let post = client.request(Method::POST, "/api/v1/tokens");
    let (user, verified, made, ready, alive) = tokio::join!(
        client.get("/api/v1/user"),
        client.get("/auth/verify"),
        client.send(post.json(&token_body("perhaps"))),
        anonymous.get("/readyz"),
        anonymous.get("/healthz"),
    );
    for answer in [user, verified, made, ready] {
        answer.expect_outage();
    }
    alive.expect_status(200);

    proxy.resume();
    client.get("/api/v1/user").await.expect_status(200);
    ada.get("/account").await.expect_status(200);
}

#[test]
fn start_without_the_database_fails_with_one_line() {
    // One port accepts connections and stays silent, one refuses them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_port = closed.local_addr().unwrap().port();
    drop(closed);
    // With a key, the start logs nothing about creating one.
    let key = BASE64_STANDARD.encode((0..64).collect::<Vec<u8>>());
    let at = |port| format!("postgres://narthex@127.0.0.1:{port}/narthex");
    for address in [
        &at(silent_port),
        &at(closed_port),
        "sqlite:///proc/nowhere.db",
    ] {
        let narthex = Narthex::installed()
            .with("NARTHEX_SECRET_KEY", &key)
            .with("DATABASE_URL", address);
        let Err(outcome) = narthex.try_serve(&[]) else {
            panic!("the server started")
        };
        let line = outcome.expect_error();
        assert!(line.contains("the database cannot be reached"), "{line}");
    }
}
