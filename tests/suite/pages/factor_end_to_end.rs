//! An authenticator app in a real browser. The codes come from Python's standard library,
//! which shares no code with Narthex.

use std::process::Command;
use std::time::Duration;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::page::ADA;
use crate::support::programs;

use super::accessibility::{SCHEMES, WIDTHS, expect_no_violation};

/// RFC 6238 with the parameters of Narthex, in Python.
const TOTP: &str = "
import base64, hmac, struct, sys
key, step = base64.b32decode(sys.argv[1]), int(sys.argv[2]) // 30
digest = hmac.new(key, struct.pack('>Q', step), 'sha1').digest()
start = digest[-1] & 15
number = struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff
print(f'{number % 10**6:06}')
";

/// The code of the present step, by the clock of the server.
fn code(app: &TestApp, secret: &str) -> String {
    let seconds = app.state.now().micros() / 1_000_000;
    let secret = secret.replace(' ', "");
    let output = Command::new(programs::find("python3", "python3"))
        .args(["-c", TOTP, &secret, &seconds.to_string()])
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn value_of(window: &Window, id: &str) -> String {
    let script = format!("return document.getElementById('{id}').value");
    let value = window.evaluate(&script).await;
    value.as_str().expect("a text").to_owned()
}

async fn expect_accessible(window: &Window, path: &str) {
    window.expect_path(path).await;
    for (width, scheme) in WIDTHS.into_iter().zip(SCHEMES) {
        expect_no_violation(window, path, width, scheme).await;
    }
}

async fn enter_password(window: &Window) {
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn authenticator_app_is_set_up_used_and_removed() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = Window::at(&app.origin).open().await;
    enter_password(&window).await;
    window.expect_path("/account").await;

    window.visit("/account/security").await;
    window.press("Set up authenticator app").await;
    expect_accessible(&window, "/account/security/totp").await;
    let secret = value_of(&window, "secret").await;
    let link = "return document.querySelector('a[href^=\"otpauth://totp/\"]').href";
    let link = window.evaluate(link).await;
    let parameter = format!("secret={}", secret.replace(' ', ""));
    assert!(link.as_str().unwrap().contains(&parameter), "{link}");
    window.fill("Code", &code(&app, &secret)).await;
    window.press("Turn on").await;
    expect_accessible(&window, "/account/security/recovery-codes").await;
    let codes = value_of(&window, "codes").await;
    assert_eq!(codes.lines().count(), 10);
    window.press("Dismiss this message").await;
    assert_eq!(value_of(&window, "codes").await, codes);
    window.press("I have saved them").await;
    window.expect_path("/account/security").await;
    window.expect_text("Remove authenticator app").await;

    sign_out(&window).await;
    app.advance(Duration::from_secs(60));
    enter_password(&window).await;
    expect_accessible(&window, "/login/verify").await;
    window.fill("Code", &code(&app, &secret)).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;

    sign_out(&window).await;
    enter_password(&window).await;
    window.fill("Code", codes.lines().next().unwrap()).await;
    window.press("Sign in").await;
    expect_accessible(&window, "/account/security/recovery-codes").await;
    assert_eq!(value_of(&window, "codes").await.lines().count(), 1);
    window.press("I have saved it").await;
    window.visit("/account/security").await;
    window.press("Remove authenticator app").await;
    window.expect_text("Set up authenticator app").await;

    sign_out(&window).await;
    enter_password(&window).await;
    window.expect_path("/account").await;
    window.close().await;
}

/// Whether the page asks before it is left.
async fn warns(window: &Window) -> bool {
    let script = "const event = document.createEvent('BeforeUnloadEvent');
         event.initEvent('beforeunload', false, true);
         dispatchEvent(event);
         return event.returnValue !== '';";
    window.evaluate(script).await == true
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn leaving_unsaved_recovery_codes_is_asked_about() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = Window::at(&app.origin).open().await;
    enter_password(&window).await;
    window.visit("/account/security/totp").await;
    let secret = value_of(&window, "secret").await;
    window.fill("Code", &code(&app, &secret)).await;
    window.press("Turn on").await;
    for act in ["Copy", "Download", "Print", "I have saved them"] {
        expect_codes(&window).await;
        // Neither a file nor another page replaces the page of the codes.
        let stay = "window.print = () => dispatchEvent(new Event('beforeprint'));
             document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault());";
        window.evaluate(stay).await;
        window.press(act).await;
        if act == "Copy" {
            window.expect_text("Copied").await;
        }
        assert!(!warns(&window).await, "{act}");
        make_codes_anew(&window).await;
    }
    expect_codes(&window).await;
    assert!(warns(&window).await);
    assert!(!warns(&window).await, "it asks once");
    window.close().await;
}

/// Waits for the codes and for the scripts of their page.
async fn expect_codes(window: &Window) {
    window.expect_path("/account/security/recovery-codes").await;
    let loaded = "return new Promise((done) => {
         if (document.readyState === 'complete') done();
         else addEventListener('load', () => done());
     });";
    window.evaluate(loaded).await;
}

async fn make_codes_anew(window: &Window) {
    window.visit("/account/security").await;
    window.press("Make new recovery codes").await;
}
