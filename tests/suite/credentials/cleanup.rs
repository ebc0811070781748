//! Cleanup of credentials: they expire, end with a receipt, and are deleted.

use std::time::Duration;

use narthex::credentials::{Pruned, prune};

use crate::support::app::TestApp;
use crate::support::sql::execute;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn pruned(app: &TestApp) -> (usize, usize) {
    let Pruned {
        expired, deleted, ..
    } = prune(&app.state).await.unwrap();
    (expired, deleted)
}

#[tokio::test]
async fn cleanup_ends_expired_credentials_with_a_receipt() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let form = [
        ("name", "short-lived"),
        ("abilities", "account:read"),
        ("expires", "7d"),
    ];
    browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
    app.token_of(&browser, "lasting", &["account:read"]).await;

    app.advance(7 * DAY);
    // The token and the session of the browser that made it.
    assert_eq!(pruned(&app).await, (2, 0));
    assert_eq!(pruned(&app).await, (0, 0), "the first run ended both");

    let browser = app.sign_in("ada@example.com").await;
    let tokens = browser.get("/account/tokens").await.expect_status(200);
    tokens.expect_text("lasting").expect_no_text("short-lived");
    let tokens = browser.get("/account/tokens?state=ended").await;
    let tokens = tokens.expect_text("short-lived").expect_no_text("lasting");
    let receipt = tokens
        .text
        .split("href=\"")
        .find(|part| part.starts_with("/account/receipts/"))
        .unwrap();
    let receipt = receipt.split('"').next().unwrap();
    browser
        .get(receipt)
        .await
        .expect_status(200)
        .expect_text("Expired");
}

#[tokio::test]
async fn cleanup_deletes_old_credentials_and_keeps_their_receipts() {
    let app = TestApp::start_with(&[("NARTHEX_KEEP_ENDED", "30d")]);
    let browser = app.register("ada@example.com").await;
    let secret = app.token_of(&browser, "CI", &["account:read"]).await;
    let page = browser.get("/account/sign-out?class=token").await;
    let form = [("class", "token"), ("digest", &page.field("digest"))];
    let ended = browser
        .post("/account/sign-out", &form)
        .await
        .expect_status(303);

    app.advance(29 * DAY);
    assert_eq!(
        pruned(&app).await,
        (1, 0),
        "the session expired; no credential is old enough yet"
    );
    app.advance(2 * DAY);
    assert_eq!(
        pruned(&app).await,
        (0, 1),
        "the token is deleted, the session not yet"
    );

    let browser = app.sign_in("ada@example.com").await;
    let receipt = browser.get(ended.location()).await.expect_status(200);
    receipt
        .expect_text("1 token")
        .expect_text("no longer kept")
        .expect_no_text("CI");
    app.api_client(&secret)
        .get("/api/v1/user")
        .await
        .expect_status(401);
}

#[tokio::test]
async fn cleanup_deletes_credentials_that_were_ended_manually() {
    let app = TestApp::start_with(&[("NARTHEX_KEEP_ENDED", "30d")]);
    let browser = app.register("ada@example.com").await;
    app.token_of(&browser, "ended by hand", &["account:read"])
        .await;
    app.token_of(&browser, "alive", &["account:read"]).await;
    execute(
        &app,
        "UPDATE credentials SET ended_at = created_at WHERE name = 'ended by hand'",
    );
    app.advance(29 * DAY);
    assert_eq!(pruned(&app).await.1, 0, "the token is not old enough yet");
    app.advance(2 * DAY);
    assert_eq!(pruned(&app).await.1, 1);
}
