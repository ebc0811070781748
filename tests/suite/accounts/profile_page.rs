//! The profile page: name, e-mail address, password, and deletion of the account.

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{ApiClient, Browser};
use crate::support::form::form_in;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors, fetch_list, field_error};

const NEW: &str = "another long password";

async fn can_sign_in(app: &TestApp, email: &str, password: &str) -> bool {
    let form = [("email", email), ("password", password)];
    app.browser().post("/login", &form).await.status == 303
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_email_replaces_the_old_one_for_signing_in() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", " Countess "), ("email", "Countess@example.com")];
    let saved = browser.post("/account/profile", &form).await;
    let page = browser
        .follow(&saved.expect_redirect("/account/profile"))
        .await;
    assert_eq!(page.field("name"), "Countess");
    assert_eq!(page.field("email"), "Countess@example.com");
    assert!(can_sign_in(&app, "countess@example.com", PASSWORD).await);
    assert!(!can_sign_in(&app, ADA, PASSWORD).await);
    let happened = event_types(&browser).await;
    assert!(
        happened.contains(&"account.email_changed".to_owned()),
        "{happened:?}"
    );
    assert!(
        happened.contains(&"account.name_changed".to_owned()),
        "{happened:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn email_of_another_user_is_rejected_and_nothing_is_saved() {
    let app = TestApp::start();
    app.register(GRACE).await;
    let browser = app.register(ADA).await;
    let form = [("name", "Countess"), ("email", "GRACE@example.com")];
    let page = expect_field_errors(browser.post("/account/profile", &form).await, &["email"]);
    assert_eq!(
        page.field("name"),
        "Countess",
        "the form must keep its input"
    );
    assert_eq!(browser.get("/api/v1/user").await.json()["name"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_name_or_email_is_rejected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("name", "a\u{202E}b"), ("email", "x")];
    expect_field_errors(
        browser.post("/account/profile", &form).await,
        &["name", "email"],
    );
    expect_field_errors(
        browser.post("/account/profile", &[]).await,
        &["name", "email"],
    );
}

/// A user with two sessions and a token.
struct Fixture {
    app: TestApp,
    current: Browser,
    other: Browser,
    client: ApiClient,
}

impl Fixture {
    async fn new() -> Self {
        let app = TestApp::start();
        let (current, other) = (app.register(ADA).await, app.sign_in(ADA).await);
        let client = app.api_client(&app.token_of(&current, "CI", &[]).await);
        Self {
            app,
            current,
            other,
            client,
        }
    }

    async fn change(&self, also: &[&str]) -> Answer {
        let mut form = vec![("current_password", PASSWORD), ("password", NEW)];
        form.extend(also.iter().map(|class| ("also", *class)));
        let changed = self.current.post("/account/password", &form).await;
        self.current
            .follow(&changed.expect_redirect("/account/profile"))
            .await
    }

    /// Returns whether the current session, the other session and the token are active.
    async fn active(&self) -> [bool; 3] {
        [
            self.current.get("/account").await.status == 200,
            self.other.get("/account").await.status == 200,
            self.client.get("/api/v1/user").await.status == 200,
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_password_replaces_the_old_one() {
    let fixture = Fixture::new().await;
    fixture.change(&[]).await.expect_text("Password changed");
    assert!(can_sign_in(&fixture.app, ADA, NEW).await);
    assert!(!can_sign_in(&fixture.app, ADA, PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_change_revokes_other_sessions_by_default() {
    let fixture = Fixture::new().await;
    fixture
        .change(&[])
        .await
        .expect_text("1 session signed out.");
    assert_eq!(fixture.active().await, [true, false, true]);
    let fixture = Fixture::new().await;
    fixture
        .change(&["", "sessions"])
        .await
        .expect_text("1 session signed out.");
    assert_eq!(fixture.active().await, [true, false, true]);
    let fixture = Fixture::new().await;
    let page = fixture.change(&[""]).await;
    page.expect_text("Password changed.")
        .expect_no_text("session signed out");
    assert_eq!(fixture.active().await, [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_change_revokes_tokens_if_selected() {
    let fixture = Fixture::new().await;
    let page = fixture.change(&["sessions", "tokens"]).await;
    page.expect_text("1 session signed out, 1 token revoked.");
    assert_eq!(fixture.active().await, [true, false, false]);
    let fixture = Fixture::new().await;
    fixture
        .change(&["", "tokens"])
        .await
        .expect_text("1 token revoked.");
    assert_eq!(fixture.active().await, [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_change_distinguishes_the_kinds_of_tokens() {
    for (also, active) in [
        ("device_tokens", [true, false]),
        ("personal_tokens", [false, true]),
        ("trusted_browsers", [true, true]),
    ] {
        let fixture = Fixture::new().await;
        let device = fixture.app.device(ADA, "Phone").await.client;
        fixture.change(&["", also]).await;
        let personal = fixture.client.get("/api/v1/user").await.status == 200;
        let device = device.get("/api/v1/user").await.status == 200;
        assert_eq!([personal, device], active, "{also}");
        assert_eq!(fixture.other.get("/account").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn email_change_without_mail_ends_what_was_chosen() {
    for (also, active, told) in [
        (None, [false, true], "1 session signed out."),
        (Some(vec![""]), [true, true], "Email address changed."),
        (
            Some(vec!["", "sessions", "personal_tokens"]),
            [false, false],
            "1 session signed out, 1 token revoked.",
        ),
    ] {
        let fixture = Fixture::new().await;
        let copy = fixture.app.browser();
        let cookie = fixture.current.cookie("narthex").expect("a cookie").value;
        copy.put_cookie("narthex", &cookie);
        let mut form = vec![("name", "Ada"), ("email", "countess@example.com")];
        form.extend(also.iter().flatten().map(|choice| ("also", *choice)));
        let saved = fixture.current.post("/account/profile", &form).await;
        let saved = saved.expect_redirect("/account/profile");
        fixture.current.follow(&saved).await.expect_text(told);
        let [current, other, token] = fixture.active().await;
        assert_eq!((current, [other, token]), (true, active), "{also:?}");
        // The session has a new secret.
        copy.get("/account").await.expect_status(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_current_password_changes_and_revokes_nothing() {
    let fixture = Fixture::new().await;
    for wrong in ["", "not my password", &PASSWORD.to_uppercase()] {
        let form = [
            ("current_password", wrong),
            ("password", NEW),
            ("also", "tokens"),
        ];
        let page = fixture.current.post("/account/password", &form).await;
        let page = expect_field_errors(page, &["current_password"]);
        page.expect_no_text(NEW);
    }
    assert_eq!(fixture.active().await, [true, true, true]);
    assert!(can_sign_in(&fixture.app, ADA, PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_new_password_is_rejected_and_checkboxes_are_kept() {
    let fixture = Fixture::new().await;
    for password in ["", "too short", &"x".repeat(129), ADA] {
        let form = [
            ("current_password", PASSWORD),
            ("password", password),
            ("also", ""),
            ("also", "tokens"),
        ];
        let page = expect_field_errors(
            fixture.current.post("/account/password", &form).await,
            &["password"],
        );
        let form = form_in(&page, "/account/password");
        let kept = form.controls.iter().filter(|control| control.checked);
        let kept: Vec<_> = kept.map(|control| &*control.value).collect();
        assert_eq!(kept, ["device_tokens", "personal_tokens"], "{page}");
    }
    let form = [
        ("current_password", PASSWORD),
        ("password", NEW),
        ("also", "everything"),
    ];
    fixture
        .current
        .post("/account/password", &form)
        .await
        .expect_status(422);
    assert_eq!(fixture.active().await, [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn get_of_a_form_action_redirects_to_the_form() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for path in ["/account/password", "/account/delete"] {
        browser.get(path).await.expect_redirect("/account/profile");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_account_revokes_everything_and_frees_the_email() {
    let fixture = Fixture::new().await;
    let grace = fixture.app.register(GRACE).await;
    let deleted = fixture
        .current
        .post("/account/delete", &[("password", PASSWORD)])
        .await;
    let page = fixture
        .current
        .follow(&deleted.expect_redirect("/login"))
        .await;
    page.expect_text("2 sessions signed out, 1 token revoked.")
        .expect_no_text(ADA);
    assert_eq!(fixture.active().await, [false, false, false]);
    assert!(!can_sign_in(&fixture.app, ADA, PASSWORD).await);
    grace.get("/account").await.expect_status(200);
    let again = fixture.app.register(ADA).await;
    assert_eq!(
        fetch_list(&again, "/api/v1/credentials?ended=true")
            .await
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_does_not_delete_the_account() {
    let fixture = Fixture::new().await;
    for wrong in ["", "not my password"] {
        let page = fixture
            .current
            .post("/account/delete", &[("password", wrong)])
            .await;
        let page = page.expect_status(422);
        assert!(!field_error(&page, "delete_password").is_empty());
    }
    assert_eq!(fixture.active().await, [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_shows_the_user_the_credentials_and_the_audit_log() {
    let fixture = Fixture::new().await;
    let page = fixture.current.get("/account").await.expect_status(200);
    let page = page
        .expect_text(ADA)
        .expect_text("This browser")
        .expect_text("CI");
    page.expect_text("Recent activity")
        .expect_text("/account/sign-out?class=session&#38;except=current");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_current_and_bad_new_password_are_refused_at_once() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("current_password", "not hers"), ("password", "short")];
    let page = browser.post("/account/password", &form).await;
    expect_field_errors(page, &["current_password", "password"]);
    // A right current password counts towards no rate limit, however often the new one is refused.
    for _ in 0..12 {
        let form = [("current_password", PASSWORD), ("password", "short")];
        let page = browser.post("/account/password", &form).await;
        expect_field_errors(page, &["password"]);
    }
    assert!(can_sign_in(&app, ADA, PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_count_what_a_new_password_and_deletion_end() {
    let fixture = Fixture::new().await;
    let page = fixture.current.get("/account/profile").await;
    page.expect_text("sign out 1 other session")
        .expect_text("revoke 1 personal token")
        .expect_text("your access: 2 sessions and 1 token");
}
