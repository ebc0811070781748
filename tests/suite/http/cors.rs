//! Whose pages may read what the API answers: a trusted origin's, and nobody else's.

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

fn trusting() -> TestApp {
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

/// What a browser sends for a page of `origin` before it sends `method` itself.
async fn asks_first(app: &TestApp, origin: &str, method: &str, path: &str) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::OPTIONS, path);
    let request = request
        .header("origin", origin)
        .header("sec-fetch-site", "cross-site")
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "content-type");
    anonymous.send(request).await
}

async fn from(browser: &Browser, origin: &str, method: Method, path: &str) -> Answer {
    let request = browser.request(method, path).header("origin", origin);
    browser
        .send(request.header("sec-fetch-site", "same-site"))
        .await
}

#[tokio::test]
async fn a_trusted_origin_s_page_may_ask_first_and_is_told_what_it_may_send() {
    let app = trusting();
    for path in ["/api/v1/tokens", "/api/v1/sign-out", "/api/v1/user"] {
        let answer = asks_first(&app, APP, "DELETE", path)
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
async fn a_trusted_origin_s_page_may_read_every_answer_of_the_api_also_a_refusal() {
    let app = trusting();
    let ada = app.register(ADA).await.with_fetch_site(None);
    let anonymous = app.browser().with_fetch_site(None);
    let answers = [
        (from(&ada, APP, Method::GET, "/api/v1/user").await, 200),
        (from(&ada, APP, Method::POST, "/api/v1/tokens").await, 415),
        (
            from(&ada, APP, Method::GET, "/api/v1/tokens?x=1").await,
            422,
        ),
        (
            from(&anonymous, APP, Method::GET, "/api/v1/user").await,
            401,
        ),
        (from(&ada, APP, Method::GET, "/api/v1/nothing").await, 404),
        (from(&ada, APP, Method::PUT, "/api/v1/user").await, 405),
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
async fn a_trusted_origin_s_page_can_use_the_cookie_and_make_a_token() {
    let app = trusting();
    let ada = app.register(ADA).await.with_fetch_site(None);
    let body = json!({"name": "App", "abilities": []});
    let request = ada.request(Method::POST, "/api/v1/tokens").json(&body);
    let request = request
        .header("origin", APP)
        .header("sec-fetch-site", "same-site");
    ada.send(request).await.expect_status(201);
}

#[tokio::test]
async fn nobody_else_s_page_may_ask_or_read() {
    let app = trusting();
    let ada = app.register(ADA).await.with_fetch_site(None);
    for origin in OTHERS {
        let asked = asks_first(&app, origin, "DELETE", "/api/v1/tokens").await;
        assert_eq!(cors_of(&asked), [""; 0], "{asked}");
        asked.expect_status(405);
        let answer = from(&ada, origin, Method::GET, "/api/v1/user").await;
        assert_eq!(cors_of(&answer), [""; 0], "{answer}");
        // A cache that kept it for one must not give it to another.
        assert!(answer.headers_named("vary").contains(&"Origin"), "{answer}");
    }
}

#[tokio::test]
async fn pages_and_a_proxy_s_questions_are_read_by_no_other_origin_even_a_trusted_one() {
    let app = trusting();
    let ada = app.register(ADA).await.with_fetch_site(None);
    for path in ["/account", "/login", "/auth/verify", "/static/x/y.css"] {
        let answer = from(&ada, APP, Method::GET, path).await;
        assert_eq!(cors_of(&answer), [""; 0], "{answer}");
    }
    let asked = asks_first(&app, APP, "GET", "/auth/verify").await;
    assert_eq!(cors_of(&asked), [""; 0], "{asked}");
    asked.expect_status(401);
}

#[tokio::test]
async fn where_no_origin_is_trusted_answers_say_nothing_of_origins() {
    let app = TestApp::start();
    let ada = app.register(ADA).await.with_fetch_site(None);
    let answer = from(&ada, APP, Method::GET, "/api/v1/user").await;
    assert_eq!(cors_of(&answer), [""; 0], "{answer}");
    assert!(
        !answer.headers_named("vary").contains(&"Origin"),
        "{answer}"
    );
}
