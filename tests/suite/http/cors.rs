//! CORS: pages of a trusted origin, and only those, may read responses of the API.

use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";
const APP: &str = "https://app.example.com";
const OTHERS: [&str; 6] = [
    "https://evil.example",
    "http://app.example.com",
    "https://app.example.com:444",
    "https://app.example.com.evil.example",
    "https://evil-app.example.com",
    "null",
];

fn app_with_trusted_origin() -> TestApp {
    TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", APP)])
}

fn cors_of(answer: &Answer) -> Vec<&str> {
    let names = answer
        .headers
        .keys()
        .map(reqwest::header::HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control"))
        .collect()
}

/// Sends the preflight request that a browser sends for a page of `origin` before `method`.
async fn preflight(app: &TestApp, origin: &str, method: &str, path: &str) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::OPTIONS, path);
    let request = request
        .header("origin", origin)
        .header("sec-fetch-site", "cross-site")
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "content-type");
    anonymous.send(request).await
}

async fn request_from(browser: &Browser, origin: &str, method: Method, path: &str) -> Answer {
    let request = browser.request(method, path).header("origin", origin);
    browser
        .send(request.header("sec-fetch-site", "same-site"))
        .await
}

#[tokio::test]
async fn preflight_of_trusted_origin_lists_methods_and_headers() {
    let app = app_with_trusted_origin();
    for path in ["/api/v1/tokens", "/api/v1/sign-out", "/api/v1/user"] {
        let answer = preflight(&app, APP, "DELETE", path)
            .await
            .expect_status(204)
            .expect_header("access-control-allow-origin", APP)
            .expect_header("access-control-allow-credentials", "true")
            .expect_header("access-control-allow-methods", "GET, POST, PATCH, DELETE")
            .expect_header(
                "access-control-allow-headers",
                "authorization, content-type, idempotency-key",
            )
            .expect_header("access-control-max-age", "600");
        assert!(answer.headers_named("vary").contains(&"Origin"), "{answer}");
        assert_eq!(answer.text, "");
    }
}

#[tokio::test]
async fn trusted_origin_may_read_api_responses_and_errors() {
    let app = app_with_trusted_origin();
    let ada = app.register(ADA).await.with_fetch_site(None);
    let anonymous = app.browser().with_fetch_site(None);
    let answers = [
        (
            request_from(&ada, APP, Method::GET, "/api/v1/user").await,
            200,
        ),
        (
            request_from(&ada, APP, Method::POST, "/api/v1/tokens").await,
            415,
        ),
        (
            request_from(&ada, APP, Method::GET, "/api/v1/tokens?x=1").await,
            422,
        ),
        (
            request_from(&anonymous, APP, Method::GET, "/api/v1/user").await,
            401,
        ),
        (
            request_from(&ada, APP, Method::GET, "/api/v1/nothing").await,
            404,
        ),
        (
            request_from(&ada, APP, Method::PUT, "/api/v1/user").await,
            405,
        ),
    ];
    for (answer, status) in answers {
        let answer = answer
            .expect_status(status)
            .expect_header("access-control-allow-origin", APP)
            .expect_header("access-control-allow-credentials", "true")
            .expect_header(
                "access-control-expose-headers",
                "location, retry-after, www-authenticate",
            );
        assert!(answer.headers_named("vary").contains(&"Origin"), "{answer}");
    }
}

#[tokio::test]
async fn trusted_origin_can_create_a_token_with_the_cookie() {
    let app = app_with_trusted_origin();
    let ada = app.register(ADA).await.with_fetch_site(None);
    let body = json!({"name": "App", "abilities": []});
    let request = ada.request(Method::POST, "/api/v1/tokens").json(&body);
    let request = request
        .header("origin", APP)
        .header("sec-fetch-site", "same-site");
    ada.send(request).await.expect_status(201);
}

#[tokio::test]
async fn other_origins_get_no_cors_headers() {
    let app = app_with_trusted_origin();
    let ada = app.register(ADA).await.with_fetch_site(None);
    for origin in OTHERS {
        let preflight_answer = preflight(&app, origin, "DELETE", "/api/v1/tokens").await;
        assert_eq!(cors_of(&preflight_answer), [""; 0], "{preflight_answer}");
        preflight_answer.expect_status(405);
        let answer = request_from(&ada, origin, Method::GET, "/api/v1/user").await;
        assert_eq!(cors_of(&answer), [""; 0], "{answer}");
        // A cache must not give the response for one origin to another.
        assert!(answer.headers_named("vary").contains(&"Origin"), "{answer}");
    }
}

#[tokio::test]
async fn pages_and_forward_auth_never_get_cors_headers() {
    let app = app_with_trusted_origin();
    let ada = app.register(ADA).await.with_fetch_site(None);
    for path in ["/account", "/login", "/auth/verify", "/static/x/y.css"] {
        let answer = request_from(&ada, APP, Method::GET, path).await;
        assert_eq!(cors_of(&answer), [""; 0], "{answer}");
    }
    let preflight_answer = preflight(&app, APP, "GET", "/auth/verify").await;
    assert_eq!(cors_of(&preflight_answer), [""; 0], "{preflight_answer}");
    preflight_answer.expect_status(401);
}

#[tokio::test]
async fn no_cors_headers_without_trusted_origins() {
    let app = TestApp::start();
    let ada = app.register(ADA).await.with_fetch_site(None);
    let answer = request_from(&ada, APP, Method::GET, "/api/v1/user").await;
    assert_eq!(cors_of(&answer), [""; 0], "{answer}");
    assert!(
        !answer.headers_named("vary").contains(&"Origin"),
        "{answer}"
    );
}
