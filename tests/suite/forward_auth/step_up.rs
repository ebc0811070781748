//! The assurance that a proxy requires for a part of an app (RFC 9470).

use std::time::Duration;

use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::authenticator::{Authenticator, enrol, enter_code, enter_password, turn_on};
use crate::support::browser::Window;
use crate::support::client::Browser;
use crate::support::echo_app::GREETING;
use crate::support::page::ADA;
use crate::support::reverse_proxy::{Proxy, ProxyDeployment};

const STRICT: &str = "/auth/verify?acr=2&max_age=15m";

/// Expects a refusal with these parameters of the challenge after the error.
#[track_caller]
fn expect_challenge(answer: Answer, parameters: &str) {
    let answer = answer.expect_problem(401, "insufficient-user-authentication");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    let start = "Bearer realm=\"narthex\", error=\"insufficient_user_authentication\", ";
    assert!(challenge.starts_with(start), "{answer}");
    assert!(challenge.ends_with(parameters), "{answer}");
    assert_eq!(answer.header("remote-user"), Some(""), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_factor_is_refused_where_two_are_required() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let token = app.client(&browser, &["account:read"]).await;
    for query in ["acr=1", "max_age=15m", "acr=1&max_age=1h"] {
        let path = format!("/auth/verify?{query}");
        browser.get(&path).await.expect_status(200);
        token.get(&path).await.expect_status(200);
    }
    let both = "acr_values=\"2\", max_age=\"900\"";
    expect_challenge(browser.get(STRICT).await, both);
    expect_challenge(token.get(STRICT).await, both);
    let level = browser.get("/auth/verify?acr=2").await;
    expect_challenge(level, "acr_values=\"2\"");
    // A missing ability cannot be confirmed, so it comes first.
    let ability = token.get("/auth/verify?acr=2&ability=orders:read").await;
    ability.expect_status(403);

    let ada = turn_on(&app, browser).await;
    ada.browser.get(STRICT).await.expect_status(200);
    // The token keeps the level of the session at its creation.
    expect_challenge(token.get(STRICT).await, both);
    let newer = app.client(&ada.browser, &["account:read"]).await;
    newer.get(STRICT).await.expect_status(200);
    app.advance(Duration::from_secs(15 * 60));
    expect_challenge(newer.get(STRICT).await, both);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_proof_is_refused_until_it_is_confirmed() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    let browser = enter_password(&app, ADA).await;
    enter_code(&browser, &ada.authenticator.code(&app)).await;
    app.advance(Duration::from_secs(15 * 60));
    browser.get(STRICT).await.expect_status(200);
    app.advance(Duration::from_secs(1));
    expect_challenge(
        browser.get(STRICT).await,
        "acr_values=\"2\", max_age=\"900\"",
    );
    let age = "/auth/verify?max_age=15m";
    expect_challenge(browser.get(age).await, "max_age=\"900\"");
    // The password proves one factor anew.
    let password = [("password", PASSWORD)];
    let confirmed = browser.post("/account/confirm", &password).await;
    confirmed.expect_status(303);
    browser.get(age).await.expect_status(200);
    expect_challenge(
        browser.get(STRICT).await,
        "acr_values=\"2\", max_age=\"900\"",
    );
    let code = ada.authenticator.code(&app);
    let confirmed = browser.post("/account/confirm", &[("code", &code)]).await;
    confirmed.expect_status(303);
    browser.get(STRICT).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_requirement_lets_no_request_pass() {
    let app = TestApp::start();
    let ada = enrol(&app, ADA).await;
    for query in ["acr=3", "acr=", "acr=2&acr=1", "max_age=0", "max_age=soon"] {
        let answer = ada.browser.get(&format!("/auth/verify?{query}")).await;
        answer.expect_status(422);
    }
}

/// A navigation to `/billing` of the app, as a proxy asks about it.
fn asked(browser: &Browser, query: &str) -> reqwest::RequestBuilder {
    browser
        .request(Method::GET, &format!("/auth/verify?redirect=on&{query}"))
        .header("accept", "text/html")
        .header("x-forwarded-uri", "/billing?page=2")
}

#[tokio::test(flavor = "multi_thread")]
async fn navigation_leads_to_the_missing_step_and_back() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")]);
    let ada = enrol(&app, ADA).await;
    let grace = app.register("grace@example.com").await;
    app.advance(Duration::from_secs(16 * 60));
    let next = "next=%2Fbilling%3Fpage%3D2";
    for (query, page) in [
        (
            "acr=2&max_age=15m",
            format!("/account/confirm?acr=2&{next}"),
        ),
        ("max_age=15m", format!("/account/confirm?{next}")),
    ] {
        for browser in [&ada.browser, &grace] {
            let redirect = browser.send(asked(browser, query)).await;
            let location = redirect.expect_status(303).location().to_owned();
            assert!(location.ends_with(&page), "{location}");
        }
    }
    // A script and a token get the challenge.
    let script = asked(&ada.browser, "acr=2&max_age=15m").header("sec-fetch-mode", "cors");
    let both = "acr_values=\"2\", max_age=\"900\"";
    expect_challenge(ada.browser.send(script).await, both);

    let code = ada.authenticator.code(&app);
    let form = [("code", &*code), ("acr", "2"), ("next", "/billing?page=2")];
    let confirmed = ada.browser.post("/account/confirm", &form).await;
    assert_eq!(confirmed.expect_status(303).location(), "/billing?page=2");
    let passed = ada.browser.send(asked(&ada.browser, "acr=2&max_age=15m"));
    passed.await.expect_status(200);

    // A user without a second factor sets one up.
    let confirm = format!("/account/confirm?acr=2&{next}");
    let redirect = grace.get(&confirm).await;
    redirect.expect_redirect(&format!("/account/security/totp?{next}"));
    let confirmed = grace.post("/account/confirm", &[("password", PASSWORD)]);
    confirmed.await.expect_status(303);
    let page = grace
        .get(&format!("/account/security/totp?{next}"))
        .await
        .expect_status(200);
    let authenticator = Authenticator::scan(&page);
    let form = [
        ("code", &*authenticator.code(&app)),
        ("next", &*page.field("next")),
    ];
    let turned_on = grace.post("/account/security/totp", &form).await;
    let codes = grace.follow(&turned_on.expect_status(303)).await;
    codes
        .expect_status(200)
        .expect_text("href=\"/billing?page=2\"");
    let passed = grace.send(asked(&grace, "acr=2&max_age=15m"));
    passed.await.expect_status(200);
}

/// A browser that signed in with the password alone opens a part that requires two factors.
async fn browser_steps_up_and_returns(deployment: ProxyDeployment) {
    let phone = deployment.register(ADA).await;
    let window = Window::at(&deployment.origin).open().await;
    window.visit("/billing?page=2").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    // Without a second factor, the browser is led to set one up.
    window
        .expect_path("/account/security/totp?next=%2Fbilling%3Fpage%3D2")
        .await;
    deployment.app.expect_no_request();
    // Another browser of the user sets it up.
    let page = phone.get("/account/security/totp").await;
    let authenticator = Authenticator::scan(&page.expect_status(200));
    let code = authenticator.code_now(0);
    let form = [("code", &*code)];
    let turned_on = phone.post("/account/security/totp", &form).await;
    turned_on.expect_status(303);

    window.visit("/billing?page=2").await;
    window
        .expect_path("/account/confirm?acr=2&next=%2Fbilling%3Fpage%3D2")
        .await;
    deployment.app.expect_no_request();
    window.fill("Code", &authenticator.code_now(1)).await;
    window.press("Confirm").await;
    window.expect_path("/billing?page=2").await;
    window.expect_text(GREETING).await;
    let asked = deployment.app.take_requests();
    let asked = asked.iter().find(|asked| asked.path == "/billing?page=2");
    let asked = asked.expect("a request");
    assert_eq!(asked.header("remote-assurance"), Some("2"));

    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let refused = deployment.api_client(&secret).get("/billing").await;
    let refused = refused.expect_status(401);
    let challenges = refused.headers_named("www-authenticate");
    assert_eq!(challenges.len(), 1, "{refused}");
    assert!(challenges[0].ends_with("acr_values=\"2\", max_age=\"900\""));
    deployment.app.expect_no_request();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn browser_steps_up_behind_nginx_and_returns() {
    browser_steps_up_and_returns(ProxyDeployment::of(Proxy::Nginx)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn browser_steps_up_behind_caddy_and_returns() {
    browser_steps_up_and_returns(ProxyDeployment::of(Proxy::Caddy)).await;
}
