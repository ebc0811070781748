//! A passkey signs in without a name and a password.

use std::time::Duration;

use narthex::{
    accounts,
    rate_limit::{self, Attempt},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::second_step::with_passkey;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::enter_password;
use crate::support::client::Browser;
use crate::support::mount;
use crate::support::page::{ADA, GRACE, event_types, expect_field_errors};
use crate::support::passkey::{
    LOGIN, LOGIN_OPTIONS, Passkey, answer, begin, options, second_step, sign_in, try_to_register,
};

/// A passkey of Ada whose authenticator does not verify the user.
async fn without_verification(app: &TestApp) -> Passkey {
    let mut passkey = Passkey::new(1);
    passkey.is_verified = false;
    with_passkey(app, &mut passkey).await;
    passkey
}

/// Uses the passkey, and returns the browser before the password.
async fn before_password(app: &TestApp, passkey: &Passkey) -> Browser {
    let browser = app.browser();
    let next = sign_in(&browser, passkey).await.expect_status(200).json();
    assert_eq!(next["location"], "/login/verify");
    browser
}

async fn proof_of(browser: &Browser) -> (Value, Value) {
    let session = browser.get("/api/v1/sessions/current").await.json();
    (session["acr"].clone(), session["amr"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_opens_a_session_of_two_factors() {
    for (is_synced, key) in [(true, "swk"), (false, "hwk")] {
        let app = TestApp::start();
        let mut passkey = Passkey::new(1);
        passkey.is_synced = is_synced;
        let owner = with_passkey(&app, &mut passkey).await;
        let browser = app.browser();
        let opened = sign_in(&browser, &passkey).await.expect_status(200);
        assert_eq!(opened.json()["location"], "/account");
        let amr = json!([key, "user", "mfa"]);
        assert_eq!(proof_of(&browser).await, (json!("2"), amr));
        let summary = narthex::factors::summary(&app.state, app.user_id(ADA).await);
        let used = &summary.await.expect("factors").passkeys[0];
        assert_eq!(used.last_used_at, Some(app.state.now()));
        let signed_in = "session.created".to_owned();
        assert!(event_types(&owner).await.contains(&signed_in));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_a_sign_in_name_no_passkey() {
    let app = TestApp::start();
    with_passkey(&app, &mut Passkey::new(1)).await;
    let (first, second) = (app.browser(), app.browser());
    let mut open = begin(&first).await;
    assert_eq!(open["challenge"].as_str().unwrap().len(), 43);
    assert_eq!(open["userVerification"], "preferred");
    let other = options(&second, LOGIN_OPTIONS).await;
    assert_ne!(open["challenge"], other["challenge"]);
    open["challenge"] = other["challenge"].clone();
    assert_eq!(open, other);
    assert!(open.get("allowCredentials").is_none(), "{open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_leads_to_the_return_address() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    let tokens = mount::from_environment().url("/account/tokens");
    for (next, page) in [
        (&*tokens, "/account/tokens"),
        ("//evil.example", "/account"),
    ] {
        let browser = app.browser();
        let open = begin(&browser).await;
        let credential = passkey.get(&open);
        let body = json!({
            "credential": credential, "begin": true, "next": next, "remember": true,
        });
        let opened = browser.post_json(LOGIN, &body).await.expect_status(200);
        assert_eq!(opened.json()["location"], page);
        let session = browser.get("/api/v1/sessions/current").await.json();
        assert_eq!(session["remembered"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_replaces_the_session_of_the_browser() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    let browser = with_passkey(&app, &mut passkey).await;
    let before = browser.cookie("narthex").expect("a cookie").value;
    sign_in(&browser, &passkey).await.expect_status(200);
    let copy = app.browser();
    copy.put_cookie("narthex", &before);
    assert!(!copy.is_signed_in().await);
    assert!(browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_satisfies_the_required_second_factor() {
    let app = TestApp::start_with(&[("NARTHEX_REQUIRE_SECOND_FACTOR", "all")]);
    let owner = app.browser();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    owner.post("/register", &form).await.expect_status(303);
    let ada = crate::support::authenticator::turn_on(&app, owner).await;
    let mut passkey = Passkey::new(1);
    let added = try_to_register(&ada.browser, &mut passkey).await;
    added.expect_status(200);
    let browser = app.browser();
    sign_in(&browser, &passkey).await.expect_status(200);
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_is_asked_without_user_verification() {
    let app = TestApp::start();
    let passkey = without_verification(&app).await;
    let browser = before_password(&app, &passkey).await;
    for page in ["/account", "/account/security", "/account/confirm"] {
        let answer = browser.get(page).await.expect_status(303);
        assert!(answer.location().starts_with("/login?next="), "{answer}");
    }
    for call in ["/api/v1/user", "/api/v1/sessions/current", "/auth/verify"] {
        browser.get(call).await.expect_status(401);
    }
    let token = json!({"name": "CI", "abilities": []});
    let made = browser.call(Method::POST, "/api/v1/tokens", Some(&token));
    made.await.expect_status(401);
    let page = browser.get("/login/verify").await.expect_status(200);
    let page = page.expect_no_text(ADA);
    let page = page.expect_text("name=\"password\"");
    assert!(!page.text.contains("name=\"code\""), "{page}");
    for wrong in ["not her password at all", "short", ""] {
        let refused = browser.post("/login/verify", &[("password", wrong)]).await;
        expect_field_errors(refused, &["password"]);
    }
    let form = [
        ("password", PASSWORD),
        ("form_key", &*page.field("form_key")),
        ("next", &*mount::from_environment().url("/account/tokens")),
    ];
    let opened = browser.post("/login/verify", &form).await;
    opened.expect_redirect("/account/tokens");
    let amr = json!(["pwd", "hwk", "mfa"]);
    assert_eq!(proof_of(&browser).await, (json!("2"), amr));
}

#[tokio::test(flavor = "multi_thread")]
async fn second_click_on_the_password_opens_one_session() {
    let app = TestApp::start();
    let passkey = without_verification(&app).await;
    let browser = before_password(&app, &passkey).await;
    let page = browser.get("/login/verify").await;
    let form = [
        ("password", PASSWORD),
        ("form_key", &*page.field("form_key")),
    ];
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    for _ in 0..2 {
        browser.put_cookie("narthex", &cookie);
        let opened = browser.post("/login/verify", &form).await;
        opened.expect_redirect("/account");
    }
    let sessions = browser.get("/api/v1/sessions").await.json();
    // The other one registered the account.
    assert_eq!(sessions["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_of_a_second_click_opens_nothing() {
    let app = TestApp::start();
    let passkey = without_verification(&app).await;
    let browser = before_password(&app, &passkey).await;
    let key = browser.get("/login/verify").await.field("form_key");
    let form = |password| [("password", password), ("form_key", &*key)];
    let cookie = browser.cookie("narthex").expect("a cookie").value;
    let opened = browser.post("/login/verify", &form(PASSWORD)).await;
    opened.expect_redirect("/account");
    browser.put_cookie("narthex", &cookie);
    let wrong = form("not her password at all");
    let refused = browser.post("/login/verify", &wrong).await;
    refused.expect_status(422);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_end_the_second_step() {
    let app = TestApp::start();
    let passkey = without_verification(&app).await;
    let browser = before_password(&app, &passkey).await;
    let wrong = [("password", "not her password at all")];
    for _ in 0..5 {
        let refused = browser.post("/login/verify", &wrong).await;
        refused.expect_status(422);
        app.advance(Duration::from_secs(60));
    }
    let right = [("password", PASSWORD)];
    let over = browser.post("/login/verify", &right).await;
    over.expect_redirect("/login");
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_of_the_account_ends_the_second_step() {
    for change in ["password", "passkey", "disabled"] {
        let app = TestApp::start();
        let passkey = without_verification(&app).await;
        let browser = before_password(&app, &passkey).await;
        let owner = enter_password(&app, ADA).await;
        second_step(&owner, &passkey).await.expect_status(200);
        let mut password = PASSWORD;
        match change {
            "password" => {
                password = "a new and long enough password";
                let form = [("current_password", PASSWORD), ("password", password)];
                let changed = owner.post("/account/password", &form).await;
                changed.expect_status(303);
            }
            "passkey" => {
                let summary = narthex::factors::summary(&app.state, app.user_id(ADA).await);
                let id = summary.await.expect("factors").passkeys[0].id;
                let remove = format!("/account/security/passkeys/{id}/remove");
                owner.post(&remove, &[]).await.expect_status(303);
            }
            _ => {
                let user = app.user_id(ADA).await;
                let disabled = accounts::disable(&app.state, user).await;
                assert!(disabled.is_ok());
            }
        }
        // The password is right, so only the end of the attempt refuses it.
        let over = browser
            .post("/login/verify", &[("password", password)])
            .await;
        assert_eq!(over.location_or_status(), "/login", "{change}");
        let page = browser.get("/login/verify").await;
        assert_eq!(page.location_or_status(), "/login", "{change}");
        assert!(!browser.is_signed_in().await, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_passkey_is_named_as_such() {
    let app = TestApp::start();
    let mut removed = Passkey::new(1);
    let owner = with_passkey(&app, &mut removed).await;
    let summary = narthex::factors::summary(&app.state, app.user_id(ADA).await);
    let id = summary.await.expect("factors").passkeys[0].id;
    let remove = format!("/account/security/passkeys/{id}/remove");
    owner.post(&remove, &[]).await.expect_status(303);
    let mut never = Passkey::new(2);
    never.handle.clone_from(&removed.handle);
    for passkey in [&removed, &never] {
        let browser = app.browser();
        let refused = sign_in(&browser, passkey).await;
        refused.expect_problem(422, "unknown-passkey");
        assert!(!browser.is_signed_in().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unverified_account_is_led_to_its_verification() {
    let (app, _server) = TestApp::start_with_mail();
    app.add_user(ADA).await;
    let owner = app.sign_in(ADA).await;
    let mut passkey = Passkey::new(1);
    let added = try_to_register(&owner, &mut passkey).await;
    added.expect_status(200);
    crate::support::sql::execute(
        &app,
        "UPDATE users SET email_unverified_since = created_at WHERE email_unverified_since IS NULL",
    );
    let browser = app.browser();
    let answer = sign_in(&browser, &passkey).await.expect_status(200);
    assert_eq!(answer.json()["location"], "/verify-email");
    assert!(!browser.is_signed_in().await);
    browser.get("/verify-email").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_count_for_the_account() {
    let app = TestApp::start();
    let mut right = Passkey::new(1);
    with_passkey(&app, &mut right).await;
    let mut forged = Passkey::new(2);
    forged.id.clone_from(&right.id);
    forged.handle.clone_from(&right.handle);
    for _ in 0..6 {
        let refused = sign_in(&app.browser(), &forged).await;
        refused.expect_status(422);
    }
    let blocked = sign_in(&app.browser(), &forged).await;
    blocked.expect_status(429).problem();
    let form = [("email", ADA), ("password", PASSWORD)];
    let blocked = app.browser().post("/login", &form).await;
    blocked.expect_status(429);
    app.advance(Duration::from_secs(5));
    let browser = app.browser();
    sign_in(&browser, &right).await.expect_status(200);
    // The success has removed the failures.
    for _ in 0..5 {
        let refused = sign_in(&app.browser(), &forged).await;
        refused.expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_has_at_most_twenty_open_challenges() {
    let app = TestApp::start();
    let mut passkey = Passkey::new(1);
    with_passkey(&app, &mut passkey).await;
    let browser = app.browser();
    let mut open = Vec::new();
    for _ in 0..21 {
        open.push(begin(&browser).await);
        app.advance(Duration::from_millis(1));
    }
    let refused = answer(&browser, &passkey, &open[0]).await;
    refused.expect_status(422);
    let accepted = answer(&browser, &passkey, &open[1]).await;
    accepted.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn challenges_of_a_client_network_are_limited() {
    let app = TestApp::start();
    let client = Some("127.0.0.1".parse().unwrap());
    let request = Attempt::to_get_challenge(&app.state, client);
    for _ in 0..1200 {
        let counted = rate_limit::record_attempt(&app.state, &request).await;
        assert!(counted.is_ok());
    }
    begin(&app.browser()).await;
    let refused = app.browser().post_json(LOGIN_OPTIONS, &json!({})).await;
    refused.expect_status(429).problem();
    app.register(GRACE).await;
}
