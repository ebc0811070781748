//! Notices: mails about events of an account.

use std::time::Duration;

use narthex::accounts::{self, Registration};
use narthex::audit::Actor;
use narthex::credentials::revoke::{self, RevocationRequest};
use narthex::credentials::{CredentialFilter, RevocationReason};
use narthex::crypto::secret::SecretString;
use narthex::passwords::policy::NewPassword;
use narthex::passwords::reset;
use narthex::passwords::set::set_password_as_operator;
use narthex::types::credential_kind::CredentialType;
use narthex::types::{email::Email, name::Name};
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::mail_server::CONTACT;
use crate::support::mail_server::{MailServer, ReceivedMail};
use crate::support::page::{ADA, newest_token};
use crate::support::user_agents::SAFARI_ON_IPHONE;

const NEW_PASSWORD: &str = "a new and long enough password";

/// A server that sends mails, and the mails that arrived.
pub struct Notices {
    pub app: TestApp,
    pub server: MailServer,
    read: usize,
}

impl Notices {
    fn start() -> Self {
        let (app, server) = TestApp::start_with_mail_and(&[
            ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
            ("NARTHEX_SESSION_IDLE", "90d"),
            ("NARTHEX_SESSION_MAX", "90d"),
        ]);
        let read = 0;
        Self { app, server, read }
    }

    /// Starts with the account of Ada, who is signed in. The notice of the sign-in is read.
    pub async fn with_ada() -> (Self, Browser) {
        let mut notices = Self::start();
        notices.create(ADA).await;
        let ada = notices.app.sign_in(ADA).await;
        assert_eq!(
            notices.next().await.subject(),
            "Narthex: sign-in from a new browser"
        );
        (notices, ada)
    }

    /// Creates an account as an operator does. Its address counts as verified.
    pub async fn create(&self, email: &str) {
        let registration = Registration {
            name: Name::parse("Ada").unwrap(),
            email: Email::parse(email).unwrap(),
            password: NewPassword::parse(SecretString::new(PASSWORD.to_owned()), None, None)
                .unwrap(),
        };
        let created = accounts::create(&self.app.context, registration, Actor::operator());
        created.await.expect("an account");
    }

    /// Ends the minute in which notices are joined.
    pub fn end_minute(&self) {
        self.app.advance(Duration::from_secs(61));
        self.app.context.job_wakeup().notify_one();
    }

    /// Waits for the next mail.
    pub async fn next(&mut self) -> ReceivedMail {
        self.end_minute();
        self.read += 1;
        self.server.wait_for(self.read - 1)
    }

    /// Expects that nothing but a new token is reported. The notice about it is read.
    pub async fn expect_none(&mut self, ada: &Browser) {
        self.end_minute();
        self.app.token_of(ada, "marker", &[]).await;
        let next = self.next().await;
        assert!(next.text().contains("marker"), "{}", next.text());
    }

    async fn revoke(&self, filter: CredentialFilter, reason: RevocationReason) {
        let user = self.app.user_id(ADA).await;
        let request = RevocationRequest::of(filter, reason);
        let revoked = revoke::revoke(&self.app.context, user, request, Actor::operator());
        revoked.await.expect("a revocation");
    }

    /// Does what a row of the table names.
    async fn act(&self, act: &str, ada: &Browser) {
        let (app, context) = (&self.app, &self.app.context);
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
                let set = set_password_as_operator(context, user, new, false);
                set.await.expect("a new password");
            }
            "set a password with a link" => {
                app.token_of(ada, "CI", &[]).await;
                let user = app.user_id(ADA).await;
                let secret = reset::create_link(context, user).await.expect("a link");
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
                accounts::disable(context, user)
                    .await
                    .expect("a disabled account");
            }
            "delete" => {
                let form = [("password", PASSWORD)];
                let deleted = ada.post("/account/delete", &form).await;
                deleted.expect_redirect("/login");
            }
            other => panic!("{other}"),
        }
    }
}

/// What causes the notice, its subject, and what its text says and does not say.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const TABLE: &[Row] = &[
    (
        "change the password",
        "Narthex: your password was changed",
        &[
            "By: Firefox on Linux",
            "IP address: 127.0.0.1",
            "Ended: 1 phone",
        ],
        &["operator"],
    ),
    (
        "set the password",
        "Narthex: your password was changed",
        &["By: An operator", "Ended: 1 computer"],
        &["IP address"],
    ),
    (
        "set a password with a link",
        "Narthex: a new password was set",
        &[
            "By: An app or a browser that was not signed in",
            "IP address: 127.0.0.1",
            "Ended: 1 computer",
        ],
        &["operator:", "personal token"],
    ),
    (
        "create a token",
        "Narthex: new token",
        &[
            "The token “deploy” (…",
            "By: Firefox on Linux",
            "IP address: 127.0.0.1",
        ],
        &["Ended"],
    ),
    (
        "sign in an app",
        "Narthex: new token",
        &["The token “cli” (…", "By: An app", "IP address: 127.0.0.1"],
        &["Ended"],
    ),
    (
        "sign in elsewhere",
        "Narthex: sign-in from a new browser",
        &["By: Safari on iOS", "IP address: 127.0.0.1"],
        &["Ended", "Firefox"],
    ),
    (
        "sign out as an operator",
        "Narthex: you were signed out",
        &["By: An operator", "Ended: 1 computer"],
        &["IP address"],
    ),
    (
        "sign out as an app does",
        "Narthex: you were signed out",
        &["By: An operator", "Ended: 1 computer"],
        &["IP address"],
    ),
    (
        "report a leak",
        "Narthex: a leaked token was revoked",
        &[
            "The secret of the token “leaky” (…",
            "Ended: 1 personal token",
        ],
        &["computer"],
    ),
    (
        "disable",
        "Narthex: your account was disabled",
        &["By: An operator", "Ended: 1 computer"],
        &["http"],
    ),
    (
        "delete",
        "Narthex: your account was deleted",
        &[
            "By: Firefox on Linux",
            "IP address: 127.0.0.1",
            "Ended: 1 computer",
        ],
        &["http"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn notice_says_what_happened_and_what_to_do() {
    for (act, subject, says, does_not_say) in TABLE {
        let (mut notices, ada) = Notices::with_ada().await;
        notices.act(act, &ada).await;
        // The act can cause notices of other kinds as well.
        let mail = loop {
            let mail = notices.next().await;
            if mail.subject() == *subject {
                break mail;
            }
        };
        let text = mail.text();
        assert_eq!(mail.to, [ADA], "{act}");
        let always = [
            "Account: ada@example.com",
            "Time: 22 Nov 2026, 12:3",
            " UTC",
            CONTACT,
        ];
        for part in says.iter().chain(&always) {
            assert!(text.contains(part), "{act}: {part:?} is missing: {text}");
            assert!(
                mail.html().contains(part) || part.contains(": "),
                "{act}: {part:?}"
            );
        }
        let never = ["token=", "nrx_", PASSWORD, NEW_PASSWORD];
        for part in does_not_say.iter().chain(&never) {
            assert!(
                !mail.raw.contains(part) && !text.contains(part),
                "{act}: {part:?}: {text}"
            );
        }
        let links = text.matches("http").count();
        let expected = if does_not_say.contains(&"http") { 0 } else { 1 };
        assert_eq!(links, expected, "{act}: {text}");
        assert_eq!(
            text.matches("/account/secure").count(),
            expected,
            "{act}: {text}"
        );
        assert!(
            mail.raw.len() < 15 * 1024,
            "{act}: {} bytes",
            mail.raw.len()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_within_a_minute_are_one_mail() {
    let (mut notices, ada) = Notices::with_ada().await;
    for name in ["first", "second"] {
        notices.app.token_of(&ada, name, &[]).await;
    }
    let text = notices.next().await.text();
    assert!(
        text.contains("“first”") && text.contains("“second”"),
        "{text}"
    );
    notices.app.token_of(&ada, "third", &[]).await;
    let text = notices.next().await.text();
    assert!(
        text.contains("“third”") && !text.contains("“second”"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_notices_are_counted_and_the_mail_stays_small() {
    let (mut notices, ada) = Notices::with_ada().await;
    let name = "<&\">".repeat(60);
    for _ in 0..9 {
        notices.app.token_of(&ada, &name, &[]).await;
    }
    let mail = notices.next().await;
    let text = mail.text();
    assert_eq!(text.matches("was created").count(), 6, "{text}");
    assert!(text.contains("The same happened 3 more times"), "{text}");
    assert!(mail.raw.len() < 15 * 1024, "{} bytes", mail.raw.len());
}
