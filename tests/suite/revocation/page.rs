//! Revocation by filter on the page: it revokes exactly the credentials of the preview.

use std::time::Duration;

use narthex::http::paths;

use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, fetch_list, newest_token, own_session};
use crate::support::user_agents::{SAFARI_ON_IPAD, SAFARI_ON_IPHONE};

/// Previews a filter and revokes the credentials of the preview.
pub(super) async fn revoke(
    browser: &Browser,
    filter: &[(&str, &str)],
) -> crate::support::answer::Answer {
    let path = paths::with_query("/account/sign-out", filter);
    let digest = browser.get(&path).await.expect_status(200).field("digest");
    let mut form = filter.to_vec();
    form.push(("digest", &digest));
    browser.post("/account/sign-out", &form).await
}

pub(super) async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_filter_revokes_all_credentials_of_this_user_only() {
    let app = TestApp::start();
    let (here, phone) = (
        app.register(ADA).await,
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
    );
    let client = app.api_client(&app.token_of(&here, "CI", &[]).await);
    let grace = app.register(GRACE).await;
    let preview = here.get("/account/sign-out").await;
    preview
        .expect_text("sign out 2 sessions and revoke 1 token: everything")
        .expect_text("signed out here too");
    let ended = revoke(&here, &[]).await.expect_redirect("/login");
    here.follow(&ended)
        .await
        .expect_text("2 sessions signed out, 1 token revoked.");
    assert!(!is_signed_in(&here).await && !is_signed_in(&phone).await);
    client.get("/api/v1/user").await.expect_status(401);
    assert!(is_signed_in(&grace).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn except_current_leaves_this_browser_signed_in() {
    let app = TestApp::start();
    let (here, phone) = (
        app.register(ADA).await,
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
    );
    let client = app.api_client(&app.token_of(&here, "CI", &[]).await);
    let ended = revoke(&here, &[("except", "current")])
        .await
        .expect_status(303);
    here.follow(&ended)
        .await
        .expect_text("1 session and 1 token")
        .expect_text("this browser");
    assert!(is_signed_in(&here).await && !is_signed_in(&phone).await);
    client.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn filter_by_kind_leaves_other_kinds_active() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let phone = app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    let tablet = app.sign_in_with(ADA, SAFARI_ON_IPAD).await;
    let client = app.api_client(&app.token_of(&here, "CI", &[]).await);
    revoke(&here, &[("kind", "mobile")])
        .await
        .expect_status(303);
    assert!(
        is_signed_in(&here).await && !is_signed_in(&phone).await && is_signed_in(&tablet).await
    );
    revoke(&here, &[("kind", "tablet"), ("kind", "personal")])
        .await
        .expect_status(303);
    assert!(!is_signed_in(&tablet).await);
    client.get("/api/v1/user").await.expect_status(401);
    assert!(is_signed_in(&here).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_combine_with_and_and_repeats_with_or() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.token_of(&here, "CI", &["orders:read"]).await;
    let session = own_session(&here).await;
    let token = newest_token(&here).await;
    let counts = async |query: &str| {
        let page = here
            .get(&format!("/account/sign-out?{query}"))
            .await
            .expect_status(200);
        page.text.matches("name=\"spare\"").count()
    };
    for (query, count) in [
        ("", 3),
        ("class=session", 2),
        ("class=token", 1),
        ("class=session&class=token", 3),
        ("kind=mobile&kind=personal", 2),
        (&format!("id={session}"), 1),
        (&format!("id={session}&id={token}"), 2),
        (&format!("except={session}&except={token}"), 1),
        ("except=current&class=session", 1),
        (&format!("made_by={session}"), 1),
        (&format!("made_by={token}"), 0),
        ("ability=orders:read&class=token", 1),
        ("ability=orders:write&class=token", 0),
        ("from=127.0.0.0/8", 3),
        ("from=192.0.2.1", 0),
        ("unused_since=1h", 0),
        ("created_before=2026-11-22T12:30:00Z", 0),
        ("created_before=2026-11-23", 3),
    ] {
        assert_eq!(counts(query).await, count, "{query}");
    }
    let contradiction = "/account/sign-out?class=token&kind=mobile";
    here.get(contradiction).await.expect_status(422);
    app.advance(Duration::from_secs(3700));
    assert_eq!(
        counts("unused_since=1h").await,
        2,
        "all except this browser"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn outdated_digest_revokes_nothing_and_shows_the_new_preview() {
    let app = TestApp::start();
    let (here, phone) = (
        app.register(ADA).await,
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
    );
    let digest = here
        .get("/account/sign-out?except=current")
        .await
        .field("digest");
    let tablet = app.sign_in_with(ADA, SAFARI_ON_IPAD).await;
    let form = [("except", "current"), ("digest", &*digest)];
    let page = here
        .post("/account/sign-out", &form)
        .await
        .expect_status(409);
    assert_ne!(page.field("digest"), digest);
    page.expect_text("Nothing was revoked")
        .expect_text("2 sessions");
    assert!(is_signed_in(&here).await && is_signed_in(&phone).await && is_signed_in(&tablet).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_without_digest_is_refused() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    for form in [&[][..], &[("digest", "")], &[("class", "session")]] {
        let page = here
            .post("/account/sign-out", form)
            .await
            .expect_status(422);
        assert!(!page.field("digest").is_empty());
    }
    let stale = here.post("/account/sign-out", &[("digest", "x")]).await;
    stale.expect_status(409);
    assert!(is_signed_in(&here).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn digest_of_another_filter_revokes_nothing() {
    let app = TestApp::start();
    let (here, phone) = (
        app.register(ADA).await,
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
    );
    let digest = here
        .get("/account/sign-out?kind=mobile")
        .await
        .field("digest");
    here.post("/account/sign-out", &[("digest", &digest)])
        .await
        .expect_status(409);
    assert!(is_signed_in(&here).await && is_signed_in(&phone).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_filter_is_refused() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let digest = here.get("/account/sign-out").await.field("digest");
    for (name, value) in [
        ("class", "cookie"),
        ("kind", "phone"),
        ("id", "x"),
        ("except", "me"),
        ("unused_since", "long ago"),
        ("created_before", "yesterday"),
        ("from", "the office"),
        ("from", "127.0.0.0/99"),
        ("made_by", "\0"),
        ("ability", "ORDERS"),
        ("clas", "session"),
        ("user_id", "1"),
    ] {
        let path = paths::with_query("/account/sign-out", &[(name, value)]);
        let page = here.get(&path).await.expect_status(422);
        assert_eq!(page.fields_named("digest"), Vec::<String>::new(), "{page}");
        let page = page.expect_text("Check the marked filters");
        page.expect_no_text("No active session or token matches");
        let form = [(name, value), ("digest", &*digest)];
        here.post("/account/sign-out", &form)
            .await
            .expect_status(422);
    }
    assert!(is_signed_in(&here).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_form_fields_are_ignored() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let path = "/account/sign-out?unused_since=&unused_since_date=&created_before=&from=&ability=";
    here.get(path)
        .await
        .expect_status(200)
        .expect_text("1 session");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_another_user_cannot_be_selected() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let id = own_session(&grace).await;
    let preview = ada.get(&format!("/account/sign-out?id={id}")).await;
    preview
        .expect_status(200)
        .expect_text("No active session or token matches");
    assert!(is_signed_in(&grace).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_is_readable_by_its_owner_only() {
    let app = TestApp::start();
    let (here, _) = (
        app.register(ADA).await,
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
    );
    let grace = app.register(GRACE).await;
    let ended = revoke(&here, &[("kind", "mobile")])
        .await
        .expect_status(303);
    let receipt = ended.location().to_owned();
    for browser in [&here, &app.sign_in(ADA).await] {
        let page = browser.get(&receipt).await.expect_status(200);
        page.expect_text("Safari on iOS").expect_text("1 session");
    }
    here.get("/account/activity").await.expect_text(&receipt);
    grace
        .get(&receipt)
        .await
        .expect_status(404)
        .expect_no_text("Safari on iOS");
    for id in ["019ab6b0-0000-7000-8000-000000000000", "x", "%00"] {
        here.get(&format!("/account/receipts/{id}"))
            .await
            .expect_status(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_paused_token_cannot_be_resumed() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&here, "CI", &[]).await);
    let path = format!("/account/tokens/{}", newest_token(&here).await);
    here.post(&format!("{path}/pause"), &[])
        .await
        .expect_status(303);
    revoke(&here, &[("except", "current")])
        .await
        .expect_status(303);
    here.post(&format!("{path}/resume"), &[])
        .await
        .expect_status(404);
    client.get("/api/v1/user").await.expect_status(401);
    assert_eq!(fetch_list(&here, "/api/v1/tokens").await.len(), 0);
}
