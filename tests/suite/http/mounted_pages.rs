//! Pages below a mount: every address on them has the mount and is answered.

use std::collections::BTreeSet;

use narthex::config::Mount;
use narthex::http::{response::error_response::ResponseFormat, routes};
use reqwest::Method;

use crate::support::answer::{Answer, attribute};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::page::ADA;

/// One more token than fits on a page, and one more event.
const TOKENS: usize = 51;

/// Visits each address that it finds.
struct Crawler {
    browser: Browser,
    waiting: BTreeSet<String>,
    visited: BTreeSet<String>,
    /// The addresses to which forms are sent.
    actions: BTreeSet<String>,
}

impl Crawler {
    /// Starts at these addresses.
    fn at(browser: Browser, addresses: &[&str]) -> Self {
        Self {
            browser,
            waiting: addresses.iter().map(|&address| address.into()).collect(),
            visited: BTreeSet::new(),
            actions: BTreeSet::new(),
        }
    }

    /// Visits all addresses. Each must be answered.
    async fn run(mut self) -> Self {
        while let Some(address) = self.waiting.pop_first() {
            let answer = self.browser.get(&address).await;
            assert!([200, 303].contains(&answer.status), "{answer}");
            self.visited.insert(address);
            self.read(&answer);
        }
        self
    }

    /// Notes the addresses of a page, or that of a redirect.
    fn read(&mut self, answer: &Answer) {
        if answer.status == 303 {
            self.note(answer.location().to_owned(), answer);
        }
        for tag in answer
            .text
            .split('<')
            .filter_map(|rest| rest.split('>').next())
        {
            for name in ["href", "src"] {
                if let Some(address) = attribute(tag, name) {
                    self.note(address, answer);
                }
            }
            let Some(action) = attribute(tag, "action") else {
                continue;
            };
            if attribute(tag, "method").as_deref() == Some("post") {
                expect_mount(&action, answer);
                self.actions.insert(action);
            } else {
                self.note(action, answer);
            }
        }
    }

    fn note(&mut self, address: String, answer: &Answer) {
        // The page itself, or another app on the device.
        if address.starts_with('#') || address.starts_with("otpauth://") {
            return;
        }
        expect_mount(&address, answer);
        if !self.visited.contains(&address) {
            self.waiting.insert(address);
        }
    }

    fn has_visited(&self, pattern: &str) -> bool {
        self.visited.iter().any(|address| {
            let path = address.strip_prefix("/auth").unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default();
            let (parts, pattern) = (path.split('/'), pattern.split('/'));
            parts.clone().count() == pattern.clone().count()
                && parts
                    .zip(pattern)
                    .all(|(part, name)| part == name || name.starts_with('{'))
        })
    }
}

#[track_caller]
fn expect_mount(address: &str, answer: &Answer) {
    assert!(address.starts_with("/auth/"), "{address}: {answer}");
}

/// A browser that is signed in below the mount `/auth`, and names whole paths. Its user has a page
/// of everything: more tokens and events than fit on a page, and ended tokens.
async fn signed_in(app: &TestApp) -> Browser {
    let browser = app.register(ADA).await;
    for number in 0..TOKENS {
        app.token(&browser, &format!("Token {number}"), &[]).await;
    }
    let ended = app.token(&browser, "Ended", &[]).await.id;
    let form = [("confirmed", "1")];
    let revoked = format!("/account/tokens/{ended}/revoke");
    browser.post(&revoked, &form).await.expect_status(303);
    browser.below(Mount::ROOT)
}

/// Addresses of forms, and pages of a user with an authenticator app or a passkey.
const AFTER_A_FORM: [&str; 11] = [
    "/login/verify",
    "/account/password/remove",
    "/account/security/totp/remove",
    "/account/security/passkeys/{id}",
    "/account/security/passkeys/{id}/remove",
    "/account/security/trusted-browsers/{id}/remove",
    "/account/security/removals/{id}/cancel",
    "/account/security/recovery-codes",
    "/account/sessions/{id}/revoke",
    "/account/tokens/{id}/rotate",
    "/account/tokens/{id}/revoke",
];

/// Pages that only the link of a mail opens.
const FROM_MAILS: [&str; 7] = [
    "/verify-email",
    "/password/reset",
    "/email/confirm",
    "/email/undo",
    "/email/notices",
    "/invitation",
    "/account/secure",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_address_of_a_page_has_the_mount_and_is_answered() {
    let app = TestApp::start_below("/auth", &[]);
    let signed_out = app.browser().below(Mount::ROOT);
    let addresses = [
        "/auth/",
        "/auth/login?next=%2Fauth%2Faccount",
        "/auth/problems/not-found",
        "/auth/components",
    ];
    let signed_out = Crawler::at(signed_out, &addresses).run().await;
    let addresses = [
        "/auth/account",
        "/auth/account/confirm",
        "/auth/account/password",
        "/auth/account/delete",
        "/auth/logout",
    ];
    let signed_in = Crawler::at(signed_in(&app).await, &addresses).run().await;
    let folder = tempfile::tempdir().unwrap();
    let outbox = format!("file:{}", folder.path().display());
    let settings = [
        ("NARTHEX_SMTP_URL", &*outbox),
        ("NARTHEX_CONTACT", "help@example.com"),
    ];
    let with_mail = TestApp::start_below("/auth", &settings);
    let with_mail = with_mail.browser().below(Mount::ROOT);
    let with_mail = Crawler::at(with_mail, &["/auth/login"]).run().await;
    let pages = routes::table().into_iter().filter(|route| {
        route.method == "GET" && ResponseFormat::of(route.path) == ResponseFormat::Html
    });
    for page in pages {
        if FROM_MAILS.contains(&page.path) || AFTER_A_FORM.contains(&page.path) {
            continue;
        }
        let visited = [&signed_out, &signed_in, &with_mail]
            .iter()
            .any(|crawler| crawler.has_visited(page.path));
        assert!(visited, "{}", page.path);
    }
    let pages = signed_in
        .visited
        .iter()
        .filter(|address| address.contains("?cursor="));
    assert_eq!(pages.count(), 3, "two of tokens and one of events");
    let anonymous = app.anonymous().below(Mount::ROOT);
    // Each token can be changed, rotated, paused and revoked.
    assert_eq!(signed_in.actions.len(), 4 * TOKENS + 9);
    for action in signed_out.actions.iter().chain(&signed_in.actions) {
        let answer = anonymous.post(action, &[]).await;
        assert!([303, 422].contains(&answer.status), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_that_answers_a_form_has_the_mount_in_its_addresses() {
    let app = TestApp::start_below("/auth", &[]);
    let browser = app.register(ADA).await;
    let token = app.token(&browser, "CI", &[]).await.id;
    let browser = browser.below(Mount::ROOT);
    let token = format!("/auth/account/tokens/{token}");
    let mut found = Crawler::at(app.browser(), &[]);
    for (action, form, status) in [
        ("/auth/login", vec![], 422),
        ("/auth/register", vec![], 422),
        ("/auth/account/confirm", vec![("password", "wrong")], 422),
        ("/auth/account/profile", vec![], 422),
        ("/auth/account/tokens", vec![("name", "")], 422),
        ("/auth/account/tokens", vec![("name", "New")], 200),
        (&format!("{token}/rotate"), vec![], 200),
        (&format!("{token}/revoke"), vec![], 200),
        ("/auth/account/sign-out", vec![], 422),
    ] {
        let page = browser.post(action, &form).await.expect_status(status);
        found.read(&page);
    }
    for (method, path, status) in [
        (Method::GET, "/auth/nothing", 404),
        (Method::PUT, "/auth/login", 405),
        (Method::GET, "/nothing", 404),
    ] {
        let refused = browser.send(browser.request(method, path)).await;
        found.read(&refused.expect_status(status));
    }
    let found = Crawler { browser, ..found }.run().await;
    assert!(found.actions.contains(&format!("{token}/revoke")));
}

#[tokio::test(flavor = "multi_thread")]
async fn created_token_page_shows_a_command_with_the_mount() {
    let settings = [("NARTHEX_PUBLIC_URL", "http://localhost:3000")];
    let app = TestApp::start_below("/auth", &settings);
    let browser = app.browser().below(Mount::ROOT);
    let post = |path: &str, form: &[(&str, &str)]| {
        let request = browser.request(Method::POST, path).form(form);
        browser.send(request.header("host", "localhost:3000"))
    };
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let registered = post("/auth/register", &form).await;
    registered.expect_redirect("/auth/account");
    let created = post("/auth/account/tokens", &[("name", "CI")]).await;
    let created = created.expect_status(200);
    created.expect_text(" http://localhost:3000/auth/api/v1/user\" readonly");
}
