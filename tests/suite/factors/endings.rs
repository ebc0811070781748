//! What each change does to pending links and sign-ins.

use narthex::credentials::{CredentialFilter, revoke};

use crate::accounts::email_change::NEW;
use crate::support::app::TestApp;
use crate::support::authenticator::{enrol, enter_code, enter_password};
use crate::support::page::ADA;
use crate::support::sql::query_lines;
use crate::trusted_browsers::endings::Scene;

/// The sign-ins that wait for their second step.
fn waiting(app: &TestApp) -> Vec<String> {
    query_lines(
        app,
        "SELECT hex(digest) AS line FROM sign_in_attempts WHERE session_id IS NULL",
        "SELECT encode(digest, 'hex') AS line FROM sign_in_attempts WHERE session_id IS NULL",
    )
}

/// The links that set a new password.
fn links(app: &TestApp) -> Vec<String> {
    query_lines(
        app,
        "SELECT hex(id) AS line FROM one_time_links WHERE purpose = 'reset-password'",
        "SELECT encode(id, 'hex') AS line FROM one_time_links WHERE purpose = 'reset-password'",
    )
}

/// Makes a change while a sign-in and a link are pending, and returns whether each of them is left.
async fn left_after(change: &str) -> (bool, bool) {
    let scene = Scene::new().await;
    let app = &scene.app;
    let is_undo = change == "address change undone";
    if is_undo {
        scene.change_address(&[""]).await;
    }
    let email = if is_undo { NEW } else { ADA };
    enter_password(app, email).await;
    let printed = app.command_line().run(&["user", "reset-link", email]);
    printed.expect_code(0);
    let (sign_ins, before) = (waiting(app), links(app));
    assert_eq!((sign_ins.len(), before.len()), (1, 1), "{change}");
    if is_undo {
        scene.undo_change_of_address().await;
    } else {
        scene.change(change).await;
    }
    let link_is_left = links(app).iter().any(|link| before.contains(link));
    (waiting(app) == sign_ins, link_is_left)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_the_table_ends_pending_links_and_sign_ins() {
    let ending = [
        "sign-out of everything",
        "sign-out by an operator",
        "password changed",
        "password set by an operator",
        "password reset",
        "password removed",
        "address changed",
        "address changed, trust kept",
        "address change undone",
        "passkey removed",
        "app removed",
        "app removed by an operator",
        "recovery codes made",
        "recovery code used",
        "account disabled",
        "account deleted",
    ];
    let mut left = Vec::new();
    for change in ending {
        let (sign_in, link) = left_after(change).await;
        left.extend(sign_in.then_some((change, "sign-in")));
        left.extend(link.then_some((change, "link")));
    }
    assert_eq!(left, []);
    for change in [
        "nothing",
        "sign-out of the browser",
        "sign-out of everything else",
        "passkey added",
    ] {
        assert_eq!(left_after(change).await, (true, true), "{change}");
    }
}

/// The owner has signed out before, so nothing else of the account ends.
#[tokio::test(flavor = "multi_thread")]
async fn operator_ends_pending_sign_ins_without_a_session() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let left = ada.browser.post("/logout", &[]).await;
    left.expect_redirect("/login");
    let users = vec![app.user_id(ADA).await];
    let ended = revoke::revoke_for_users(&app.state, users, CredentialFilter::default()).await;
    assert_eq!(ended.expect("receipts").len(), 0);
    let code = ada.authenticator.code(&app);
    enter_code(&browser, &code).await.expect_redirect("/login");
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn used_recovery_code_ends_the_other_sign_ins() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let (thief, browser) = (
        enter_password(&app, ADA).await,
        enter_password(&app, ADA).await,
    );
    let entered = enter_code(&browser, &ada.recovery_codes[0]).await;
    entered.expect_status(303);
    assert!(browser.is_signed_in().await);
    let code = ada.authenticator.code(&app);
    enter_code(&thief, &code).await.expect_redirect("/login");
    assert!(!thief.is_signed_in().await);
    // A code of the app ends nothing.
    let (first, second) = (
        enter_password(&app, ADA).await,
        enter_password(&app, ADA).await,
    );
    enter_code(&first, &code).await.expect_redirect("/account");
    app.advance(std::time::Duration::from_secs(60));
    let code = ada.authenticator.code(&app);
    enter_code(&second, &code).await.expect_redirect("/account");
}
