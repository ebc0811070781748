//! The changes that notices report.

use narthex::accounts;
use narthex::audit::Actor;
use narthex::credentials::revoke::{self, RevocationRequest};
use narthex::credentials::{CredentialFilter, RevocationReason};
use narthex::crypto::secret::SecretString;
use narthex::factors;
use narthex::passwords::policy::NewPassword;
use narthex::passwords::reset;
use narthex::passwords::set::set_password_as_operator;
use narthex::types::credential_kind::CredentialType;
use serde_json::json;

use super::notices::{NEW_PASSWORD, Notices};
use crate::support::app::PASSWORD;
use crate::support::authenticator::{Authenticator, enter_code, recovery_codes_in, turn_on};
use crate::support::client::Browser;
use crate::support::page::{ADA, newest_token};
use crate::support::user_agents::SAFARI_ON_IPHONE;

impl Notices {
    async fn revoke(&self, filter: CredentialFilter, reason: RevocationReason) {
        let user = self.app.user_id(ADA).await;
        let request = RevocationRequest::of(filter, reason);
        let revoked = revoke::revoke(&self.app.state, user, request, Actor::operator());
        revoked.await.expect("a revocation");
    }

    /// Does what a row of the table names. Returns secrets that no mail contains.
    pub async fn act(&self, act: &str, ada: &Browser) -> Vec<String> {
        let (app, state) = (&self.app, &self.app.state);
        match act {
            "change the password" => {
                app.sign_in_with(ADA, SAFARI_ON_IPHONE).await;
                let form = [("current_password", PASSWORD), ("password", NEW_PASSWORD)];
                let changed = ada.post("/account/password", &form).await;
                changed.expect_redirect("/account/profile");
            }
            "set the password" => {
                let user = app.user_id(ADA).await;
                let new =
                    NewPassword::parse(SecretString::new(NEW_PASSWORD.to_owned()), None, None)
                        .unwrap();
                let set = set_password_as_operator(state, user, new, false);
                set.await.expect("a new password");
            }
            "set a password with a link" => {
                app.token_of(ada, "CI", &[]).await;
                let user = app.user_id(ADA).await;
                let secret = reset::create_link(state, user).await.expect("a link");
                let browser = app.browser();
                let link = format!("/password/reset?token={}", secret.expose());
                browser.get(&link).await.expect_status(303);
                let set = browser.post("/password/reset", &[("password", NEW_PASSWORD)]);
                set.await.expect_redirect("/login");
            }
            "create a token" => drop(app.token_of(ada, "deploy", &["orders:read"]).await),
            "sign in an app" => {
                let body = json!({ "email": ADA, "password": PASSWORD, "device_name": "cli" });
                let made = app.anonymous().post_json("/api/v1/sign-in", &body).await;
                made.expect_status(201);
            }
            "sign in elsewhere" => drop(app.sign_in_with(ADA, SAFARI_ON_IPHONE).await),
            "sign out as an operator" => {
                self.revoke(CredentialFilter::default(), RevocationReason::Operator)
                    .await;
            }
            "sign out as an app does" => {
                self.revoke(CredentialFilter::default(), RevocationReason::SignedOut)
                    .await;
            }
            "report a leak" => {
                app.token_of(ada, "leaky", &[]).await;
                let id = newest_token(ada).await.parse().unwrap();
                let filter = CredentialFilter::one(CredentialType::Token, id);
                self.revoke(filter, RevocationReason::Leaked).await;
            }
            "disable" => {
                let user = app.user_id(ADA).await;
                accounts::disable(state, user)
                    .await
                    .expect("a disabled account");
            }
            "delete" => {
                let form = [("password", PASSWORD)];
                let deleted = ada.post("/account/delete", &form).await;
                deleted.expect_redirect("/login");
            }
            other => return self.act_on_factors(other).await,
        }
        Vec::new()
    }

    /// Does an act with second factors. Another session of Ada adds the app.
    async fn act_on_factors(&self, act: &str) -> Vec<String> {
        let (app, state) = (&self.app, &self.app.state);
        let browser = app.sign_in(ADA).await;
        if act == "add the app and sign out the others" {
            let page = browser.get("/account/security/totp").await;
            let code = Authenticator::scan(&page).code(app);
            let form = [("code", &*code), ("also", "sessions")];
            let added = browser.post("/account/security/totp", &form).await;
            let shown = browser.follow(&added.expect_status(303)).await;
            return recovery_codes_in(&shown.expect_status(200));
        }
        let enrolled = turn_on(app, browser).await;
        let (browser, mut codes) = (enrolled.browser, enrolled.recovery_codes);
        match act {
            "remove the app" => {
                let removed = browser.post("/account/security/totp/remove", &[]).await;
                removed.expect_redirect("/account/security");
            }
            "remove the app as an operator" => {
                let user = app.user_id(ADA).await;
                let summary = factors::summary(state, user).await.expect("factors");
                let asked = factors::OperatorRemoval {
                    factor: summary.app.expect("an app").id,
                    reason: "Lost phone, called back".to_owned(),
                    revocation: factors::RevocationChoice::default(),
                };
                let time = factors::RemovalTime::Now;
                let removed = factors::remove_as_operator(state, user, asked, time);
                removed.await.expect("a removal");
            }
            "make recovery codes anew" => {
                let form = [("also", "sessions")];
                let made = browser
                    .post("/account/security/recovery-codes", &form)
                    .await;
                let shown = browser.follow(&made.expect_status(303)).await;
                codes.extend(recovery_codes_in(&shown));
            }
            "sign in with a recovery code" => {
                let browser = app.browser().with_user_agent(SAFARI_ON_IPHONE);
                let form = [("email", ADA), ("password", PASSWORD)];
                let first = browser.post("/login", &form).await;
                first.expect_redirect("/login/verify");
                let entered = enter_code(&browser, &codes[0]).await;
                let shown = browser.follow(&entered.expect_status(303)).await;
                codes.extend(recovery_codes_in(&shown));
            }
            "sign in an app with a recovery code" => {
                let body = json!({
                    "email": ADA, "password": PASSWORD, "device_name": "cli", "code": codes[0],
                });
                let made = app.anonymous().post_json("/api/v1/sign-in", &body).await;
                made.expect_status(201);
            }
            other => panic!("{other}"),
        }
        codes
    }
}
