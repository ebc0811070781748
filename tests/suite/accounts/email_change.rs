//! A change of the e-mail address with mail: the new address confirms it.

use std::time::Duration;

use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{enter_code, enter_password, turn_on};
use crate::support::client::Browser;
use crate::support::mail_server::{MailServer, ReceivedMail};
use crate::support::page::{ADA, GRACE, event_types};
use crate::support::sql;

pub const NEW: &str = "countess@example.com";
const THIRD: &str = "third@example.com";
pub const MINUTE: Duration = Duration::from_secs(60);

/// Ada, who has an account and is signed in.
pub struct Scene {
    pub app: TestApp,
    pub server: MailServer,
    pub ada: Browser,
}

impl Scene {
    pub async fn new() -> Self {
        let (app, server) = TestApp::start_with_mail();
        app.add_user(ADA).await;
        let ada = app.sign_in(ADA).await;
        Self { app, server, ada }
    }

    /// Enters a new address in the settings, with these choices.
    pub async fn enter(&self, email: &str, also: &[&str]) {
        let mut form = vec![("name", "Ada"), ("email", email), ("also", "")];
        form.extend(also.iter().map(|choice| ("also", *choice)));
        let saved = self.ada.post("/account/profile", &form).await;
        saved.expect_redirect("/account/profile");
    }

    /// Advances the clock, and sends the mails that are due.
    pub fn pass(&self, time: Duration) {
        self.app.advance(time);
        self.app.state.job_wakeup().notify_one();
    }

    pub fn mail(&self, to: &str, path: &str) -> ReceivedMail {
        self.server
            .wait_for_mail(|mail| mail.to == [to] && mail.text().contains(path))
    }

    /// The link that confirms the new address.
    pub fn confirmation(&self) -> String {
        self.mail(NEW, "/email/confirm").link()
    }

    /// The link that undoes the change.
    pub fn undo(&self) -> String {
        self.mail(ADA, "/email/undo").link()
    }

    /// Changes the address, in the browser of Ada.
    pub async fn change(&self, also: &[&str]) {
        self.enter(NEW, also).await;
        let confirmed = follow(&self.ada, &self.confirmation()).await;
        confirmed.expect_redirect("/account/profile");
    }

    pub async fn email(&self) -> String {
        let user = self.ada.get("/api/v1/user").await.json();
        user["email"].as_str().expect("an address").to_owned()
    }

    pub async fn can_sign_in(&self, email: &str) -> bool {
        let form = [("email", email), ("password", PASSWORD)];
        let answer = self.app.browser().post("/login", &form).await;
        answer.status == 303
    }
}

/// Opens a link and presses the button of its page.
pub async fn follow(browser: &Browser, link: &str) -> crate::support::answer::Answer {
    let (path, _) = link.split_once('?').expect("a secret");
    browser.get(link).await.expect_redirect(path);
    browser.get(path).await.expect_status(200);
    browser.post(path, &[]).await
}

pub async fn expect_void(app: &TestApp, link: &str) {
    let (path, _) = link.split_once('?').expect("a secret");
    let browser = app.browser();
    browser.get(link).await.expect_redirect(path);
    browser.get(path).await.expect_status(410);
    browser.post(path, &[]).await.expect_status(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_address_counts_after_its_confirmation_only() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let page = scene.ada.get("/account/profile").await;
    page.expect_text("The new address countess@example.com waits for its confirmation");
    assert_eq!(scene.email().await, ADA);
    assert!(!scene.can_sign_in(NEW).await);
    let confirmed = follow(&scene.ada, &scene.confirmation()).await;
    confirmed.expect_redirect("/account/profile");
    assert_eq!(scene.email().await, NEW);
    assert!(scene.can_sign_in(NEW).await);
    assert!(!scene.can_sign_in(ADA).await);
    let page = scene.ada.get("/account/profile").await;
    page.expect_no_text("waits for its confirmation");
    let events = event_types(&scene.ada).await;
    for kind in ["account.email_change_requested", "account.email_changed"] {
        assert!(events.contains(&kind.to_owned()), "{events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_address_is_confirmed_in_any_browser() {
    let scene = Scene::new().await;
    scene.enter(NEW, &["sessions"]).await;
    let browser = scene.app.browser();
    let confirmed = follow(&browser, &scene.confirmation()).await;
    let page = browser.follow(&confirmed.expect_redirect("/login")).await;
    page.expect_text("Email address changed.");
    // The session that asked for the change stays.
    assert_eq!(scene.email().await, NEW);
}

#[tokio::test(flavor = "multi_thread")]
async fn scanner_that_follows_a_link_changes_no_address() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let link = scene.confirmation();
    for method in [Method::HEAD, Method::GET] {
        let scanner = scene.app.browser();
        let request = scanner.request(method, &link);
        scanner.send(request).await.expect_status(303);
        let page = scanner.get("/email/confirm").await.expect_status(200);
        page.expect_no_text("token=");
    }
    assert_eq!(scene.email().await, ADA);
    follow(&scene.ada, &link).await.expect_status(303);
    assert_eq!(scene.email().await, NEW);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_ends_what_the_request_chose() {
    for (also, session, device, personal) in [
        (&["sessions"][..], 401, 200, 200),
        (&["device_tokens", "personal_tokens"], 200, 401, 401),
        (&[], 200, 200, 200),
    ] {
        let scene = Scene::new().await;
        let app = &scene.app;
        let other = app.sign_in(ADA).await;
        let token = app.token_of(&scene.ada, "CI", &["*"]).await;
        let body = serde_json::json!({"email": ADA, "password": PASSWORD, "device_name": "Phone"});
        let made = app.anonymous().post_json("/api/v1/sign-in", &body).await;
        let made = made.expect_status(201).json();
        let phone = made["secret"].as_str().unwrap();
        scene.change(also).await;
        let status = async |secret: &str| app.api_client(secret).get("/api/v1/user").await.status;
        let statuses = (
            other.get("/api/v1/user").await.status,
            status(phone).await,
            status(&token).await,
        );
        assert_eq!(statuses, (session, device, personal), "{also:?}");
        assert_eq!(scene.email().await, NEW);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirming_session_gets_a_new_secret() {
    let scene = Scene::new().await;
    let cookie = scene.ada.cookie("narthex").expect("a session");
    let copy = scene.app.browser();
    copy.put_cookie("narthex", &cookie.value);
    assert_eq!(copy.get("/api/v1/user").await.status, 200);
    scene.change(&[]).await;
    assert_eq!(copy.get("/api/v1/user").await.status, 401);
    assert_eq!(scene.email().await, NEW);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_address_ends_pending_sign_ins() {
    let mut scene = Scene::new().await;
    let enrolled = turn_on(&scene.app, scene.ada).await;
    scene.ada = enrolled.browser;
    let pending = enter_password(&scene.app, ADA).await;
    scene.change(&[]).await;
    let code = enrolled.authenticator.code(&scene.app);
    enter_code(&pending, &code).await.expect_redirect("/login");
    assert!(!pending.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_change_makes_the_link_void() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let link = scene.confirmation();
    let cancelled = scene.ada.post("/email/cancel", &[]).await;
    let page = scene
        .ada
        .follow(&cancelled.expect_redirect("/account/profile"))
        .await;
    page.expect_no_text("waits for its confirmation");
    expect_void(&scene.app, &link).await;
    assert_eq!(scene.email().await, ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_works_once_and_for_an_hour() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let link = scene.confirmation();
    scene.app.advance(60 * MINUTE);
    expect_void(&scene.app, &link).await;
    let scene = Scene::new().await;
    scene.change(&[]).await;
    expect_void(&scene.app, &scene.confirmation()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_address_has_the_same_answer_and_another_mail() {
    let scene = Scene::new().await;
    scene.app.add_user(GRACE).await;
    let answer = async |email: &str| {
        let form = [("name", "Ada"), ("email", email), ("also", "")];
        let saved = scene.ada.post("/account/profile", &form).await;
        let page = scene.ada.follow(&saved).await;
        let key = page.field("form_key");
        let text = page.text.replace(email, "ADDRESS").replace(&key, "KEY");
        // A minute passes between the two requests, and the page says what time it is.
        let lines = text.lines().filter(|line| !line.contains("data-now="));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        (saved.status, saved.text, page.status, lines)
    };
    let of_taken = answer(GRACE).await;
    let told = scene.server.wait_for_mail_to(GRACE);
    scene.app.advance(MINUTE);
    assert_eq!(of_taken, answer(NEW).await);
    assert_eq!(told.subject(), "Narthex: you already have an account");
    assert!(!told.text().contains("http"), "{}", told.text());
    assert!(scene.confirmation().contains("token="));
}

#[tokio::test(flavor = "multi_thread")]
async fn address_taken_meanwhile_is_not_given_away() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let link = scene.confirmation();
    scene.app.add_user(NEW).await;
    let refused = follow(&scene.app.browser(), &link).await;
    refused.expect_status(410);
    assert_eq!(scene.email().await, ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn correction_within_a_minute_replaces_the_change() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let link = scene.confirmation();
    let form = [("name", "Countess"), ("email", THIRD), ("also", "")];
    let saved = scene.ada.post("/account/profile", &form).await;
    let saved = saved.expect_redirect("/account/profile");
    let page = scene.ada.follow(&saved).await;
    let page = page
        .expect_text("We will send an email to third@example.com at ")
        .expect_text("The new address third@example.com waits for its confirmation")
        .expect_text("We will send this email at:");
    assert_eq!(page.field("name"), "Countess");
    expect_void(&scene.app, &link).await;
    scene.pass(MINUTE);
    let mail = scene.mail(THIRD, "/email/confirm");
    let page = scene.ada.get("/account/profile").await;
    assert!(!page.text.contains("We will send this email"), "{page}");
    let confirmed = follow(&scene.ada, &mail.link()).await;
    confirmed.expect_redirect("/account/profile");
    assert_eq!(scene.email().await, THIRD);
}

#[tokio::test(flavor = "multi_thread")]
async fn correction_takes_the_place_of_a_mail_that_waits() {
    let scene = Scene::new().await;
    scene.enter("first@example.com", &[]).await;
    for email in ["second@example.com", NEW, THIRD] {
        scene.enter(email, &[]).await;
    }
    // One minute is enough, because the mails in between are not sent and count no more.
    let waiting = "SELECT payload AS line FROM jobs WHERE payload LIKE '%confirm-email%'";
    let waiting = sql::query_lines(&scene.app, waiting, waiting);
    let of = |email: &str| waiting.iter().filter(|job| job.contains(email)).count();
    let counts = [of("second@example.com"), of(NEW), of(THIRD)];
    assert_eq!(counts, [0, 0, 1], "{waiting:?}");
    scene.pass(MINUTE);
    scene.mail(THIRD, "/email/confirm");
    for email in ["second@example.com", NEW] {
        let mails = scene.server.mails();
        assert!(mails.iter().all(|mail| mail.to != [email]), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn link_that_waited_works_for_an_hour_after_its_mail() {
    let scene = Scene::new().await;
    scene.enter(THIRD, &[]).await;
    scene.enter(NEW, &[]).await;
    let mails = scene.server.mails();
    assert!(mails.iter().all(|mail| mail.to != [NEW]));
    scene.pass(MINUTE);
    let link = scene.confirmation();
    scene.app.advance(59 * MINUTE);
    let confirmed = follow(&scene.app.browser(), &link).await;
    confirmed.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn same_address_again_keeps_the_mailed_link() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    let link = scene.confirmation();
    scene.enter(NEW, &[]).await;
    let confirmed = follow(&scene.ada, &link).await;
    confirmed.expect_redirect("/account/profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixth_change_in_an_hour_is_refused_and_changes_nothing() {
    let scene = Scene::new().await;
    for number in 0..5 {
        scene.enter(&format!("{number}@example.com"), &[]).await;
        scene.app.advance(MINUTE);
    }
    let form = [("name", "Countess"), ("email", NEW), ("also", "")];
    let refused = scene.ada.post("/account/profile", &form).await;
    refused.expect_status(429);
    let page = scene.ada.get("/account/profile").await;
    page.expect_text("The new address 4@example.com waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_address_hears_of_the_request_without_a_link_that_acts() {
    let scene = Scene::new().await;
    scene.enter(NEW, &[]).await;
    scene.app.advance(MINUTE);
    scene.app.state.job_wakeup().notify_one();
    let asked = scene.mail(ADA, NEW);
    assert_eq!(
        asked.subject(),
        "Narthex: change of your email address requested"
    );
    assert_eq!(asked.link(), "/account/secure");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_an_address_change_are_not_in_the_database() {
    let scene = Scene::new().await;
    scene.change(&[]).await;
    let rows = "SELECT payload AS line FROM jobs UNION ALL \
                SELECT email || detail AS line FROM one_time_links";
    let rows = sql::query_lines(&scene.app, rows, rows);
    assert!(!rows.is_empty());
    for link in [scene.confirmation(), scene.undo()] {
        let (_, secret) = link.split_once("token=").expect("a secret");
        assert!(rows.iter().all(|row| !row.contains(secret)), "{rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_an_address_change_are_absent_without_mail() {
    let app = TestApp::start();
    for path in ["/email/confirm", "/email/undo"] {
        app.browser().get(path).await.expect_status(404);
        app.browser().post(path, &[]).await.expect_status(404);
    }
    let ada = app.register(ADA).await;
    ada.post("/email/cancel", &[]).await.expect_status(404);
    let page = ada.get("/account/profile").await;
    page.expect_no_text("notice_email");
}
