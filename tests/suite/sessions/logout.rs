//! Sign-out through a link of an app, return addresses, and the well-known URL for password
//! managers.

use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_link_shows_a_button_and_revokes_nothing() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser
        .get("/logout?next=%2Forders")
        .await
        .expect_status(200);
    assert_eq!(page.field("next"), "/orders");
    page.expect_header("cache-control", "no-store");
    browser.get("/account").await.expect_status(200);
    let response = browser.post("/logout", &[("next", "/orders")]).await;
    response.expect_redirect("/orders");
    browser
        .get("/account")
        .await
        .expect_redirect("/login?next=%2Faccount");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_form_of_another_account_is_rejected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let user = browser.get("/logout").await.field("user");
    app.register("grace@example.com").await;
    let form = [("email", "grace@example.com"), ("password", PASSWORD)];
    browser
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    let refused = browser.post("/logout", &[("user", &*user)]).await;
    refused.expect_status(409);
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_out_browser_is_redirected_to_the_return_address() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser.post("/logout", &[]).await.expect_redirect("/login");
    browser.post("/logout", &[]).await.expect_redirect("/login");
    let again = browser.post("/logout", &[("next", "/orders")]).await;
    again.expect_redirect("/orders");
    browser
        .get("/logout?next=%2Forders")
        .await
        .expect_redirect("/orders");
    browser.get("/logout").await.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_redirects_to_trusted_origins_only() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    app.register(ADA).await;
    for (next, target) in [
        (
            "https://app.example.com/bye?x=1",
            "https://app.example.com/bye?x=1",
        ),
        ("https://evil.example/", "/login"),
        ("//evil.example", "/login"),
        (r"/\evil.example", "/login"),
        ("", "/login"),
    ] {
        let browser = app.sign_in(ADA).await;
        let response = browser.post("/logout", &[("next", next)]).await;
        response.expect_redirect(target);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_site_request_cannot_sign_out() {
    let app = TestApp::start();
    let browser = app.register(ADA).await.with_fetch_site(Some("cross-site"));
    browser.post("/logout", &[]).await.expect_status(403);
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_password_url_redirects_to_the_profile() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for client in [&browser, &app.browser()] {
        let redirect = client.get("/.well-known/change-password").await;
        redirect.expect_redirect("/account/profile");
    }
    let page = browser.get("/account/profile").await.expect_status(200);
    page.expect_text("autocomplete=\"new-password\"");
}

/// An app links to the sign-in page. The user then creates an account and continues to the app.
#[tokio::test(flavor = "multi_thread")]
async fn return_address_survives_sign_in_and_registration_pages() {
    let app = TestApp::start();
    let wanted = "/orders?page=2&q=a%20b";
    let browser = app.browser();
    let login = browser
        .get(&narthex::http::paths::with_next("/login", wanted))
        .await;
    let register = narthex::http::paths::with_next("/register", wanted);
    let escaped = register.replace('&', "&#38;");
    assert!(
        login.text.contains(&format!("href=\"{register}\""))
            || login.text.contains(&format!("href=\"{escaped}\"")),
        "{login}"
    );
    let page = browser.get(&register).await.expect_status(200);
    assert_eq!(page.field("next"), wanted);
    let back = narthex::http::paths::with_next("/login", wanted);
    page.expect_text(&format!("href=\"{back}\""));
    let form = [
        ("name", "Ada"),
        ("email", ADA),
        ("password", "short"),
        ("next", wanted),
    ];
    let refused = browser.post("/register", &form).await.expect_status(422);
    assert_eq!(refused.field("next"), wanted);
    let form = [
        ("name", "Ada"),
        ("email", ADA),
        ("password", PASSWORD),
        ("next", wanted),
    ];
    browser
        .post("/register", &form)
        .await
        .expect_redirect(wanted);
    browser.get(&register).await.expect_redirect(wanted);
    let untrusted = [
        ("name", "B"),
        ("email", "b@example.com"),
        ("password", PASSWORD),
        ("next", "//evil.example"),
    ];
    let other = app.browser().post("/register", &untrusted).await;
    other.expect_redirect("/account");
}

/// A trusted proxy or the `Origin` header reports that the browser used http.
#[tokio::test(flavor = "multi_thread")]
async fn http_request_is_redirected_to_https() {
    let app = TestApp::start_with(&[
        ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let anonymous = app.anonymous();
    let send = |method: Method, path: &str, headers: &[(&str, &str)]| {
        let request = anonymous
            .request(method, path)
            .header("host", "id.example.com");
        let headers = headers.iter();
        anonymous.send(headers.fold(request, |request, (name, value)| {
            request.header(*name, *value)
        }))
    };
    let from_http = ("x-forwarded-proto", "http");
    for proto in ["http", "http, https"] {
        let redirect = send(
            Method::GET,
            "/login?next=%2Fa",
            &[("x-forwarded-proto", proto)],
        )
        .await;
        let redirect = redirect.expect_status(308);
        assert_eq!(
            redirect.location(),
            "https://id.example.com/login?next=%2Fa"
        );
    }
    for headers in [
        &[][..],
        &[("x-forwarded-proto", "https")],
        // Browsers send `Sec-Fetch-Site` over https only, so the proxy's header is wrong. A
        // redirect would cause a loop.
        &[from_http, ("sec-fetch-site", "none")],
    ] {
        send(Method::GET, "/login", headers)
            .await
            .expect_status(200);
    }
    for (origin, kind) in [
        ("http://id.example.com", "https://id.example.com"),
        ("http://id.example.com:8080", "https://id.example.com"),
        ("http://evil.example", "Open the page here"),
    ] {
        let headers = [
            ("origin", origin),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let refused = send(Method::POST, "/login", &headers).await;
        refused.expect_status(403).expect_text(kind);
    }
}
