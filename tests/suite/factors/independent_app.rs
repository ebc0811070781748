//! Another implementation of the codes of authenticator apps: `oathtool` of Debian.

use std::process::Command;

use crate::support::app::TestApp;
use crate::support::authenticator::enter_password;
use crate::support::page::ADA;
use crate::support::programs;

/// The code of `oathtool` for this secret, by the clock of the server.
fn code_of(secret: &str, app: &TestApp) -> String {
    let now = format!("@{}", app.state.now().micros() / 1_000_000);
    let output = Command::new(programs::find("oathtool", "oathtool"))
        .args(["--totp", "--base32", "--now", &now, secret])
        .output()
        .expect("oathtool runs");
    assert!(output.status.success(), "{output:?}");
    let code = String::from_utf8(output.stdout).expect("digits");
    code.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs oathtool: use scripts/test"]
async fn codes_of_another_program_are_accepted() {
    let app = TestApp::start();
    let owner = app.register(ADA).await;
    let page = owner.get("/account/security/totp").await;
    let page = page.expect_status(200);
    // The secret that a user copies into the app.
    let marker = r#"<input id="secret" class="value" value=""#;
    let (_, after) = page.text.split_once(marker).expect("a secret");
    let (secret, _) = after.split_once('"').expect("an end");
    let form = [("code", &*code_of(secret, &app))];
    let turned_on = owner.post("/account/security/totp", &form).await;
    turned_on.expect_status(303);
    app.advance(std::time::Duration::from_secs(60));
    let browser = enter_password(&app, ADA).await;
    let form = [("code", &*code_of(secret, &app))];
    let opened = browser.post("/login/verify", &form).await;
    opened.expect_redirect("/account");
    assert!(browser.is_signed_in().await);
}
