//! Return addresses: after a sign-in or a re-authentication the browser goes to a path of Narthex
//! or to a URL of a trusted origin.

use crate::support::app::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";

const UNSAFE: [&str; 22] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "http://evil.example/account",
    "//evil.example@localhost",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "account",
    "?x",
    "#x",
    "/account\r\nSet-Cookie: a=b",
    "/account\0",
];

/// The URL to which a browser at our origin resolves a `Location`.
fn resolved(app: &TestApp, location: &str) -> url::Url {
    let base = url::Url::parse(&format!("{}/login", app.origin)).unwrap();
    base.join(location).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_redirects_to_next() {
    let app = TestApp::start();
    app.register(ADA).await;
    for next in [
        "/account/tokens?kind=device",
        "/account/sign-out?except=current",
        "/x@evil",
        "/",
    ] {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        app.browser()
            .post("/login", &form)
            .await
            .expect_redirect(next);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_ignores_an_unsafe_next() {
    let app = TestApp::start();
    app.register(ADA).await;
    for next in UNSAFE {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        let answer = app.browser().post("/login", &form).await;
        answer.expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reauthentication_ignores_an_unsafe_next() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for next in UNSAFE {
        let form = [("password", PASSWORD), ("next", next)];
        browser
            .post("/account/confirm", &form)
            .await
            .expect_redirect("/account");
    }
    let form = [("password", PASSWORD), ("next", "/account/tokens/new")];
    browser
        .post("/account/confirm", &form)
        .await
        .expect_redirect("/account/tokens/new");
}

#[tokio::test(flavor = "multi_thread")]
async fn encoded_next_stays_at_the_own_origin() {
    let app = TestApp::start();
    app.register(ADA).await;
    for next in [
        "%2F%2Fevil.example",
        "/%2F/evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/%5cevil.example",
    ] {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        let answer = app.browser().post("/login", &form).await.expect_status(303);
        let origin = resolved(&app, answer.location())
            .origin()
            .ascii_serialization();
        assert_eq!(origin, app.origin, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn login_page_keeps_only_a_safe_next() {
    let app = TestApp::start();
    let page = app.browser().get("/login?next=%2Faccount%2Ftokens").await;
    assert_eq!(page.fields_named("next"), ["/account/tokens"]);
    for next in UNSAFE {
        let path = narthex::http::paths::with_next("/login", next);
        let page = app.browser().get(&path).await.expect_status(200);
        assert_eq!(page.fields_named("next"), Vec::<String>::new(), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn next_is_kept_after_a_wrong_password() {
    let app = TestApp::start();
    app.register(ADA).await;
    let form = [
        ("email", ADA),
        ("password", "wrong"),
        ("next", "/account/tokens"),
    ];
    let page = app.browser().post("/login", &form).await.expect_status(422);
    assert_eq!(page.field("next"), "/account/tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn login_page_redirects_signed_in_users_to_safe_next_only() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser
        .get("/login?next=%2Faccount%2Ftokens")
        .await
        .expect_redirect("/account/tokens");
    browser
        .get("/login?next=%2F%2Fevil.example")
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn overlong_next_is_not_echoed() {
    let app = TestApp::start();
    app.register(ADA).await;
    let long = format!("/{}", "a".repeat(10_000));
    let form = [("email", ADA), ("password", PASSWORD), ("next", &*long)];
    app.browser()
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    let page = app.browser().get(&format!("/login?next={long}")).await;
    page.expect_status(200).expect_no_text("aaaaaaaaaa");
}

/// A redirect to the sign-in or the re-authentication carries the return address, unless that page
/// would ignore it.
#[tokio::test(flavor = "multi_thread")]
async fn overlong_return_address_is_omitted_from_every_location() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
    ]);
    let long = "a".repeat(10_000);
    let anonymous = app.anonymous();
    let redirect = anonymous.get(&format!("/account/tokens?x={long}")).await;
    redirect.expect_redirect("/login?next=%2Faccount%2Ftokens");
    // Without its query, this would lead to a preview of all credentials.
    let redirect = anonymous.get(&format!("/account/sign-out?id={long}")).await;
    redirect.expect_redirect("/login");
    let proxied = anonymous
        .request(reqwest::Method::GET, "/auth/verify?redirect=on")
        .header("accept", "text/html")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "app.example.com")
        .header("x-forwarded-uri", format!("/{long}"));
    let redirected = anonymous.send(proxied).await.expect_status(303);
    assert!(redirected.location().ends_with("/login"), "{redirected}");

    let browser = app.register(ADA).await;
    app.advance(std::time::Duration::from_secs(3600));
    let form = [("name", &*long), ("expires", "7d")];
    let to_confirm = browser.post("/account/tokens", &form).await;
    let confirm_path = "/account/confirm?next=%2Faccount%2Ftokens%2Fnew%3Fdraft";
    assert!(
        to_confirm.location().starts_with(confirm_path),
        "{to_confirm}"
    );
    assert!(to_confirm.location().len() < 512, "{to_confirm}");
    let unknown = "0196b2f0-0000-7000-8000-000000000000";
    let mut form = vec![("id", unknown); 300];
    form.push(("digest", "x"));
    let to_sign_out = browser.post("/account/sign-out", &form).await;
    assert!(to_sign_out.location().len() < 8192, "{to_sign_out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn next_may_be_a_url_of_a_trusted_origin_only() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    app.register(ADA).await;
    let sign_in_location = async |next: &str| {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        app.browser()
            .post("/login", &form)
            .await
            .location()
            .to_owned()
    };
    let good = "https://app.example.com/orders?page=2";
    assert_eq!(sign_in_location(good).await, good);
    for next in [
        "http://app.example.com/",
        "https://app.example.com.evil.example/",
        "https://app.example.com@evil.example/",
        "https://evil@app.example.com/",
        "https://app.example.com:8443/",
        "https://evil.example/https://app.example.com",
    ] {
        assert_eq!(sign_in_location(next).await, "/account", "{next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_returns_to_the_page_with_its_query() {
    let app = TestApp::start();
    app.register(ADA).await;
    let browser = app.browser();
    let wanted = "/account/sign-out?class=session&kind=mobile";
    let sent = browser.get(wanted).await.expect_status(303);
    let page = browser.follow(&sent).await.expect_status(200);
    let next = page.field("next");
    let form = [("email", ADA), ("password", PASSWORD), ("next", &*next)];
    browser.post("/login", &form).await.expect_redirect(wanted);
}
