//! Where a browser is sent after signing in or confirming: a page of ours, or of a trusted origin.

use crate::support::app::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";

const ELSEWHERE: [&str; 22] = [
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

/// The place that a browser at our origin takes a `Location` for.
fn resolved(app: &TestApp, location: &str) -> url::Url {
    let here = url::Url::parse(&format!("{}/login", app.origin)).unwrap();
    here.join(location).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_signing_in_a_browser_is_where_it_wanted_to_be() {
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
async fn a_next_that_leads_elsewhere_is_dropped_at_signing_in() {
    let app = TestApp::start();
    app.register(ADA).await;
    for next in ELSEWHERE {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        let answer = app.browser().post("/login", &form).await;
        answer.expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_that_leads_elsewhere_is_dropped_at_confirming() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for next in ELSEWHERE {
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
async fn whatever_next_is_the_browser_stays_at_our_origin() {
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
async fn the_sign_in_page_carries_only_a_good_next() {
    let app = TestApp::start();
    let page = app.browser().get("/login?next=%2Faccount%2Ftokens").await;
    assert_eq!(page.fields_named("next"), ["/account/tokens"]);
    for next in ELSEWHERE {
        let path = narthex::http::paths::with_next("/login", next);
        let page = app.browser().get(&path).await.expect_status(200);
        assert_eq!(page.fields_named("next"), Vec::<String>::new(), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn next_survives_a_wrong_password() {
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
async fn who_is_signed_in_already_goes_on_at_once_and_not_elsewhere() {
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
async fn a_next_too_long_for_a_header_is_not_echoed() {
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

/// What leads to signing in or confirming carries the way back, but none that would be dropped there.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_that_is_too_long_is_left_out_of_every_location() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
    ]);
    let long = "a".repeat(10_000);
    let anonymous = app.anonymous();
    let asked = anonymous.get(&format!("/account/tokens?x={long}")).await;
    asked.expect_redirect("/login?next=%2Faccount%2Ftokens");
    // Without its query this would be a preview of everything.
    let asked = anonymous.get(&format!("/account/sign-out?id={long}")).await;
    asked.expect_redirect("/login");
    let proxied = anonymous
        .request(reqwest::Method::GET, "/auth/verify?redirect=on")
        .header("accept", "text/html")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "app.example.com")
        .header("x-forwarded-uri", format!("/{long}"));
    let led = anonymous.send(proxied).await.expect_status(303);
    assert!(led.location().ends_with("/login"), "{led}");

    let browser = app.register(ADA).await;
    app.advance(std::time::Duration::from_secs(3600));
    let form = [("name", &*long), ("expires", "7d")];
    let typed = browser.post("/account/tokens", &form).await;
    let way = "/account/confirm?next=%2Faccount%2Ftokens%2Fnew%3Fdraft";
    assert!(typed.location().starts_with(way), "{typed}");
    assert!(typed.location().len() < 512, "{typed}");
    let nobodys = "0196b2f0-0000-7000-8000-000000000000";
    let mut form = vec![("id", nobodys); 300];
    form.push(("digest", "x"));
    let chosen = browser.post("/account/sign-out", &form).await;
    assert!(chosen.location().len() < 8192, "{chosen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_at_a_trusted_origin_is_a_good_next_and_one_beside_it_is_none() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    app.register(ADA).await;
    let signed_in = async |next: &str| {
        let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
        app.browser()
            .post("/login", &form)
            .await
            .location()
            .to_owned()
    };
    let good = "https://app.example.com/orders?page=2";
    assert_eq!(signed_in(good).await, good);
    for next in [
        "http://app.example.com/",
        "https://app.example.com.evil.example/",
        "https://app.example.com@evil.example/",
        "https://evil@app.example.com/",
        "https://app.example.com:8443/",
        "https://evil.example/https://app.example.com",
    ] {
        assert_eq!(signed_in(next).await, "/account", "{next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_to_sign_in_leads_back_with_its_query() {
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
