//! Requests for an unknown host are refused with `421`.

use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::raw_http::{exchange, status};

async fn status_for_host(app: &TestApp, host: &str, path: &str) -> u16 {
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::GET, path).header("host", host);
    anonymous.send(request).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_and_listen_address_work_without_a_public_url() {
    let app = TestApp::start();
    let own = app.origin.strip_prefix("http://").unwrap();
    for host in [
        own,
        "localhost",
        "localhost:8080",
        "LOCALHOST",
        "127.0.0.1",
        "127.9.9.9",
        "[::1]:1",
    ] {
        assert_eq!(status_for_host(&app, host, "/login").await, 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_host_is_refused_on_every_path() {
    let app = TestApp::start();
    for host in [
        "evil.example",
        "localhost.evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "user@localhost",
    ] {
        for path in [
            "/",
            "/login",
            "/account",
            "/api/v1/user",
            "/no-such-page",
            "/static/a/b",
        ] {
            assert_eq!(
                status_for_host(&app, host, path).await,
                421,
                "{host} {path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_host_of_the_public_url_is_accepted() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    for host in ["id.example.com", "ID.example.com", "id.example.com:443"] {
        assert_eq!(status_for_host(&app, host, "/login").await, 200, "{host}");
    }
    let own = app.origin.strip_prefix("http://").unwrap();
    for host in [
        own,
        "localhost",
        "example.com",
        "www.id.example.com",
        "id.example.com:80",
        "id.example.com.",
    ] {
        assert_eq!(status_for_host(&app, host, "/login").await, 421, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_checks_accept_any_host() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    for path in ["/healthz", "/readyz"] {
        for host in ["10.0.0.7:8080", "evil.example", "id.example.com"] {
            assert_eq!(
                status_for_host(&app, host, path).await,
                200,
                "{host} {path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn request_for_an_unknown_host_has_no_effect() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let request = browser.request(Method::POST, "/logout");
    let request = request.header("host", "evil.example");
    let answer = browser.send(request).await.expect_status(421);
    assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
    browser.get("/account").await.expect_status(200);
    let anonymous = app.anonymous();
    let form = [
        ("name", "M"),
        ("email", "m@example.com"),
        ("password", PASSWORD),
    ];
    let request = anonymous.request(Method::POST, "/register").form(&form);
    anonymous
        .send(request.header("host", "evil.example"))
        .await
        .expect_status(421);
    let form = [("email", "m@example.com"), ("password", PASSWORD)];
    anonymous.post("/login", &form).await.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_or_missing_host_is_refused() {
    let app = TestApp::start_at_root(&[]);
    let refused = [400, 421];
    for head in [
        "GET /login HTTP/1.1\r\n",
        "GET /login HTTP/1.1\r\nHost: \r\n",
        "GET /login HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
        "GET /login HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n",
        "GET http://evil.example/login HTTP/1.1\r\nHost: localhost\r\n",
    ] {
        let answer = exchange(
            &app.origin,
            format!("{head}Connection: close\r\n\r\n").as_bytes(),
        );
        assert!(refused.contains(&status(&answer)), "{head}: {answer}");
    }
    let absolute =
        "GET http://localhost/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&exchange(&app.origin, absolute.as_bytes())), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_host_headers_are_ignored() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.0/8")]);
    let anonymous = app.anonymous();
    let request = anonymous
        .request(Method::GET, "/account")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-prefix", "/evil")
        .header("forwarded", "host=evil.example;proto=https");
    let answer = anonymous.send(request).await;
    let answer = answer.expect_redirect("/login?next=%2Faccount");
    assert_eq!(answer.header("strict-transport-security"), None);
}
