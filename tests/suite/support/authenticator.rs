//! The authenticator app of a user, and sign-ins with it.

use narthex::factors::MAX_FAILURES;
use narthex::util::clock::{Clock as _, SystemClock};
use totp_rs::{Builder, Secret, Totp};

use super::answer::Answer;
use super::app::{PASSWORD, TestApp};
use super::client::Browser;
use super::sql::query_lines;

/// An authenticator app that has scanned a QR code.
pub struct Authenticator(Totp);

impl Authenticator {
    /// Scans the code of the page `/account/security/totp`.
    #[track_caller]
    pub fn scan(page: &Answer) -> Self {
        let (_, after) = page.text.split_once("secret=").expect("a secret");
        let secret = after.split('&').next().expect("a secret");
        let secret = Secret::try_from_base32(secret).expect("base32");
        Self(
            Builder::new()
                .with_secret(secret)
                .build()
                .expect("a secret"),
        )
    }

    /// Has a secret in base32. A secret of another system may be shorter than those of Narthex.
    pub fn of_secret(base32: &str) -> Self {
        let secret = Secret::try_from_base32(base32).expect("base32");
        Self(Builder::new().with_secret(secret).build_noncompliant())
    }

    /// The code of the present step, by the clock of the server.
    pub fn code(&self, app: &TestApp) -> String {
        self.code_at(app, 0)
    }

    /// The code of a step before or after the present one.
    pub fn code_at(&self, app: &TestApp, steps: i64) -> String {
        let seconds = app.state.now().micros() / 1_000_000 + 30 * steps;
        self.0.generate(seconds.unsigned_abs()).to_string()
    }

    /// The code of a step by the real clock, for a server in another process.
    pub fn code_now(&self, steps: i64) -> String {
        let seconds = SystemClock.now().micros() / 1_000_000 + 30 * steps;
        self.0.generate(seconds.unsigned_abs()).to_string()
    }

    /// A code of six digits that is wrong at this time.
    pub fn wrong_code(&self, app: &TestApp) -> String {
        let right = [-1, 0, 1].map(|steps| self.code_at(app, steps));
        let mut codes = (0..).map(|number| format!("{number:06}"));
        codes.find(|code| !right.contains(code)).expect("a code")
    }
}

/// A user with an authenticator app.
pub struct Enrolled {
    pub browser: Browser,
    pub authenticator: Authenticator,
    pub recovery_codes: Vec<String>,
}

/// Registers a user, turns the app on, and lets a step pass, so that the next code is a new one.
pub async fn enrol(app: &TestApp, email: &str) -> Enrolled {
    turn_on(app, app.register(email).await).await
}

/// Turns the app on for the user of a browser.
pub async fn turn_on(app: &TestApp, browser: Browser) -> Enrolled {
    let page = browser.get("/account/security/totp").await;
    let authenticator = Authenticator::scan(&page.expect_status(200));
    let code = authenticator.code(app);
    let turned_on = browser
        .post("/account/security/totp", &[("code", &code)])
        .await;
    let shown = browser.follow(&turned_on.expect_status(303)).await;
    let recovery_codes = recovery_codes_in(&shown.expect_status(200));
    app.advance(std::time::Duration::from_secs(60));
    Enrolled {
        browser,
        authenticator,
        recovery_codes,
    }
}

/// The recovery codes that a page shows.
#[track_caller]
pub fn recovery_codes_in(page: &Answer) -> Vec<String> {
    let (_, after) = page.text.split_once("<textarea").expect("recovery codes");
    let (_, content) = after.split_once('>').expect("a tag");
    let content = content.split("</textarea>").next().expect("an end");
    content.lines().map(str::to_owned).collect()
}

/// Enters the password, and returns the browser before the second step.
pub async fn enter_password(app: &TestApp, email: &str) -> Browser {
    let browser = app.browser();
    let form = [("email", email), ("password", PASSWORD)];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/login/verify");
    browser
}

/// Enters a code in the second step.
pub async fn enter_code(browser: &Browser, code: &str) -> Answer {
    browser.post("/login/verify", &[("code", code)]).await
}

/// Stores as many wrong codes as suspend an authenticator app.
pub fn suspend_app(app: &TestApp) {
    let sql =
        format!("UPDATE authenticator_apps SET failures = {MAX_FAILURES} RETURNING 'x' AS line");
    query_lines(app, &sql, &sql);
}

/// Deletes seven of the ten recovery codes. A user gets there by resets, which replace no used code.
pub fn delete_seven_recovery_codes(app: &TestApp) {
    let sql = "DELETE FROM recovery_codes WHERE locator IN
        (SELECT locator FROM recovery_codes LIMIT 7) RETURNING 'x' AS line";
    assert_eq!(query_lines(app, sql, sql).len(), 7);
}
