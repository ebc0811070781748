//! Passkeys in a real browser with a virtual authenticator.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::page::ADA;

/// A window at a host name, because an address cannot have passkeys.
async fn window_of(app: &TestApp) -> Window {
    let origin = app.origin.replace("127.0.0.1", "localhost");
    Window::at(&origin).open().await
}

async fn sign_in_with_password(window: &Window) {
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
}

async fn sign_out(window: &Window) {
    window.visit("/account").await;
    window.open_account_menu().await;
    window.press("Sign out").await;
    window.expect_path("/login").await;
}

/// Returns the methods that proved the session of the window.
async fn proof_of(window: &Window) -> Value {
    window.visit("/api/v1/sessions/current").await;
    let session: Value = serde_json::from_str(&window.text().await).expect("a session");
    session["amr"].clone()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn passkey_is_added_used_renamed_and_removed() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = window_of(&app).await;
    let authenticator = window.add_screen_lock().await;
    sign_in_with_password(&window).await;
    window.expect_path("/account").await;

    window.visit("/account/security").await;
    window.press("Add a passkey").await;
    window.expect_path("/account/security/recovery-codes").await;
    window.press("I have saved them").await;
    window.expect_text("Rename or remove").await;
    assert_eq!(authenticator.passkeys().await.len(), 1);
    // The same device is not offered a second one.
    window.press("Add a passkey").await;
    window
        .expect_text("This device already has a passkey")
        .await;

    authenticator.wait_for_touch(true).await;
    sign_out(&window).await;
    sign_in_with_password(&window).await;
    window.expect_path("/login/verify").await;
    authenticator.wait_for_touch(false).await;
    window.press("Use a passkey").await;
    window.expect_path("/account").await;
    assert_eq!(
        proof_of(&window).await,
        json!(["pwd", "hwk", "user", "mfa"])
    );

    // An hour later, a change needs a confirmation, which uses up no recovery code.
    app.advance(Duration::from_secs(3600));
    window
        .visit("/account/confirm?acr=2&next=/account/profile")
        .await;
    window.press("Use a passkey").await;
    window.expect_path("/account/profile").await;
    window.visit("/account/security").await;
    window.press("Passkey: Rename or remove").await;
    window.fill("Name", "Work laptop").await;
    window.press("Rename").await;
    window.expect_text("Work laptop").await;
    window.visit("/account/security").await;
    window.press("Work laptop: Rename or remove").await;
    window.press("Remove passkey").await;
    window.expect_path("/account/security").await;
    window.expect_no_text("Work laptop").await;
    sign_out(&window).await;
    sign_in_with_password(&window).await;
    window.expect_path("/account").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn security_key_is_used_and_its_copy_is_marked() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = window_of(&app).await;
    let authenticator = window.add_security_key().await;
    sign_in_with_password(&window).await;
    window.visit("/account/security").await;
    window.press("Add a passkey").await;
    window.expect_path("/account/security/recovery-codes").await;
    sign_out(&window).await;

    let key = authenticator.replace_by_key_without_pin(100).await;
    sign_in_with_password(&window).await;
    window.press("Use a passkey").await;
    window.expect_path("/account").await;
    assert_eq!(proof_of(&window).await, json!(["pwd", "hwk", "mfa"]));
    window.visit("/account/security").await;
    window.expect_no_text("It may have been copied").await;
    sign_out(&window).await;

    let _copy = key.replace_by_key_without_pin(0).await;
    sign_in_with_password(&window).await;
    window.press("Use a passkey").await;
    window.expect_path("/account").await;
    window.visit("/account/security").await;
    window.expect_text("It may have been copied").await;
    window.close().await;
}

/// Records each call of the Signal API in the page instead of the browser.
const RECORD_SIGNALS: &str = r#"
for (const what of ["UnknownCredential", "AllAcceptedCredentials", "CurrentUserDetails"]) {
  PublicKeyCredential[`signal${what}`] = async (details) => {
    document.documentElement.dataset[what] = JSON.stringify(details);
  };
}"#;

/// Returns the arguments with which the page called this function of the Signal API.
async fn signal_of(window: &Window, what: &str) -> Value {
    let script = format!("return document.documentElement.dataset.{what} ?? 'null'");
    let text = window.evaluate(&script).await;
    serde_json::from_str(text.as_str().expect("text")).expect("JSON")
}

/// Registers Ada, who adds a passkey in the window and signs out.
async fn add_passkey(app: &TestApp, window: &Window) {
    app.register(ADA).await;
    sign_in_with_password(window).await;
    window.expect_path("/account").await;
    window.visit("/account/security").await;
    window.press("Add a passkey").await;
    window.expect_path("/account/security/recovery-codes").await;
    window.press("I have saved them").await;
    window.expect_text("Rename or remove").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn passkey_signs_in_by_the_button() {
    let app = TestApp::start();
    let window = window_of(&app).await;
    let authenticator = window.add_screen_lock().await;
    add_passkey(&app, &window).await;
    authenticator.wait_for_touch(true).await;
    sign_out(&window).await;
    window
        .expect_text("Use your face, your fingerprint or the screen lock")
        .await;
    authenticator.wait_for_touch(false).await;
    window.tick("Keep me signed in on this browser").await;
    window.press("Sign in with a passkey").await;
    window.expect_path("/account").await;
    assert_eq!(proof_of(&window).await, json!(["hwk", "user", "mfa"]));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn passkey_is_offered_in_the_field_of_the_address() {
    let app = TestApp::start();
    let window = window_of(&app).await;
    let authenticator = window.add_screen_lock().await;
    add_passkey(&app, &window).await;
    authenticator.wait_for_touch(true).await;
    sign_out(&window).await;
    // The touch stands for the choice in the list of the browser.
    authenticator.wait_for_touch(false).await;
    window.visit("/login").await;
    window.expect_path("/account").await;
    assert_eq!(proof_of(&window).await, json!(["hwk", "user", "mfa"]));
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn browser_hears_of_passkeys_and_of_their_removal() {
    let app = TestApp::start();
    let window = window_of(&app).await;
    window.run_before_each_page(RECORD_SIGNALS).await;
    let authenticator = window.add_screen_lock().await;
    add_passkey(&app, &window).await;
    let [stored] = &authenticator.passkeys().await[..] else {
        panic!("not one passkey");
    };
    let url_safe = |text: &Value| {
        let text = text.as_str().expect("base64");
        text.replace('+', "-")
            .replace('/', "_")
            .trim_end_matches('=')
            .to_owned()
    };
    let (id, user) = (
        url_safe(&stored["credentialId"]),
        url_safe(&stored["userHandle"]),
    );
    let rp = "localhost";
    assert_eq!(
        signal_of(&window, "AllAcceptedCredentials").await,
        json!({"rpId": rp, "userId": user, "allAcceptedCredentialIds": [id]})
    );
    assert_eq!(
        signal_of(&window, "CurrentUserDetails").await,
        json!({"rpId": rp, "userId": user, "name": ADA, "displayName": "ada"})
    );
    window.press("Passkey: Rename or remove").await;
    window.press("Remove passkey").await;
    window.expect_path("/account/security").await;
    assert_eq!(
        signal_of(&window, "AllAcceptedCredentials").await,
        json!({"rpId": rp, "userId": user, "allAcceptedCredentialIds": []})
    );
    authenticator.wait_for_touch(true).await;
    sign_out(&window).await;
    authenticator.wait_for_touch(false).await;
    window.press("Sign in with a passkey").await;
    window
        .expect_text("This passkey is no longer valid here")
        .await;
    assert_eq!(
        signal_of(&window, "UnknownCredential").await,
        json!({"rpId": rp, "credentialId": id})
    );
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn password_is_removed_and_set_again() {
    let app = TestApp::start();
    let window = window_of(&app).await;
    let authenticator = window.add_screen_lock().await;
    add_passkey(&app, &window).await;
    window.press("Remove password").await;
    window.expect_text("Password removed").await;
    window.expect_text("You have no password.").await;
    authenticator.wait_for_touch(true).await;
    sign_out(&window).await;
    sign_in_with_password(&window).await;
    window.expect_text("Incorrect email or password").await;
    authenticator.wait_for_touch(false).await;
    window.press("Sign in with a passkey").await;
    window.expect_path("/account").await;

    // An hour later, the passkey confirms that a password can be set.
    app.advance(Duration::from_secs(3600));
    window.visit("/account/profile").await;
    window
        .fill("New password", "another long and unusual phrase")
        .await;
    window.press("Set password").await;
    window.expect_text("Confirm that it is you").await;
    window.press("Use a passkey").await;
    window.expect_text("You have no password.").await;
    window
        .fill("New password", "another long and unusual phrase")
        .await;
    window.press("Set password").await;
    window.expect_text("Password changed").await;
    window.expect_text("Current password").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn trusted_browser_is_asked_for_the_password_alone() {
    let app = TestApp::start_with(&[("NARTHEX_TRUST_BROWSER", "30d")]);
    let window = window_of(&app).await;
    let authenticator = window.add_screen_lock().await;
    add_passkey(&app, &window).await;
    for step in ["/login/verify", "/account"] {
        authenticator.wait_for_touch(true).await;
        sign_out(&window).await;
        sign_in_with_password(&window).await;
        window.expect_path(step).await;
        if step == "/login/verify" {
            authenticator.wait_for_touch(false).await;
            window
                .tick("Don’t ask for a code in this browser for 30 days")
                .await;
            window.press("Use a passkey").await;
            window.expect_path("/account").await;
        }
    }
    assert_eq!(proof_of(&window).await, json!(["pwd"]));
    window.visit("/account/security").await;
    window.expect_text("End the trust").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn required_factor_can_be_a_passkey() {
    let app = TestApp::start_with(&[("NARTHEX_REQUIRE_SECOND_FACTOR", "all")]);
    app.register(ADA).await;
    let window = window_of(&app).await;
    window.add_screen_lock().await;
    sign_in_with_password(&window).await;
    window
        .expect_text("You can add a passkey instead of an app.")
        .await;
    window.press("Add a passkey").await;
    window.press("I have saved them").await;
    window.expect_path("/account").await;
    window.close().await;
}
