//! PostgreSQL that is not there: down, started again, or taking everything and saying nothing.
//! These are about PostgreSQL in both runs: SQLite is a part of the program and cannot be away.

use std::net::TcpListener;

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use narthex::util::clock::uptime;
use reqwest::Method;
use serde_json::json;

use super::{ADA, a_token};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::binary::Narthex;
use crate::support::tcp_proxy::TcpProxy;

fn app_behind_a_relay() -> (TestApp, TcpProxy) {
    app_behind_a_relay_with(&[])
}

fn app_behind_a_relay_with(settings: &[(&str, &str)]) -> (TestApp, TcpProxy) {
    let (proxy, database, address) = TcpProxy::to_fresh_database(migrate);
    (TestApp::start_on(database, &address, settings), proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_down_nobody_gets_in_and_everybody_is_told_to_come_back() {
    // Nobody is remembered, so that everybody has to be asked about.
    let (app, proxy) = app_behind_a_relay_with(&[("NARTHEX_MEMORY_ENTRIES", "0")]);
    let ada = app.register(ADA).await;
    let token = app.token(&ada, "Program", &EVERY_ABILITY).await;
    let client = &token.client;
    proxy.refuse_connections();

    let anonymous = app.anonymous();
    let device =
        json!({"email": ADA, "password": PASSWORD, "device_name": "x", "expires_in": null});
    let never = a_token("never");
    let asked = async {
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
    for answer in asked.await {
        answer.expect_outage();
    }
    anonymous.get("/healthz").await.expect_status(200);

    proxy.accept_connections();
    client.get("/api/v1/user").await.expect_status(200);
    anonymous.get("/readyz").await.expect_status(200);
    ada.get("/account").await.expect_status(200);
    let made = client.post("/api/v1/tokens", &a_token("now")).await;
    made.expect_status(201);
    let tokens = client.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 2, "{tokens}");
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
}

/// A process that cannot hear what others end must not believe its memory for longer than they wait.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_remembered_goes_on_without_the_database_for_no_longer_than_a_lease() {
    let (app, proxy) = app_behind_a_relay();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &["account:read"]).await;
    app.lets_learn(&client).await;
    proxy.refuse_connections();
    let began = uptime();
    let refused = loop {
        let answer = client.get("/api/v1/user").await;
        if answer.status != 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    refused.expect_outage();
    // It was cut up to a beat after the lease was renewed, and asks for up to five seconds.
    let lasted = uptime() - began;
    assert!(lasted < Duration::from_secs(11), "{lasted:?}");
    proxy.accept_connections();
    client.get("/api/v1/user").await.expect_status(200);
}

/// Every connection of the pool is dead then, and the program learns it from using one.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_started_again_is_used_as_if_nothing_had_been() {
    let (app, proxy) = app_behind_a_relay();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    for round in 0..3 {
        // Several at once, so that the pool has several connections.
        for answer in join_all((0..8).map(|_| client.get("/api/v1/user"))).await {
            answer.expect_status(200);
        }
        proxy.reset_connections();
        match round {
            0 => drop(client.get("/api/v1/user").await.expect_status(200)),
            1 => drop(ada.get("/account").await.expect_status(200)),
            _ => {
                let made = client.post("/api/v1/tokens", &a_token("after it")).await;
                made.expect_status(201);
            }
        }
    }
    let tokens = client.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 2, "{tokens}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_says_nothing_is_not_waited_for_without_end() {
    let (app, proxy) = app_behind_a_relay();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    proxy.stall();

    let anonymous = app.anonymous();
    let post = client.request(Method::POST, "/api/v1/tokens");
    let (user, verified, made, ready, alive) = tokio::join!(
        client.get("/api/v1/user"),
        client.get("/auth/verify"),
        client.send(post.json(&a_token("perhaps"))),
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
fn a_start_without_its_database_ends_with_one_line() {
    // Listened on and never answered, and refused.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobodys_port = nobody.local_addr().unwrap().port();
    drop(nobody);
    // Given one, so that it has nothing to say about making it.
    let key = BASE64_STANDARD.encode((0..64).collect::<Vec<u8>>());
    let at = |port| format!("postgres://narthex@127.0.0.1:{port}/narthex");
    for address in [
        &at(silent_port),
        &at(nobodys_port),
        "sqlite:///proc/nowhere.db",
    ] {
        let narthex = Narthex::installed()
            .with("NARTHEX_SECRET_KEY", &key)
            .with("DATABASE_URL", address);
        let Err(outcome) = narthex.try_serve(&[]) else {
            panic!("it started")
        };
        let line = outcome.expect_error();
        assert!(line.contains("the database cannot be reached"), "{line}");
    }
}
