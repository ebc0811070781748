//! The effect of each change on trusted browsers.

use narthex::credentials::CredentialFilter;
use narthex::crypto::secret::SecretString;
use narthex::passwords::policy::NewPassword;
use narthex::{accounts, credentials::revoke, factors, passwords};
use serde_json::json;

use super::{MINUTE, SETTING, needs_no_code, stored, trust, trust_by_passkey};
use crate::accounts::email_change::{NEW, follow};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Enrolled, enter_code, enter_password, turn_on};
use crate::support::client::Browser;
use crate::support::mail_server::MailServer;
use crate::support::page::ADA;
use crate::support::passkey::{Passkey, try_to_register};

const OTHER_PASSWORD: &str = "a quite different sentence";

/// Ada, who has an authenticator app and a passkey, and trusts a browser.
pub struct Scene {
    pub app: TestApp,
    server: MailServer,
    pub ada: Enrolled,
    trusted: Browser,
}

impl Scene {
    pub async fn new() -> Self {
        let (app, server) = TestApp::start_with_mail_and(&[SETTING]);
        app.add_user(ADA).await;
        let ada = turn_on(&app, app.sign_in(ADA).await).await;
        let added = try_to_register(&ada.browser, &mut Passkey::new(1)).await;
        added.expect_status(200);
        let trusted = trust(&app, &ada).await;
        Self {
            app,
            server,
            ada,
            trusted,
        }
    }

    fn link(&self, path: &str) -> String {
        let mail = self.server.wait_for_mail(|mail| mail.text().contains(path));
        mail.link()
    }

    pub async fn change_address(&self, also: &[&str]) {
        let mut form = vec![("name", "Ada"), ("email", NEW)];
        form.extend(also.iter().map(|choice| ("also", *choice)));
        let saved = self.ada.browser.post("/account/profile", &form).await;
        saved.expect_redirect("/account/profile");
        let confirmed = follow(&self.ada.browser, &self.link("/email/confirm")).await;
        confirmed.expect_redirect("/account/profile");
    }

    async fn sign_out(&self, selection: serde_json::Value) {
        let ended = self.ada.browser.post_json("/api/v1/sign-out", &selection);
        ended.await.expect_status(200);
    }

    pub async fn undo_change_of_address(&self) {
        let undone = follow(&self.app.browser(), &self.link("/email/undo")).await;
        undone.expect_redirect("/password/reset");
    }

    pub async fn change(&self, name: &str) {
        let (app, browser) = (&self.app, &self.ada.browser);
        let kept: &[(&str, &str)] = &[("also", "")];
        match name {
            "nothing" => {}
            "sign-out of the browser" => {
                let left = self.trusted.post("/logout", &[]).await;
                left.expect_status(303);
            }
            "sign-out of everything else" => self.sign_out(json!({"except": "current"})).await,
            "sign-out of everything" => self.sign_out(json!({})).await,
            "sign-out by an operator" => {
                let users = vec![app.user_id(ADA).await];
                let everything = CredentialFilter::default();
                let ended = revoke::revoke_for_users(&app.state, users, everything).await;
                assert!(ended.is_ok());
            }
            "password changed" => {
                let form = [
                    ("current_password", PASSWORD),
                    ("password", OTHER_PASSWORD),
                    ("also", ""),
                ];
                let changed = browser.post("/account/password", &form).await;
                changed.expect_redirect("/account/profile");
            }
            "password set by an operator" => {
                let user = app.user_id(ADA).await;
                let new = SecretString::new(OTHER_PASSWORD.to_owned());
                let new = NewPassword::parse(new, None, None).expect("a password");
                let state = &app.state;
                let set = passwords::set::set_password_as_operator(state, user, new, true);
                assert!(set.await.is_ok());
            }
            "password reset" => {
                let browser = app.browser();
                let form = [("email", ADA)];
                browser.post("/password/forgot", &form).await;
                let link = self.link("/password/reset");
                browser.get(&link).await.expect_status(303);
                let code = self.ada.authenticator.code(app);
                let form = [("password", OTHER_PASSWORD), ("code", &*code)];
                let set = browser.post("/password/reset", &form).await;
                set.expect_redirect("/login");
                app.advance(MINUTE);
            }
            "address changed" => self.change_address(&[]).await,
            "address changed, trust kept" => self.change_address(&[""]).await,
            "address change undone" => {
                self.change_address(&[""]).await;
                self.undo_change_of_address().await;
            }
            "passkey added" => {
                let added = try_to_register(browser, &mut Passkey::new(2)).await;
                added.expect_status(200);
            }
            "passkey removed" => {
                let page = browser.get("/account/security").await;
                let start = "/account/security/passkeys/";
                let mut ids = page.text.split(start).skip(1);
                let id = ids.find_map(|rest| rest.split('"').next().filter(|id| id.len() == 36));
                let path = format!("{start}{}/remove", id.expect("an ID"));
                let removed = browser.post(&path, kept).await;
                removed.expect_redirect("/account/security");
            }
            "password removed" => {
                let removed = browser.post("/account/password/remove", kept).await;
                removed.expect_redirect("/account/security");
            }
            "app removed" => {
                let removed = browser.post("/account/security/totp/remove", kept).await;
                removed.expect_redirect("/account/security");
            }
            "app removed by an operator" => {
                let user = app.user_id(ADA).await;
                let summary = factors::summary(&app.state, user).await;
                let found = summary.expect("factors").app.expect("an app");
                let asked = factors::OperatorRemoval {
                    factor: found.id,
                    reason: "Lost phone".to_owned(),
                    revocation: factors::RevocationChoice::default(),
                };
                let (state, time) = (&app.state, factors::RemovalTime::Now);
                let removed = factors::remove_as_operator(state, user, asked, time);
                assert!(removed.await.is_ok());
            }
            "recovery codes made" => {
                let made = browser.post("/account/security/recovery-codes", kept).await;
                made.expect_redirect("/account/security/recovery-codes");
            }
            "recovery code used" => {
                let browser = enter_password(app, ADA).await;
                let used = enter_code(&browser, &self.ada.recovery_codes[0]).await;
                used.expect_status(303);
            }
            "account disabled" => {
                let user = app.user_id(ADA).await;
                assert!(accounts::disable(&app.state, user).await.is_ok());
                assert!(accounts::enable(&app.state, user).await.is_ok());
            }
            "account deleted" => {
                let form = [("password", PASSWORD)];
                let deleted = browser.post("/account/delete", &form).await;
                deleted.expect_redirect("/login");
            }
            other => panic!("unknown change: {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_the_table_ends_trust_or_keeps_it() {
    let other = (ADA, OTHER_PASSWORD);
    let same = (ADA, PASSWORD);
    for (change, (email, password), stays) in [
        ("nothing", same, true),
        ("sign-out of the browser", same, true),
        ("sign-out of everything else", same, true),
        ("address changed, trust kept", (NEW, PASSWORD), true),
        ("sign-out of everything", same, false),
        ("sign-out by an operator", same, false),
        ("password changed", other, false),
        ("password set by an operator", other, false),
        ("password reset", other, false),
        ("address changed", (NEW, PASSWORD), false),
        ("passkey added", same, false),
        ("passkey removed", same, false),
        ("app removed", same, false),
        ("app removed by an operator", same, false),
        ("recovery codes made", same, false),
        ("recovery code used", same, false),
        ("account disabled", same, false),
    ] {
        let scene = Scene::new().await;
        assert_eq!(stored(&scene.app), 1, "{change}");
        scene.change(change).await;
        assert_eq!(stored(&scene.app), usize::from(stays), "{change}");
        // In each case a factor is left, so a sign-in asks for it.
        let entered = needs_no_code(&scene.trusted, email, password).await;
        assert_eq!(entered, stays, "{change}");
    }
    // No sign-in with the password follows. After the undo, the factors of the last day are gone as
    // well.
    for change in [
        "address change undone",
        "password removed",
        "account deleted",
    ] {
        let scene = Scene::new().await;
        scene.change(change).await;
        assert_eq!(stored(&scene.app), 0, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_an_app_to_a_passkey_ends_browser_trust() {
    let app = TestApp::start_with(&[SETTING]);
    let (ada, _) = trust_by_passkey(&app).await;
    assert_eq!(stored(&app), 1);
    let page = ada.get("/account/security/totp").await.expect_status(200);
    let authenticator = crate::support::authenticator::Authenticator::scan(&page);
    let code = authenticator.code(&app);
    let form = [("code", &*code), ("also", "")];
    ada.post("/account/security/totp", &form)
        .await
        .expect_status(303);
    assert_eq!(stored(&app), 0);
}
