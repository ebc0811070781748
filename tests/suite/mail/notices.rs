//! Notices: mails about events of an account.

use std::time::Duration;

use narthex::accounts::{self, Registration};
use narthex::audit::Actor;
use narthex::crypto::secret::SecretString;
use narthex::passwords::policy::NewPassword;
use narthex::types::{email::Email, name::Name};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::turn_on;
use crate::support::client::Browser;
use crate::support::mail_server::CONTACT;
use crate::support::mail_server::{MailServer, ReceivedMail};
use crate::support::page::ADA;

pub const NEW_PASSWORD: &str = "a new and long enough password";

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
        let created = accounts::create(&self.app.state, registration, Actor::operator());
        created.await.expect("an account");
    }

    /// Ends the minute in which notices are joined.
    pub fn end_minute(&self) {
        self.app.advance(Duration::from_secs(61));
        self.app.state.job_wakeup().notify_one();
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
}

/// The cause of the notice, its subject, and the parts that its text has and does not have.
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
        "add the app and sign out the others",
        "Narthex: authenticator app added",
        &[
            "An authenticator app was added to your account.",
            "By: Firefox on Linux",
            "IP address: 127.0.0.1",
            "Ended: 1 computer",
        ],
        &["operator", "recovery", "secret=", "otpauth"],
    ),
    (
        "remove the app",
        "Narthex: authenticator app removed",
        &[
            "The authenticator app of your account was removed.",
            "By: Firefox on Linux",
            "IP address: 127.0.0.1",
            "Ended: 1 computer",
        ],
        &["operator", "Reason"],
    ),
    (
        "remove the app as an operator",
        "Narthex: authenticator app removed",
        &["By: An operator", "Reason: Lost phone, called back"],
        &["IP address", "Ended"],
    ),
    (
        "make recovery codes anew",
        "Narthex: new recovery codes",
        &[
            "New recovery codes were made for your account. The earlier ones no longer work.",
            "By: Firefox on Linux",
            "IP address: 127.0.0.1",
            "Ended: 1 computer",
        ],
        &["operator"],
    ),
    (
        "sign in with a recovery code",
        "Narthex: recovery code used",
        // The page shows another code, so ten are left.
        &[
            "A recovery code of your account was used. 10 codes are left.",
            "By: Safari on iOS",
            "IP address: 127.0.0.1",
        ],
        &["Ended", "not signed in"],
    ),
    (
        "sign in an app with a recovery code",
        "Narthex: recovery code used",
        &[
            "A recovery code of your account was used. 10 codes are left.",
            "By: An app",
            "IP address: 127.0.0.1",
        ],
        &["Ended", "Firefox"],
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
        let secrets = notices.act(act, &ada).await;
        // The change can cause notices of other kinds as well.
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
        let secrets = secrets.iter().map(String::as_str);
        for part in does_not_say.iter().copied().chain(never).chain(secrets) {
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
async fn recovery_codes_of_a_new_app_are_no_second_notice() {
    let (mut notices, ada) = Notices::with_ada().await;
    let enrolled = turn_on(&notices.app, ada).await;
    let mail = notices.next().await;
    assert_eq!(mail.subject(), "Narthex: authenticator app added");
    notices.expect_none(&enrolled.browser).await;
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
