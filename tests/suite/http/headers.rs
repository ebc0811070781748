//! The headers of every response, with any status.

use narthex::http::{paths, routes};
use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;

const ADA: &str = "ada@example.com";

#[track_caller]
fn directives(answer: &Answer) -> Vec<String> {
    let policy = answer.header("content-security-policy").expect("a policy");
    policy.split("; ").map(str::to_owned).collect()
}

/// Checks the headers that every response must have.
#[track_caller]
fn expect_standard_headers(answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}: {answer}");
    }
    // A page with a secret does not even send its address as a referrer.
    let referrer = match answer.text.contains("nrx_") {
        true => "no-referrer",
        false => "same-origin",
    };
    assert_eq!(answer.header("referrer-policy"), Some(referrer), "{answer}");
    assert!(answer.header("permissions-policy").is_some(), "{answer}");
    for leaking in ["server", "x-powered-by", "via"] {
        assert_eq!(answer.header(leaking), None, "{answer}");
    }
    let policy = directives(answer);
    for expected in [
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.iter().any(|part| part == expected), "{answer}");
    }
    let loose = [
        "unsafe-inline",
        "unsafe-eval",
        "*",
        "data:",
        "http:",
        "https:",
    ];
    for part in &policy {
        assert!(!loose.iter().any(|word| part.contains(word)), "{answer}");
    }
    let path = answer.request.split(' ').nth(1).unwrap();
    let programs = [
        "/api/",
        "/auth/",
        "/oauth/",
        "/.well-known/",
        "/openapi.json",
        "/healthz",
        "/readyz",
    ];
    let is_api = programs.iter().any(|prefix| path.starts_with(prefix));
    if is_api {
        assert!(policy.iter().any(|part| part == "sandbox"), "{answer}");
    } else {
        for expected in ["script-src 'self'", "style-src 'self'", "img-src 'self'"] {
            assert!(policy.iter().any(|part| part == expected), "{answer}");
        }
        // The reason is in `form_action`.
        let plain_path = path.split('?').next().unwrap();
        let may_redirect_to_app = [
            "/login",
            "/login/verify",
            "/register",
            "/logout",
            "/account/confirm",
        ];
        let may_redirect_to_app = may_redirect_to_app.contains(&plain_path);
        let forms: Vec<_> = policy
            .iter()
            .filter(|part| part.starts_with("form-action"))
            .collect();
        let expected: &[&str] = if may_redirect_to_app {
            &[]
        } else {
            &["form-action 'self'"]
        };
        assert_eq!(forms, expected, "{answer}");
    }
    let is_asset = answer.status == 200 && path.starts_with("/static/");
    if !is_asset {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    }
    let kind = answer.header("content-type");
    if answer.text.is_empty() {
        return;
    }
    let kind = kind.unwrap_or_else(|| panic!("a body without a type: {answer}"));
    let kinds: &[&str] = match (is_api, answer.status) {
        // RFC 6749's format for errors, which OAuth clients expect.
        (true, 400) if path.starts_with("/oauth/") => &["application/json"],
        (true, 400..) => &["application/problem+json"],
        (true, _) => &["application/json", "text/plain; charset=utf-8"],
        (false, _) if is_asset => &[
            "text/css; charset=utf-8",
            "text/javascript; charset=utf-8",
            "image/svg+xml",
            "image/png",
        ],
        (false, 400..) if is_script_call(path) => &["application/problem+json"],
        (false, 200) if is_script_call(path) => &["application/json"],
        (false, 200) if path.ends_with(".csv") => &["text/csv; charset=utf-8"],
        (false, 200) if path.ends_with(".json") => &["application/json"],
        (false, _) => &["text/html; charset=utf-8"],
    };
    assert!(kinds.contains(&kind), "{answer}");
}

/// The calls of the scripts of pages, which are answered with JSON.
fn is_script_call(path: &str) -> bool {
    [
        paths::LOGIN_PASSKEY_OPTIONS,
        paths::LOGIN_PASSKEY,
        paths::CONFIRM_PASSKEY_OPTIONS,
        paths::CONFIRM_PASSKEY,
        paths::PASSKEY_OPTIONS,
        paths::PASSKEYS,
    ]
    .contains(&path)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_sends_the_standard_headers_to_every_client() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    app.register(ADA).await;
    for route in routes::table() {
        // Successful sign-ins count against the rate limit, too.
        app.advance(std::time::Duration::from_secs(600));
        let browser = app.sign_in(ADA).await;
        let all = app.api_client(&app.token_of(&browser, "All", &["*"]).await);
        let none = app.api_client(&app.token_of(&browser, "None", &[]).await);
        let wrong = app.api_client("nrx_nonsense");
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let path = route
            .path
            .replace("{id}", "019ab6b0-0000-7000-8000-000000000000");
        let path = path.replace("{version}", "x").replace("{name}", "y");
        expect_standard_headers(
            &anonymous
                .send(anonymous.request(method.clone(), &path))
                .await,
        );
        for client in [&wrong, &none, &all] {
            expect_standard_headers(&client.send(client.request(method.clone(), &path)).await);
        }
        let browser = app.sign_in(ADA).await;
        expect_standard_headers(&browser.send(browser.request(method, &path)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_has_the_standard_headers() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for prefix in ["", "/api/v1"] {
        let at = |path: &str| format!("{prefix}{path}");
        let post = |path: &str| browser.request(Method::POST, &at(path));
        let form = "application/x-www-form-urlencoded";
        let json = "application/json";
        let kind = if prefix.is_empty() { form } else { json };
        let login = if prefix.is_empty() {
            "/login"
        } else {
            "/sign-in"
        };
        let list = if prefix.is_empty() {
            "/account/sessions"
        } else {
            "/sessions"
        };
        let requests = [
            (404, browser.request(Method::GET, &at("/no-such-thing"))),
            (405, browser.request(Method::PUT, &at(login))),
            (403, post(login).header("sec-fetch-site", "x")),
            (421, post(login).header("host", "evil.example")),
            (
                415,
                post(login).header("content-type", "text/plain").body("x"),
            ),
            (
                400,
                browser.request(Method::GET, &at(&format!("{list}?a=%ff"))),
            ),
            (
                413,
                post(login)
                    .header("content-type", kind)
                    .body("a".repeat(70_000)),
            ),
            (
                422,
                browser.request(Method::GET, &at(&format!("{list}?cursor=x"))),
            ),
        ];
        for (status, request) in requests {
            let request = match status {
                // The browser already sends the header, and only the first one would count.
                403 => {
                    let anonymous = app.anonymous();
                    anonymous
                        .request(Method::POST, &at(login))
                        .header("sec-fetch-site", "cross-site")
                }
                _ => request,
            };
            expect_standard_headers(&browser.send(request).await.expect_status(status));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_responses_have_the_standard_headers() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    expect_standard_headers(&browser.get("/account").await.expect_status(200));
    expect_standard_headers(&browser.get("/").await.expect_status(303));
    let wrong = [("email", ADA), ("password", "x")];
    expect_standard_headers(
        &app.browser()
            .post("/login", &wrong)
            .await
            .expect_status(422),
    );
    let form = [("name", "CI"), ("expires", "7d")];
    expect_standard_headers(
        &browser
            .post("/account/tokens", &form)
            .await
            .expect_status(200),
    );
    let digest = browser.get("/account/sign-out").await.field("digest");
    app.sign_in(ADA).await;
    let outdated = browser
        .post("/account/sign-out", &[("digest", &digest)])
        .await;
    expect_standard_headers(&outdated.expect_status(409));
}

#[tokio::test(flavor = "multi_thread")]
async fn hsts_is_sent_only_behind_https() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let anonymous = app.anonymous();
    for path in [
        "/login",
        "/account",
        "/api/v1/user",
        "/healthz",
        "/no-such-page",
    ] {
        let request = anonymous.request(Method::GET, path);
        let answer = anonymous
            .send(request.header("host", "id.example.com"))
            .await;
        answer.expect_header("strict-transport-security", "max-age=31536000");
    }
    let settings = [
        ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
        (
            "NARTHEX_HSTS",
            "max-age=63072000; includeSubDomains; preload",
        ),
    ];
    let app = TestApp::start_with(&settings);
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::GET, "/login");
    let answer = anonymous.send(request.header("host", "id.example.com"));
    let expected = "max-age=63072000; includeSubDomains; preload";
    answer
        .await
        .expect_header("strict-transport-security", expected);
    let plain = TestApp::start().anonymous().get("/login").await;
    assert_eq!(plain.header("strict-transport-security"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn csp_names_the_collector_of_the_operator() {
    let collector = "https://csp.example.com/report?of=narthex";
    let app = TestApp::start_with(&[
        ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
        ("NARTHEX_CSP_REPORT_URI", collector),
    ]);
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::GET, "/login");
    let answer = anonymous
        .send(request.header("host", "id.example.com"))
        .await;
    let policy = directives(&answer);
    for expected in ["report-to policy", &format!("report-uri {collector}")] {
        assert!(policy.iter().any(|part| part == expected), "{answer}");
    }
    answer.expect_header("reporting-endpoints", &format!("policy=\"{collector}\""));
    // Chromium supports these only with https, and it ignores `report-uri` if they are present.
    let app = TestApp::start_with(&[("NARTHEX_CSP_REPORT_URI", collector)]);
    let plain = app.anonymous().get("/login").await;
    assert_eq!(plain.header("reporting-endpoints"), None);
    let policy = directives(&plain);
    assert!(
        policy.contains(&format!("report-uri {collector}")),
        "{plain}"
    );
    assert!(!policy.contains(&"report-to policy".to_owned()), "{plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn csp_has_no_report_target_without_a_collector() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::GET, "/login");
    let answer = anonymous
        .send(request.header("host", "id.example.com"))
        .await;
    assert_eq!(answer.header("reporting-endpoints"), None);
    let policy = directives(&answer);
    assert!(
        !policy.iter().any(|part| part.starts_with("report-")),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_cached_until_their_content_changes() {
    let app = TestApp::start();
    let page = app.anonymous().get("/login").await;
    let loaded: Vec<&str> = page
        .text
        .split("<link ")
        .skip(1)
        .filter_map(|link| link.split("href=\"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(loaded.len(), 3, "{page}");
    for path in loaded {
        let asset = app.anonymous().get(path).await.expect_status(200);
        expect_standard_headers(&asset);
        asset.expect_header("cache-control", "public, max-age=31536000, immutable");
        let old = path.replacen("/static/", "/static/0", 1);
        app.anonymous().get(&old).await.expect_status(404);
    }
}

/// An app may share the origin. Narthex must not delete its data in the browser.
#[tokio::test(flavor = "multi_thread")]
async fn sign_out_does_not_clear_data_of_an_app() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let mut answers = vec![browser.post("/logout", &[]).await];
    let browser = app.sign_in(ADA).await;
    let digest = browser.get("/account/sign-out").await.field("digest");
    let form = [("digest", &*digest)];
    answers.push(browser.post("/account/sign-out", &form).await);
    let browser = app.sign_in(ADA).await;
    let current = browser.request(Method::DELETE, "/api/v1/sessions/current");
    answers.push(browser.send(current).await);
    let browser = app.sign_in(ADA).await;
    let password = [("password", PASSWORD)];
    answers.push(browser.post("/account/delete", &password).await);
    for answer in answers {
        assert!([204, 303].contains(&answer.status), "{answer}");
        assert_eq!(answer.header("clear-site-data"), None, "{answer}");
    }
}

/// In Chromium, a page with `no-store` whose cookie has changed is in no cache of the browser.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn going_back_after_sign_out_shows_no_private_page() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = Window::at(&app.origin)
        .with_back_forward_cache()
        .open()
        .await;
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
    window.visit("/account/profile").await;
    window.open_account_menu().await;
    window.press("Sign out").await;
    window.expect_path("/login").await;
    window.evaluate("history.back()").await;
    window.expect_path("/login?next=%2Faccount%2Fprofile").await;
    window.expect_no_text(ADA).await;
    window.close().await;
}

/// Chromium keeps a page in its back-forward cache in spite of `no-store` while its cookies are
/// unchanged.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn restored_page_reloads_after_a_revocation_elsewhere() {
    let app = TestApp::start();
    app.register(ADA).await;
    let window = Window::at(&app.origin)
        .with_back_forward_cache()
        .open()
        .await;
    window.visit("/login").await;
    window.fill("Email address", ADA).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.expect_path("/account").await;
    window.visit("/account/profile").await;
    window.visit("/problems/not-found").await;
    // The cache is enabled: without a revocation, the page comes back as it was left.
    window.evaluate("history.back()").await;
    window.expect_path("/account/profile").await;
    window.visit("/problems/not-found").await;
    let phone = app.sign_in(ADA).await;
    let digest = phone.get("/account/sign-out").await.field("digest");
    let form = [("digest", &*digest)];
    phone
        .post("/account/sign-out", &form)
        .await
        .expect_redirect("/login");
    window.evaluate("history.back()").await;
    window.expect_path("/login?next=%2Faccount%2Fprofile").await;
    window.expect_no_text(ADA).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn private_pages_are_never_served_from_a_cache() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser.get("/account").await.expect_status(200);
    assert_eq!(page.header("etag"), None, "{page}");
    assert_eq!(page.header("last-modified"), None, "{page}");
    browser.post("/logout", &[]).await.expect_status(303);
    let request = browser.request(Method::GET, "/account");
    let request = request
        .header("if-none-match", "*")
        .header("if-modified-since", "Sun, 22 Nov 2037 12:00:00 GMT");
    browser
        .send(request)
        .await
        .expect_redirect("/login?next=%2Faccount");
}

/// RFC 9110, section 12.5.3, leaves the choice to the server: an unencoded response is more useful
/// than none.
#[tokio::test(flavor = "multi_thread")]
async fn client_without_accepted_coding_gets_an_unencoded_response() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    for route in routes::table() {
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let path = route.path.replace(['{', '}'], "");
        let plain = anonymous
            .send(anonymous.request(method.clone(), &path))
            .await;
        for accepted in ["identity;q=0, x", "*;q=0", "identity;q=0"] {
            let request = anonymous.request(method.clone(), &path);
            let answer = anonymous
                .send(request.header("accept-encoding", accepted))
                .await;
            assert_eq!(answer.status, plain.status, "{accepted}: {answer}");
            assert_eq!(answer.header("content-encoding"), None, "{answer}");
            assert_eq!(
                answer.header("content-type"),
                plain.header("content-type"),
                "{answer}"
            );
        }
    }
}
