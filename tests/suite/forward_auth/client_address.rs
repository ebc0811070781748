//! The client address that a sign-in records.

use reqwest::Method;
use serde_json::Value;

use crate::support::app::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";
const TRUSTED: (&str, &str) = ("NARTHEX_TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8");

/// Signs in with these headers. Returns the address that the sessions page and the API show.
async fn recorded_ip(app: &TestApp, headers: &[(&str, &str)]) -> String {
    let browser = app.browser();
    let form = [("email", ADA), ("password", PASSWORD)];
    let mut request = browser.request(Method::POST, "/login").form(&form);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await.expect_redirect("/account");
    let mut request = browser.request(Method::GET, "/api/v1/sessions/current");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let current: Value = browser.send(request).await.json();
    let ip = current["ip"].as_str().expect("an address").to_owned();
    let page = browser.get("/account/sessions").await;
    page.expect_text(&format!(">{ip}<"));
    ip
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarding_headers_of_untrusted_peer_are_ignored() {
    let app = TestApp::start();
    app.register(ADA).await;
    for header in [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
        ("true-client-ip", "203.0.113.9"),
        ("cf-connecting-ip", "203.0.113.9"),
        ("x-client-ip", "203.0.113.9"),
    ] {
        assert_eq!(
            recorded_ip(&app, &[header]).await,
            "127.0.0.1",
            "{header:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarding_headers_of_trusted_proxy_are_used() {
    let app = TestApp::start_with(&[TRUSTED]);
    app.register(ADA).await;
    for (header, client) in [
        (("x-forwarded-for", "203.0.113.9"), "203.0.113.9"),
        (("x-forwarded-for", "203.0.113.9:4711"), "203.0.113.9"),
        (("x-forwarded-for", "2001:db8::7"), "2001:db8::7"),
        (("x-forwarded-for", "::ffff:203.0.113.9"), "203.0.113.9"),
        (("forwarded", "for=203.0.113.9;proto=https"), "203.0.113.9"),
        (("forwarded", "for=\"[2001:db8::7]:4711\""), "2001:db8::7"),
    ] {
        assert_eq!(recorded_ip(&app, &[header]).await, client, "{header:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_written_by_the_client_itself_are_ignored() {
    let app = TestApp::start_with(&[TRUSTED]);
    app.register(ADA).await;
    for headers in [
        &[("x-forwarded-for", "198.51.100.66, 203.0.113.9")][..],
        &[("x-forwarded-for", "198.51.100.66, 203.0.113.9, 10.0.0.2")],
        &[
            ("x-forwarded-for", "198.51.100.66"),
            ("x-forwarded-for", "203.0.113.9"),
        ],
        &[("forwarded", "for=198.51.100.66, for=203.0.113.9")],
    ] {
        assert_eq!(
            recorded_ip(&app, headers).await,
            "203.0.113.9",
            "{headers:?}"
        );
    }
}

/// Most proxies write `X-Forwarded-For` and pass on `Forwarded` as the client sent it.
#[tokio::test(flavor = "multi_thread")]
async fn x_forwarded_for_takes_precedence_over_forwarded() {
    let app = TestApp::start_with(&[TRUSTED]);
    app.register(ADA).await;
    let headers = [
        ("forwarded", "for=198.51.100.66"),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    assert_eq!(recorded_ip(&app, &headers).await, "203.0.113.9");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_address_headers_of_trusted_proxy_are_ignored() {
    let app = TestApp::start_with(&[TRUSTED]);
    app.register(ADA).await;
    for header in [
        ("x-real-ip", "203.0.113.9"),
        ("x_forwarded_for", "203.0.113.9"),
    ] {
        assert_eq!(
            recorded_ip(&app, &[header]).await,
            "127.0.0.1",
            "{header:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_forwarded_address_leaves_the_proxy_address() {
    let app = TestApp::start_with(&[TRUSTED]);
    app.register(ADA).await;
    for value in [
        "unknown",
        "_hidden",
        "",
        "203.0.113.9 evil",
        "<script>",
        "203.0.113.9,",
    ] {
        let ip = recorded_ip(&app, &[("x-forwarded-for", value)]).await;
        assert_eq!(ip, "127.0.0.1", "{value:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn last_use_of_a_token_records_the_client_address() {
    let app = TestApp::start_with(&[TRUSTED]);
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "CI", &[]).await);
    let request = client.request(Method::GET, "/api/v1/user");
    let request = request.header("x-forwarded-for", "203.0.113.9");
    client.send(request).await.expect_status(200);
    let page = browser.get("/account/tokens").await;
    page.expect_text("<span class=\"sub\">203.0.113.9</span>");
}

/// ASVS 5.0, 4.1.2: an API client that uses http is not redirected to https. Otherwise its user
/// would not notice that the token travels unencrypted. Pages redirect, as the tests of `logout`
/// show.
#[tokio::test(flavor = "multi_thread")]
async fn api_and_forward_auth_do_not_redirect_http_to_https() {
    let https = ("NARTHEX_PUBLIC_URL", "https://id.example.com");
    let app = TestApp::start_with(&[TRUSTED, https]);
    let anonymous = app.anonymous();
    for (path, status) in [
        ("/api/v1/user", 401),
        ("/auth/verify", 401),
        ("/healthz", 200),
    ] {
        let request = anonymous
            .request(Method::GET, path)
            .header("host", "id.example.com")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-for", "203.0.113.9");
        let answer = anonymous.send(request).await.expect_status(status);
        assert_eq!(answer.header("location"), None, "{answer}");
    }
}
