//! A second factor that each user must have (`NARTHEX_REQUIRE_SECOND_FACTOR=all`).

use narthex::http::{auth::Access, routes};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Authenticator, enrol, enter_code, enter_password, turn_on};
use crate::support::client::Browser;
use crate::support::mount;
use crate::support::page::{ADA, GRACE};

const REQUIRED: (&str, &str) = ("NARTHEX_REQUIRE_SECOND_FACTOR", "all");
const SETUP: &str = "/account/security/totp?next=";

/// Expects the refusal of a program: a challenge for two factors (RFC 9470).
#[track_caller]
fn expect_challenge(answer: Answer) {
    let answer = answer.expect_problem(401, "insufficient-user-authentication");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.ends_with("acr_values=\"2\""), "{answer}");
}

#[track_caller]
fn expect_setup(answer: &Answer) {
    let location = answer.location_or_status();
    assert!(location.starts_with(SETUP), "{answer}");
}

/// Sends a request to each route that a signed-in browser can call, and returns the answers.
pub async fn answers(browser: &Browser) -> Vec<(String, Access, Answer)> {
    let mut answers = Vec::new();
    for route in routes::table() {
        if matches!(route.access, Access::Public | Access::OptionalSession) {
            continue;
        }
        let id = uuid::Uuid::nil().to_string();
        let path = route.path.replace("{id}", &id);
        let request = browser.request(route.method.as_str().parse().unwrap(), &path);
        let request = match route.method.as_str() {
            "POST" if path.starts_with("/api") || path.contains("/passkey") => {
                request.json(&json!({}))
            }
            "POST" => request.form(&[("token", "a")]),
            _ => request,
        };
        let name = format!("{} {path}", route.method);
        answers.push((name, route.access, browser.send(request).await));
    }
    answers
}

const OPEN: [&str; 10] = [
    "POST /account/security/passkeys/options",
    "POST /account/security/passkeys",
    "GET /account/security/totp",
    "POST /account/security/totp",
    "GET /account/confirm",
    "POST /account/confirm",
    "POST /account/confirm/passkey/options",
    "POST /account/confirm/passkey",
    "POST /api/v1/confirm",
    "DELETE /api/v1/sessions/current",
];

#[tokio::test(flavor = "multi_thread")]
async fn user_without_a_factor_can_only_set_one_up() {
    let app = TestApp::start_with(&[REQUIRED]);
    app.register(ADA).await;
    let answers = answers(&app.sign_in(ADA).await).await;
    assert!(answers.len() > 40);
    for (name, access, answer) in answers {
        let is_open = OPEN.contains(&&*name);
        if is_open {
            assert!([200, 204, 303, 422].contains(&answer.status), "{answer}");
            assert!(!answer.location_or_status().starts_with(SETUP), "{answer}");
        } else if access == Access::SessionPage {
            expect_setup(&answer);
        } else if name != "DELETE /api/v1/tokens/current" {
            // The session revoked itself in the last open call, or is refused before it.
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer}");
        }
    }
    let browser = app.sign_in(ADA).await;
    expect_challenge(browser.get("/api/v1/user").await);
    browser.get("/openapi.json").await.expect_status(200);
    let signed_out = browser.post("/logout", &[]).await;
    signed_out.expect_redirect("/login");
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_leads_through_the_setup_to_the_page() {
    let app = TestApp::start_with(&[REQUIRED]);
    let browser = app.register(ADA).await;
    let wanted = "/account/tokens?page=1";
    let next = mount::from_environment().url(wanted);
    let refused = browser.get(wanted).await;
    let page = browser.follow(&refused).await.expect_status(200);
    assert_eq!(page.field("next"), wanted);
    let page = page.expect_text("This service requires a second factor.");
    page.expect_no_text(">Cancel<");
    let code = Authenticator::scan(&browser.get("/account/security/totp").await).code(&app);
    let form = [("code", &*code), ("next", &*next)];
    let shown = browser.post("/account/security/totp", &form).await;
    let codes = browser.follow(&shown).await.expect_status(200);
    assert!(
        codes.text.contains(&format!("href=\"{wanted}\"")),
        "{codes}"
    );
    browser.get("/account/tokens").await.expect_status(200);
    browser.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_factor_stays_until_an_operator_removes_it() {
    let app = TestApp::start_with(&[REQUIRED]);
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    let entered = enter_code(&browser, &ada.authenticator.code(&app)).await;
    entered.expect_redirect("/account");
    browser.get("/account").await.expect_status(200);
    let page = browser.get("/account/security").await.expect_status(200);
    page.expect_no_text("Remove authenticator app")
        .expect_text("your only one cannot be removed");
    let refused = browser.post("/account/security/totp/remove", &[]).await;
    refused
        .expect_status(422)
        .expect_text("<a href=\"#app\">This service requires a second factor.");
    browser.get("/account").await.expect_status(200);
    let factors = ["user", "factors", ADA, "--json"];
    let factors = app.command_line().run(&factors).expect_code(0);
    let factors: Value = serde_json::from_str(&factors.stdout).unwrap();
    let id = factors["data"][0]["id"].as_str().unwrap();
    let remove = [
        "user",
        "remove-factor",
        ADA,
        id,
        "--reason",
        "Lost",
        "--keep",
    ];
    app.command_line().run(&remove).expect_code(0);
    // The cache does not remember the factor longer than it exists.
    expect_setup(&browser.get("/account").await);
    expect_challenge(browser.get("/api/v1/user").await);
}

/// The session may be that of a thief of the password.
#[tokio::test(flavor = "multi_thread")]
async fn older_session_must_prove_the_new_factor() {
    let app = TestApp::start_with(&[REQUIRED, ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")]);
    let older = app.register(ADA).await;
    let other = app.sign_in(ADA).await;
    let ada = turn_on(&app, app.sign_in(ADA).await).await;
    ada.browser.get("/account").await.expect_status(200);

    let next = |path: &str| {
        let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        format!("/account/confirm?acr=2&next={next}")
    };
    for path in ["/account", "/account/tokens?page=1", "/account/security"] {
        older.get(path).await.expect_redirect(&next(path));
    }
    let refused = older.post("/account/profile", &[("name", "Eve")]).await;
    refused.expect_redirect(&next("/account"));
    expect_challenge(older.get("/api/v1/user").await);
    expect_challenge(older.get("/auth/verify").await);
    let asked = older
        .request(Method::GET, "/auth/verify?redirect=on")
        .header("accept", "text/html")
        .header("x-forwarded-uri", "/orders");
    let redirect = older.send(asked).await.expect_status(303);
    let confirm = "/account/confirm?acr=2&next=%2Forders";
    assert!(redirect.location().ends_with(confirm), "{redirect}");

    let wrong = [("code", "000000"), ("acr", "2"), ("password", PASSWORD)];
    let refused = older.post("/account/confirm", &wrong).await;
    refused.expect_status(422);
    older.get("/account").await.expect_status(303);
    let code = ada.authenticator.code(&app);
    let right = [("code", &*code), ("acr", "2"), ("next", "/account")];
    let confirmed = older.post("/account/confirm", &right).await;
    confirmed.expect_status(303);
    older.get("/account").await.expect_status(200);
    older.get("/auth/verify").await.expect_status(200);

    // A program confirms by the API, and any session can sign out.
    app.advance(std::time::Duration::from_secs(60));
    let body = json!({"code": ada.authenticator.code(&app)});
    let third = app.browser();
    let cookie = other.cookie("narthex").expect("a cookie").value;
    third.put_cookie("narthex", &cookie);
    let confirmed = third
        .call(Method::POST, "/api/v1/confirm", Some(&body))
        .await;
    confirmed.expect_status(204);
    third.get("/api/v1/user").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_needs_the_factor_of_its_user_except_a_service() {
    let free = TestApp::start();
    let browser = free.register(ADA).await;
    let personal = free.token_of(&browser, "Personal", &["account:read"]).await;
    let device = free.device(ADA, "Phone").await.secret;
    let add = ["token", "add", ADA, "--name", "CI"];
    let service = free.command_line().run(&add).expect_code(0).stdout;
    let app = free.start_second(&[REQUIRED]);
    let service = app.api_client(service.trim());
    let grace = turn_on(&app, free.register(GRACE).await.moved_to(&app.origin)).await;
    let introspecting = app.client(&grace.browser, &["tokens:introspect"]).await;
    let is_active = async |secret: &str| {
        let request = introspecting.request(Method::POST, "/oauth/introspect");
        let answer = introspecting.send(request.form(&[("token", secret)])).await;
        answer.expect_status(200).json()["active"] == true
    };
    for secret in [&personal, &device] {
        let token = app.api_client(secret);
        expect_challenge(token.get("/api/v1/user").await);
        expect_challenge(token.get("/auth/verify").await);
        assert!(!is_active(secret).await);
    }
    service.get("/api/v1/user").await.expect_status(200);
    service.get("/auth/verify").await.expect_status(200);
    assert!(is_active(service.secret()).await);
    let body = json!({"email": ADA, "password": PASSWORD, "device_name": "Laptop"});
    let refused = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    expect_challenge(refused);
    turn_on(&app, browser.moved_to(&app.origin)).await;
    for secret in [&personal, &device] {
        let token = app.api_client(secret);
        token.get("/api/v1/user").await.expect_status(200);
        token.get("/auth/verify").await.expect_status(200);
        assert!(is_active(secret).await);
        token
            .delete("/api/v1/tokens/current")
            .await
            .expect_status(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn app_behind_a_proxy_is_closed_until_the_setup() {
    let proxies = ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1");
    let app = TestApp::start_with(&[REQUIRED, proxies]);
    let browser = app.register(ADA).await;
    expect_challenge(browser.get("/auth/verify").await);
    let asked = || {
        browser
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html")
            .header("x-forwarded-uri", "/orders?page=2")
    };
    let redirect = browser.send(asked()).await.expect_status(303);
    let setup = format!("{SETUP}%2Forders%3Fpage%3D2");
    assert!(redirect.location().ends_with(&setup), "{redirect}");
    expect_challenge(browser.send(asked().header("sec-fetch-mode", "cors")).await);
    let ada = turn_on(&app, browser).await;
    ada.browser.get("/auth/verify").await.expect_status(200);
}
