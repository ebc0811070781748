//! Jumps of the clock.

use std::time::Duration;

use narthex::credentials::prune;

use super::{ADA, token_body};
use crate::support::api::EVERY_ABILITY;
use crate::support::app::TestApp;

const DAY: Duration = Duration::from_secs(24 * 3600);

const PAGES: [&str; 7] = [
    "/account",
    "/account/sessions",
    "/account/tokens",
    "/account/tokens/new",
    "/account/profile",
    "/account/activity",
    "/account/sign-out",
];

#[tokio::test(flavor = "multi_thread")]
async fn clock_set_back_restores_no_ended_token() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let revoked = app.token(&ada, "Ended", &EVERY_ABILITY).await;
    revoked
        .client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    let client = app.client(&ada, &EVERY_ABILITY).await;
    client.get("/api/v1/user").await.expect_status(200);

    app.clock.set_back(DAY);
    for page in PAGES {
        let answer = ada.get(page).await;
        assert!([200, 303].contains(&answer.status), "{answer}");
    }
    revoked.client.get("/api/v1/user").await.expect_status(401);
    client
        .get("/api/v1/credentials?ended=true")
        .await
        .expect_status(200);
    client.get("/api/v1/events").await.expect_status(200);
    client
        .post("/api/v1/tokens", &token_body("made yesterday"))
        .await
        .expect_status(201);
    let signed_in = app.sign_in(ADA).await;
    signed_in.get("/account").await.expect_status(200);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get("/api/v1/user").await.expect_status(401);
    app.advance(DAY);
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_session_stays_ended_after_a_clock_correction() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let client = app.client(&ada, &EVERY_ABILITY).await;

    app.advance(DAY);
    ada.get("/account")
        .await
        .expect_redirect("/login?next=%2Faccount");
    client.get("/api/v1/user").await.expect_status(200);
    prune(&app.state).await.unwrap();
    app.clock.set_back(DAY);
    ada.get("/account")
        .await
        .expect_redirect("/login?next=%2Faccount");
    client.get("/api/v1/user").await.expect_status(200);
    let new_session = app.sign_in(ADA).await;
    for page in PAGES {
        let answer = new_session.get(page).await;
        assert!([200, 303].contains(&answer.status), "{answer}");
    }
}
