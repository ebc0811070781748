//! The removal of a factor by an operator waits for a day if mail is on.

use std::time::Duration;

use narthex::factors::{self, OperatorRemoval, RemovalOutcome, RemovalTime, RevocationChoice};
use narthex::types::ids::FactorId;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::authenticator::{Enrolled, enter_code, enter_password, turn_on};
use crate::support::binary::Outcome;
use crate::support::mail_server::MailServer;
use crate::support::page::{ADA, GRACE, event_types};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Ada with an authenticator app, on a server with mail.
async fn scene() -> (TestApp, MailServer, Enrolled) {
    let (app, server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let ada = turn_on(&app, app.sign_in(ADA).await).await;
    (app, server, ada)
}

async fn app_of_ada(app: &TestApp) -> FactorId {
    let user = app.user_id(ADA).await;
    let summary = factors::summary(&app.state, user).await;
    summary.expect("factors").app.expect("an app").id
}

/// Asks for the removal.
async fn remove(
    app: &TestApp,
    factor: FactorId,
    revocation: RevocationChoice,
    time: RemovalTime,
) -> RemovalOutcome {
    let user = app.user_id(ADA).await;
    let asked = OperatorRemoval {
        factor,
        reason: "Lost phone".to_owned(),
        revocation,
    };
    let removed = factors::remove_as_operator(&app.state, user, asked, time).await;
    removed.expect("a removal")
}

/// Asks for the removal, as the command does.
async fn plan(app: &TestApp) -> FactorId {
    let id = app_of_ada(app).await;
    let revocation = RevocationChoice {
        sessions: true,
        ..RevocationChoice::default()
    };
    let planned = remove(app, id, revocation, RemovalTime::AfterDelay).await;
    let due_at = app.state.now().saturating_add(24 * HOUR);
    assert!(matches!(planned, RemovalOutcome::Planned(at) if at == due_at));
    id
}

/// Does the work of the background task, and returns the number of removed factors.
async fn carry_out(app: &TestApp) -> usize {
    let removed = factors::carry_out_removals(&app.state).await;
    removed.expect("the number of removals")
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_waits_for_a_day_and_ends_what_removals_end() {
    let (app, server, ada) = scene().await;
    plan(&app).await;
    app.advance(MINUTE);
    let subject = "Narthex: a second factor will be removed";
    let told = server.wait_for_mail(|mail| mail.subject() == subject);
    let text = told.text();
    for words in ["Lost phone", "/account/secure", "2026"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    app.advance(24 * HOUR - 2 * MINUTE);
    assert_eq!(carry_out(&app).await, 0);
    let open = enter_password(&app, ADA).await;
    let code = ada.authenticator.code(&app);
    enter_code(&open, &code).await.expect_redirect("/account");
    let pending = enter_password(&app, ADA).await;
    app.advance(MINUTE);
    assert!(open.is_signed_in().await);
    assert_eq!(carry_out(&app).await, 1);
    assert!(!open.is_signed_in().await);
    // A sign-in that waited for the code is over, and the password is enough now.
    let code = ada.authenticator.code(&app);
    let answer = enter_code(&pending, &code).await;
    answer.expect_redirect("/login");
    let browser = app.sign_in(ADA).await;
    let events = event_types(&browser).await;
    for kind in ["factor.removal_planned", "factor.removed"] {
        assert!(events.contains(&kind.to_owned()), "{events:?}");
    }
    app.advance(MINUTE);
    let subject = "Narthex: authenticator app removed";
    let told = server.wait_for_mail(|mail| mail.subject() == subject);
    assert!(told.text().contains("Lost phone"), "{}", told.text());
    assert_eq!(carry_out(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_cancels_the_removal_and_another_user_cannot() {
    let (app, server, ada) = scene().await;
    let id = plan(&app).await;
    let page = ada.browser.get("/account/security").await;
    page.expect_status(200)
        .expect_text("An operator will remove your authenticator app.")
        .expect_text("Lost phone");
    let path = format!("/account/security/removals/{id}/cancel");
    app.add_user(GRACE).await;
    let grace = app.sign_in(GRACE).await;
    let refused = grace.post(&path, &[]).await;
    let refused = refused.expect_redirect("/account/security");
    let page = grace.follow(&refused).await;
    page.expect_no_text("Your second factor stays")
        .expect_text("No removal is planned any more.");
    let page = ada.browser.get("/account/security").await;
    page.expect_text("An operator will remove");
    let cancelled = ada.browser.post(&path, &[]).await;
    cancelled.expect_redirect("/account/security");
    let again = ada.browser.post(&path, &[]).await;
    let again = again.expect_redirect("/account/security");
    let page = ada.browser.follow(&again).await;
    page.expect_no_text("An operator will remove")
        .expect_text("No removal is planned any more.");
    app.advance(MINUTE);
    let subject = "Narthex: the removal of a second factor was cancelled";
    server.wait_for_mail(|mail| mail.subject() == subject);
    app.advance(25 * HOUR);
    assert_eq!(carry_out(&app).await, 0);
    enter_password(&app, ADA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_request_keeps_the_first_time() {
    let (app, _server, _ada) = scene().await;
    let id = plan(&app).await;
    let first = app.state.now().saturating_add(24 * HOUR);
    app.advance(HOUR);
    let again = remove(
        &app,
        id,
        RevocationChoice::default(),
        RemovalTime::AfterDelay,
    )
    .await;
    assert!(matches!(again, RemovalOutcome::Planned(at) if at == first));
    app.advance(23 * HOUR);
    assert_eq!(carry_out(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_at_once_replaces_the_planned_one() {
    let (app, _server, ada) = scene().await;
    let id = plan(&app).await;
    let removed = remove(&app, id, RevocationChoice::default(), RemovalTime::Now).await;
    assert!(matches!(removed, RemovalOutcome::Removed(None)));
    app.sign_in(ADA).await;
    // Another app of the user is not removed by the plan of the earlier one.
    turn_on(&app, ada.browser).await;
    app.advance(25 * HOUR);
    assert_eq!(carry_out(&app).await, 0);
    enter_password(&app, ADA).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_of_a_factor_that_is_gone_does_nothing() {
    let (app, _server, ada) = scene().await;
    plan(&app).await;
    let removed = ada.browser.post("/account/security/totp/remove", &[]).await;
    removed.expect_redirect("/account/security");
    let page = ada.browser.get("/account/security").await;
    page.expect_no_text("An operator will remove");
    app.advance(25 * HOUR);
    assert_eq!(carry_out(&app).await, 0);
}

fn json_of(outcome: Outcome) -> Value {
    let outcome = outcome.expect_code(0);
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn command_prints_the_time_unless_it_removes_at_once() {
    let (app, server, _ada) = scene().await;
    let id = app_of_ada(&app).await.to_string();
    let url = server.url();
    let run = |arguments: &[&str]| {
        let program = app.command_line().with("NARTHEX_SMTP_URL", &url);
        let program = program.with("NARTHEX_CONTACT", crate::support::mail_server::CONTACT);
        program.run(arguments)
    };
    let remove = ["user", "remove-factor", ADA, &id, "--reason", "Lost phone"];
    let planned = run(&remove).expect_code(0);
    assert!(planned.stdout.contains("is removed at 20"), "{planned:#?}");
    let listed = json_of(run(&["user", "factors", ADA, "--json"]));
    assert!(listed["data"][0]["removed_at"].is_string(), "{listed}");
    enter_password(&app, ADA).await;
    let now = [&remove[..], &["--now"]].concat();
    run(&now).expect_code(0);
    app.sign_in(ADA).await;
}
