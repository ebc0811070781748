//! Browsers in which a sign-in with the password needs no second factor (`NARTHEX_TRUST_BROWSER`).

mod attacks;
pub mod endings;
mod pages;
mod sign_in;

use std::time::Duration;

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Enrolled, enrol, enter_password};
use crate::support::client::Browser;
use crate::support::page::ADA;
use crate::support::passkey::{LOGIN, LOGIN_OPTIONS, Passkey, options, try_to_register};
use crate::support::sql::query_lines;

const SETTING: (&str, &str) = ("NARTHEX_TRUST_BROWSER", "30d");
const COOKIE: &str = "narthex-trusted";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A server on which Ada has an authenticator app and trusts a browser.
async fn scene() -> (TestApp, Enrolled, Browser) {
    let app = TestApp::start_with(&[SETTING]);
    let ada = enrol(&app, ADA).await;
    let browser = trust(&app, &ada).await;
    (app, ada, browser)
}

/// Signs in with a code in a new browser, and trusts it. Then the next code is a new one.
async fn trust(app: &TestApp, ada: &Enrolled) -> Browser {
    let browser = enter_password(app, ADA).await;
    let code = ada.authenticator.code(app);
    let form = [("code", &*code), ("trust", "on")];
    let entered = browser.post("/login/verify", &form).await;
    entered.expect_redirect("/account");
    app.advance(MINUTE);
    browser
}

/// Ada with a passkey, by which she trusts a browser.
async fn trust_by_passkey(app: &TestApp) -> (Browser, Browser) {
    let ada = app.register(ADA).await;
    let mut passkey = Passkey::new(1);
    try_to_register(&ada, &mut passkey).await.expect_status(200);
    let browser = enter_password(app, ADA).await;
    let challenge = options(&browser, LOGIN_OPTIONS).await;
    let answer = json!({"credential": passkey.get(&challenge), "trust": true});
    browser.post_json(LOGIN, &answer).await.expect_status(200);
    (ada, browser)
}

/// Enters the password, and returns whether no second factor is asked for.
async fn needs_no_code(browser: &Browser, email: &str, password: &str) -> bool {
    let form = [("email", email), ("password", password)];
    let entered = browser.post("/login", &form).await.expect_status(303);
    entered.location() == "/account"
}

async fn is_trusted(browser: &Browser) -> bool {
    needs_no_code(browser, ADA, PASSWORD).await
}

/// The number of trusted browsers in the database.
fn stored(app: &TestApp) -> usize {
    let ids = (
        "SELECT hex(id) AS line FROM trusted_browsers",
        "SELECT encode(id, 'hex') AS line FROM trusted_browsers",
    );
    query_lines(app, ids.0, ids.1).len()
}
