//! Name, address, password, and deleting the account.

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{ApiClient, Browser};
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors, fetch_list, field_error};

const NEW: &str = "another long password";

async fn can_sign_in(app: &TestApp, email: &str, password: &str) -> bool {
    let form = [("email", email), ("password", password)];
    app.browser().post("/login", &form).await.status == 303
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_address_are_changed_and_the_new_address_signs_in() {
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
async fn an_address_that_is_somebody_else_s_is_refused_and_nothing_is_saved() {
    let app = TestApp::start();
    app.register(GRACE).await;
    let browser = app.register(ADA).await;
    let form = [("name", "Countess"), ("email", "GRACE@example.com")];
    let page = expect_field_errors(browser.post("/account/profile", &form).await, &["email"]);
    assert_eq!(
        page.field("name"),
        "Countess",
        "what was typed is still there"
    );
    assert_eq!(browser.get("/api/v1/user").await.json()["name"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_address_that_cannot_be_is_refused() {
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

/// A user with this session, another one and a token.
struct Three {
    app: TestApp,
    here: Browser,
    there: Browser,
    client: ApiClient,
}

impl Three {
    async fn set() -> Self {
        let app = TestApp::start();
        let (here, there) = (app.register(ADA).await, app.sign_in(ADA).await);
        let client = app.api_client(&app.token_of(&here, "CI", &[]).await);
        Self {
            app,
            here,
            there,
            client,
        }
    }

    async fn change(&self, also: &[&str]) -> Answer {
        let mut form = vec![("current_password", PASSWORD), ("password", NEW)];
        form.extend(also.iter().map(|class| ("also", *class)));
        let changed = self.here.post("/account/password", &form).await;
        self.here
            .follow(&changed.expect_redirect("/account/profile"))
            .await
    }

    /// Whether this session, the other and the token are alive.
    async fn alive(&self) -> [bool; 3] {
        [
            self.here.get("/account").await.status == 200,
            self.there.get("/account").await.status == 200,
            self.client.get("/api/v1/user").await.status == 200,
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_takes_the_old_one_s_place() {
    let three = Three::set().await;
    three
        .change(&[])
        .await
        .expect_text("Your password is changed");
    assert!(can_sign_in(&three.app, ADA, NEW).await);
    assert!(!can_sign_in(&three.app, ADA, PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_other_sessions_unless_told_not_to() {
    let three = Three::set().await;
    three.change(&[]).await.expect_text("Ended: 1 session.");
    assert_eq!(three.alive().await, [true, false, true]);
    let three = Three::set().await;
    three
        .change(&["", "sessions"])
        .await
        .expect_text("Ended: 1 session.");
    assert_eq!(three.alive().await, [true, false, true]);
    let three = Three::set().await;
    three.change(&[""]).await.expect_text("Ended: nothing.");
    assert_eq!(three.alive().await, [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_tokens_where_that_is_ticked() {
    let three = Three::set().await;
    let page = three.change(&["sessions", "tokens"]).await;
    page.expect_text("Ended: 1 session and 1 token.");
    assert_eq!(three.alive().await, [true, false, false]);
    let three = Three::set().await;
    three
        .change(&["", "tokens"])
        .await
        .expect_text("Ended: 1 token.");
    assert_eq!(three.alive().await, [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_wrong_current_password_nothing_changes_and_nothing_ends() {
    let three = Three::set().await;
    for wrong in ["", "not my password", &PASSWORD.to_uppercase()] {
        let form = [
            ("current_password", wrong),
            ("password", NEW),
            ("also", "tokens"),
        ];
        let page = three.here.post("/account/password", &form).await;
        let page = expect_field_errors(page, &["current_password"]);
        page.expect_no_text(NEW);
    }
    assert_eq!(three.alive().await, [true, true, true]);
    assert!(can_sign_in(&three.app, ADA, PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_that_cannot_be_is_refused_and_the_ticks_stay() {
    let three = Three::set().await;
    for password in ["", "too short", &"x".repeat(129), ADA] {
        let form = [
            ("current_password", PASSWORD),
            ("password", password),
            ("also", ""),
            ("also", "tokens"),
        ];
        let page = expect_field_errors(
            three.here.post("/account/password", &form).await,
            &["password"],
        );
        assert!(page.text.contains("value=\"tokens\" checked"), "{page}");
        assert!(!page.text.contains("value=\"sessions\" checked"), "{page}");
    }
    let form = [
        ("current_password", PASSWORD),
        ("password", NEW),
        ("also", "everything"),
    ];
    three
        .here
        .post("/account/password", &form)
        .await
        .expect_status(422);
    assert_eq!(three.alive().await, [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_a_form_s_address_leads_to_the_form() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for path in ["/account/password", "/account/delete"] {
        browser.get(path).await.expect_redirect("/account/profile");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_account_ends_everything_and_forgets_its_owner() {
    let three = Three::set().await;
    let grace = three.app.register(GRACE).await;
    let gone = three
        .here
        .post("/account/delete", &[("password", PASSWORD)])
        .await;
    let page = three.here.follow(&gone.expect_redirect("/login")).await;
    page.expect_text("Ended: 2 sessions and 1 token.")
        .expect_no_text(ADA);
    assert_eq!(three.alive().await, [false, false, false]);
    assert!(!can_sign_in(&three.app, ADA, PASSWORD).await);
    grace.get("/account").await.expect_status(200);
    let again = three.app.register(ADA).await;
    assert_eq!(
        fetch_list(&again, "/api/v1/credentials?ended=true")
            .await
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_deletes_nothing() {
    let three = Three::set().await;
    for wrong in ["", "not my password"] {
        let page = three
            .here
            .post("/account/delete", &[("password", wrong)])
            .await;
        let page = page.expect_status(422);
        assert!(!field_error(&page, "delete_password").is_empty());
    }
    assert_eq!(three.alive().await, [true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_shows_who_one_is_what_can_get_in_and_what_happened() {
    let three = Three::set().await;
    let page = three.here.get("/account").await.expect_status(200);
    let page = page
        .expect_text(ADA)
        .expect_text("this browser")
        .expect_text("CI");
    page.expect_text("Token made")
        .expect_text("/account/sign-out?except=current");
}
