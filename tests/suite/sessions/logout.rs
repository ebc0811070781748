//! Signing out by a link of an app, and where it leads; where password managers find the form.

use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_sign_out_shows_a_button_and_ends_nothing() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let page = browser
        .get("/logout?next=%2Forders")
        .await
        .expect_status(200);
    assert_eq!(page.field("next"), "/orders");
    page.expect_header("cache-control", "no-store");
    browser.get("/account").await.expect_status(200);
    let out = browser.post("/logout", &[("next", "/orders")]).await;
    out.expect_redirect("/orders");
    browser
        .get("/account")
        .await
        .expect_redirect("/login?next=%2Faccount");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_account_signs_nobody_out() {
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
async fn a_browser_that_is_signed_out_already_is_led_on() {
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
async fn signing_out_leads_to_trusted_origins_and_nowhere_else() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    app.register(ADA).await;
    for (next, led_to) in [
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
        let out = browser.post("/logout", &[("next", next)]).await;
        out.expect_redirect(led_to);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_signs_nobody_out() {
    let app = TestApp::start();
    let browser = app.register(ADA).await.with_fetch_site(Some("cross-site"));
    browser.post("/logout", &[]).await.expect_status(403);
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_managers_are_led_to_the_page_that_changes_it() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for who in [&browser, &app.browser()] {
        let led = who.get("/.well-known/change-password").await;
        led.expect_redirect("/account/profile");
    }
    let page = browser.get("/account/profile").await.expect_status(200);
    page.expect_text("autocomplete=\"new-password\"");
}

/// From the page that an app's link leads to, by way of an account that is yet to be made.
#[tokio::test(flavor = "multi_thread")]
async fn next_is_carried_through_every_page_in_between() {
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
    let elsewhere = [
        ("name", "B"),
        ("email", "b@example.com"),
        ("password", PASSWORD),
        ("next", "//evil.example"),
    ];
    let other = app.browser().post("/register", &elsewhere).await;
    other.expect_redirect("/account");
}

/// Whether the page was asked for by http is what a trusted proxy says, or `Origin`.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_asked_for_by_http_is_led_to_https() {
    let app = TestApp::start_with(&[
        ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let anonymous = app.anonymous();
    let ask = |method: Method, path: &str, headers: &[(&str, &str)]| {
        let request = anonymous
            .request(method, path)
            .header("host", "id.example.com");
        let headers = headers.iter();
        anonymous.send(headers.fold(request, |request, (name, value)| {
            request.header(*name, *value)
        }))
    };
    let by_http = ("x-forwarded-proto", "http");
    for proto in ["http", "http, https"] {
        let led = ask(
            Method::GET,
            "/login?next=%2Fa",
            &[("x-forwarded-proto", proto)],
        )
        .await;
        let led = led.expect_status(308);
        assert_eq!(led.location(), "https://id.example.com/login?next=%2Fa");
    }
    for headers in [
        &[][..],
        &[("x-forwarded-proto", "https")],
        // A browser says this by https alone: the proxy is mistaken, and would be led in a circle.
        &[by_http, ("sec-fetch-site", "none")],
    ] {
        ask(Method::GET, "/login", headers).await.expect_status(200);
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
        let refused = ask(Method::POST, "/login", &headers).await;
        refused.expect_status(403).expect_text(kind);
    }
}
