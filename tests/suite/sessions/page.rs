//! Every live session, and ending one.

use std::time::Duration;

use narthex::credentials::limits::MOST_SESSIONS;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, GRACE, fetch_list, own_session};
use crate::support::user_agents::{CHROME_ON_WINDOWS, SAFARI_ON_IPHONE};

const CONFIRMED: [(&str, &str); 1] = [("confirmed", "1")];
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn each_session_says_what_it_is_from_where_since_when_and_when_it_was_active() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.advance(3 * MINUTE);
    here.get("/account").await;
    app.advance(2 * MINUTE);
    let page = here.get("/account/sessions").await.expect_status(200);
    let rows: Vec<&str> = page.text.split("<li class=\"credential").skip(1).collect();
    assert_eq!(rows.len(), 2, "{page}");
    let (own, phone) = (rows[0], rows[1]);
    for words in [
        "Firefox on Linux",
        "this browser",
        "A computer",
        "from 127.0.0.1",
        "5 minutes ago",
        "Sign out",
    ] {
        assert!(own.contains(words), "`{words}`: {own}");
    }
    for words in [
        "Safari on iOS",
        "A phone",
        "signed in",
        "5 minutes ago",
        "Last active",
        "Sign out",
    ] {
        assert!(phone.contains(words), "`{words}`: {phone}");
    }
    assert!(!phone.contains("this browser"), "{phone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_one_ends_that_one_and_leads_to_the_receipt() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let (phone, other) = (
        app.sign_in_with(ADA, SAFARI_ON_IPHONE).await,
        app.sign_in_with(ADA, CHROME_ON_WINDOWS).await,
    );
    let id = own_session(&phone).await;
    let ended = here
        .post(&format!("/account/sessions/{id}/revoke"), &CONFIRMED)
        .await;
    let list = here
        .follow(&ended.expect_redirect("/account/sessions"))
        .await;
    let receipt = list.text.split("href=\"/account/receipts/").nth(1).unwrap();
    let receipt = receipt.split('"').next().unwrap();
    here.get(&format!("/account/receipts/{receipt}"))
        .await
        .expect_text("1 session")
        .expect_text("Safari on iOS");
    phone.get("/account").await.expect_status(303);
    other.get("/account").await.expect_status(200);
    here.get("/account/sessions")
        .await
        .expect_no_text("Safari on iOS");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_this_one_signs_out_here() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let id = own_session(&here).await;
    let ended = here
        .post(&format!("/account/sessions/{id}/revoke"), &CONFIRMED)
        .await;
    let page = here.follow(&ended.expect_redirect("/login")).await;
    page.expect_status(200).expect_text("Ended: 1 session.");
    here.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_said_once() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    let id = own_session(&here).await;
    here.post(&format!("/account/sessions/{id}/revoke"), &CONFIRMED)
        .await;
    here.get("/login").await.expect_text("Ended: 1 session.");
    here.get("/login").await.expect_no_text("Ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_what_has_ended_already_ends_nothing_more() {
    let app = TestApp::start();
    let (here, there) = (app.register(ADA).await, app.sign_in(ADA).await);
    let path = format!("/account/sessions/{}/revoke", own_session(&there).await);
    here.post(&path, &CONFIRMED).await.expect_status(303);
    for form in [&CONFIRMED[..], &[]] {
        let again = here.post(&path, form).await;
        let again = again.expect_redirect("/account/sessions");
        here.follow(&again).await.expect_text("ended already");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_session_a_token_and_none_at_all_are_equally_not_found() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    app.token_of(&ada, "CI", &[]).await;
    let token = crate::support::page::newest_token(&ada).await;
    let graces = own_session(&grace).await;
    let nobodys = "019ab6b0-0000-7000-8000-000000000000";
    let mut bodies = Vec::new();
    for id in [
        &*graces,
        &*token,
        nobodys,
        "0",
        "-1",
        "9223372036854775808",
        "x",
        "%00",
        "%ff",
    ] {
        let answer = ada
            .post(&format!("/account/sessions/{id}/revoke"), &[])
            .await;
        bodies.push(answer.expect_status(404).text);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    grace.get("/account").await.expect_status(200);
    assert_eq!(fetch_list(&ada, "/api/v1/credentials").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_or_expired_session_is_not_listed() {
    let app = TestApp::start();
    app.register(ADA).await;
    app.advance(130 * MINUTE);
    let here = app.sign_in(ADA).await;
    let page = here.get("/account/sessions").await;
    assert_eq!(
        page.text.matches("<li class=\"credential").count(),
        1,
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buttons_for_several_lead_to_previews_of_just_those() {
    let app = TestApp::start();
    let here = app.register(ADA).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
    app.token_of(&here, "CI", &[]).await;
    let page = here.get("/account/sessions").await;
    let own = own_session(&here).await;
    for link in [
        format!("/account/sign-out?class=session&#38;except={own}"),
        "/account/sign-out?class=session&#38;kind=mobile".to_owned(),
    ] {
        let page = page.clone().expect_text(&link);
        drop(page);
        let preview = here
            .get(&link.replace("&#38;", "&"))
            .await
            .expect_status(200);
        preview.expect_text("This ends <strong>2 sessions</strong>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_sessions_as_one_may_have_are_on_one_page() {
    let app = TestApp::start_with(&[("NARTHEX_SESSION_IDLE", "12h")]);
    let here = app.register(ADA).await;
    let form = [("email", ADA), ("password", PASSWORD)];
    for _ in 1..MOST_SESSIONS {
        // Nearer to each other they would be too many in an hour.
        app.advance(2 * MINUTE);
        app.anonymous()
            .post("/login", &form)
            .await
            .expect_status(303);
    }
    let page = here.get("/account/sessions").await;
    let rows = page.text.matches("<li class=\"credential").count();
    assert_eq!(rows, MOST_SESSIONS, "{page}");
    page.expect_text("this browser")
        .expect_no_text("Older sessions");
}
