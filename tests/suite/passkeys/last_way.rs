//! The last way to sign in cannot be removed.

use std::time::Duration;

use super::second_step::with_passkey;
use crate::support::app::TestApp;
use crate::support::client::Browser;
use crate::support::page::{ADA, event_types};
use crate::support::passkey::{Passkey, sign_in, try_to_register};
use crate::support::sql::execute;

/// The addresses that remove the passkeys of a browser.
async fn removals(browser: &Browser) -> Vec<String> {
    let page = browser.get("/account/security").await.expect_status(200);
    let parts = page
        .text
        .split("href=\"/account/security/passkeys/")
        .skip(1);
    let ids = parts.filter_map(|rest| rest.split('"').next());
    ids.map(|id| format!("/account/security/passkeys/{id}/remove"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn last_passkey_of_a_user_without_a_password_stays() {
    for (has_password, passkeys, codes, status) in [
        (true, 1, true, 303),
        (false, 1, true, 422),
        (false, 2, true, 303),
        (false, 2, false, 422),
        (false, 3, false, 303),
    ] {
        let app = TestApp::start();
        let browser = with_passkey(&app, &mut Passkey::new(1)).await;
        for number in 2..=passkeys {
            let added = try_to_register(&browser, &mut Passkey::new(number)).await;
            added.expect_status(200);
        }
        if !has_password {
            execute(&app, "UPDATE users SET password_hash = ''");
        }
        if !codes {
            execute(&app, "DELETE FROM recovery_codes");
        }
        app.advance(Duration::from_secs(1));
        let all = removals(&browser).await;
        assert_eq!(all.len(), usize::from(passkeys));
        let removed = browser.post(&all[0], &[("also", "")]).await;
        let removed = removed.expect_status(status);
        let left = removals(&browser).await.len();
        let is_removed = event_types(&browser)
            .await
            .contains(&"passkey.removed".to_owned());
        assert_eq!(is_removed, status == 303);
        assert_eq!(left, usize::from(passkeys) - usize::from(is_removed));
        if status == 422 {
            removed.expect_text("Set a password or add another passkey first");
        }
        let operator = ["user", "factors", ADA, "--json"];
        let listed = app.command_line().run(&operator).expect_code(0);
        assert!(
            listed.stdout.contains("passkey") == (left > 0),
            "{listed:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_without_verification_replaces_no_verifying_one() {
    for (is_verified, status) in [(false, 422), (true, 303)] {
        let app = TestApp::start();
        let browser = with_passkey(&app, &mut Passkey::new(1)).await;
        for number in 2..=3 {
            let mut other = Passkey::new(number);
            other.is_verified = is_verified;
            let added = try_to_register(&browser, &mut other).await;
            added.expect_status(200);
        }
        execute(&app, "UPDATE users SET password_hash = ''");
        execute(&app, "DELETE FROM recovery_codes");
        app.advance(Duration::from_secs(1));
        // The passkeys are listed in the order of their registration.
        let verifying = &removals(&browser).await[0];
        let removed = browser.post(verifying, &[("also", "")]).await;
        removed.expect_status(status);
    }
}

/// Sends two forms at once, and returns how many had an effect.
async fn removed_at_once(first: (&Browser, &str), second: (&Browser, &str)) -> usize {
    let kept = [("also", "")];
    let answers = tokio::join!(first.0.post(first.1, &kept), second.0.post(second.1, &kept));
    let locations = [answers.0, answers.1].map(|answer| answer.location_or_status());
    let done = |location: &&String| *location == "/account/security";
    let number = locations.iter().filter(done).count();
    assert!(locations.contains(&"422".to_owned()), "{locations:?}");
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_removals_leave_a_way_to_sign_in() {
    for _ in 0..4 {
        // The password and the only passkey.
        let app = TestApp::start();
        let other = app.start_second(&[]);
        let mut passkey = Passkey::new(1);
        let owner = with_passkey(&app, &mut passkey).await;
        let there = app.browser();
        sign_in(&there, &passkey).await.expect_status(200);
        let there = there.moved_to(&other.origin);
        let of_passkey = removals(&owner).await.concat();
        let password = (&owner, "/account/password/remove");
        assert_eq!(removed_at_once(password, (&there, &of_passkey)).await, 1);

        // Two passkeys, without a password.
        let app = TestApp::start();
        let other = app.start_second(&[]);
        let (mut one, mut two) = (Passkey::new(1), Passkey::new(2));
        let owner = with_passkey(&app, &mut one).await;
        try_to_register(&owner, &mut two).await.expect_status(200);
        execute(&app, "UPDATE users SET password_hash = ''");
        app.advance(Duration::from_secs(1));
        let (first, second) = (app.browser(), app.browser());
        sign_in(&first, &one).await.expect_status(200);
        sign_in(&second, &two).await.expect_status(200);
        let second = second.moved_to(&other.origin);
        let all = removals(&first).await;
        assert_eq!(all.len(), 2);
        assert_eq!(
            removed_at_once((&first, &all[0]), (&second, &all[1])).await,
            1
        );
        assert_eq!(removals(&first).await.len(), 1);
    }
}
