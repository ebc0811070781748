//! The page of one session.

use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, GRACE, newest_token, own_session};
use crate::support::place_file;
use crate::support::user_agents::{CURL, SAFARI_ON_IPHONE};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn session_page_has_user_agent_times_address_and_limits() {
    let app = TestApp::start();
    let phone = app.register(ADA).await;
    let id = own_session(&phone).await;
    let browser = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(5 * MINUTE);
    let page = browser.get(&format!("/account/sessions/{id}")).await;
    let page = page.expect_status(200);
    for words in [
        "<h1 dir=\"auto\">Firefox on Linux</h1>",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "22 Nov 2026, 12:30 UTC",
        "127.0.0.1",
        "Signs out after 2 hours of inactivity",
        "23 Nov 2026, 00:30 UTC",
        &format!("action=\"/account/sessions/{id}/revoke\""),
        "Signed in: <a",
    ] {
        page.clone().expect_text(words);
    }
    page.expect_no_text(">This browser<");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_page_lists_what_the_session_created_and_did() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let other = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.token_of(&here, "Ours", &[]).await;
    app.token_of(&other, "Theirs", &[]).await;
    let id = own_session(&here).await;
    let page = here.get(&format!("/account/sessions/{id}")).await;
    page.expect_text("This browser")
        .expect_text("Created with this session (1)")
        .expect_text("Ours")
        .expect_text(&format!("/account/sign-out?made_by={id}"))
        .expect_text(&format!("/account/activity?credential={id}"))
        .expect_no_text("Theirs");
    let log = here
        .get(&format!("/account/activity?credential={id}"))
        .await;
    log.expect_text("Only Firefox on Linux")
        .expect_text("Ours")
        .expect_no_text("Theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_session_has_its_receipt_and_no_button() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, CURL).await;
    let id = own_session(&phone).await;
    let path = format!("/account/sessions/{id}");
    let revoke = format!("{path}/revoke");
    here.post(&revoke, &[("confirmed", "1")])
        .await
        .expect_status(303);
    let page = here.get(&path).await.expect_status(200);
    page.expect_text("<h1 dir=\"auto\">curl</h1>")
        .expect_text("/account/receipts/")
        .expect_text("Revoked")
        .expect_no_text(&revoke);
}

#[tokio::test(flavor = "multi_thread")]
async fn session_page_of_another_user_or_of_a_token_is_not_found() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    app.token_of(&ada, "CI", &[]).await;
    for id in [
        own_session(&grace).await,
        newest_token(&ada).await,
        "x".to_owned(),
    ] {
        let page = ada.get(&format!("/account/sessions/{id}")).await;
        page.expect_status(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_the_place_of_an_address_in_their_language() {
    let folder = tempfile::tempdir().unwrap();
    let file = place_file::write(folder.path(), 1_793_491_200);
    let app = TestApp::start_with(&[("NARTHEX_GEOIP", file.to_str().unwrap())]);
    let here = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let session = format!("/account/sessions/{}", own_session(&here).await);
    for path in [
        "/account/sessions",
        &*session,
        "/account/sign-out",
        "/account/activity",
    ] {
        here.get(path).await.expect_text("near Cologne, Germany");
    }
    place_file::write_with(
        folder.path(),
        1_793_491_200,
        "Bonn am Rhein",
        "GeoLite2-City",
    );
    here.get(&session)
        .await
        .expect_text("near Bonn am Rhein, Germany");
    std::fs::write(&file, "damaged").unwrap();
    here.get(&session)
        .await
        .expect_text("near Bonn am Rhein, Germany");
    // The place is not stored.
    let export = here.get("/api/v1/sessions").await.expect_status(200);
    export.expect_no_text("Bonn");
}

#[tokio::test(flavor = "multi_thread")]
async fn remembered_session_says_so() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let other = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    other.post("/login", &form).await.expect_status(303);
    for (browser, words) in [(&here, "<dd>No</dd>"), (&other, "<dd>Yes</dd>")] {
        let id = own_session(browser).await;
        let page = here.get(&format!("/account/sessions/{id}")).await;
        page.expect_text(words);
    }
}
