//! Unusual texts in forms, and how they are stored in either database.

use reqwest::Method;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, expect_field_errors, newest_token};

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_are_rejected_in_every_stored_field() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let token = format!("/account/tokens/{}", newest_token(&browser).await);
    for bad in [
        "a\0b",
        "a\nb",
        "a\r\nb",
        "a\u{1b}[31mb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{202e}b",
    ] {
        let form = [
            ("name", bad),
            ("email", "x@example.com"),
            ("password", PASSWORD),
        ];
        expect_field_errors(app.browser().post("/register", &form).await, &["name"]);
        let email = format!("{bad}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
        expect_field_errors(app.browser().post("/register", &form).await, &["email"]);
        let form = [("name", bad), ("email", ADA)];
        expect_field_errors(browser.post("/account/profile", &form).await, &["name"]);
        let form = [("name", bad), ("expires", "7d")];
        expect_field_errors(browser.post("/account/tokens", &form).await, &["name"]);
        expect_field_errors(browser.post(&token, &[("name", bad)]).await, &["name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_in_a_field_that_is_not_stored_is_harmless() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let form = [("email", "ada@example.com\0"), ("password", PASSWORD)];
    app.browser().post("/login", &form).await.expect_status(422);
    for path in [
        "/account/sessions?cursor=%00",
        "/account/tokens?cursor=%00",
        "/account/activity?cursor=%00",
        "/account/sign-out?ability=a%00b",
        "/account/sign-out?from=%00",
        "/account/sign-out?%00=%00",
    ] {
        browser.get(path).await.expect_status(422);
    }
    for path in [
        "/account/tokens/%00",
        "/account/receipts/a%00b",
        "/static/%00/%00",
        "/%00",
    ] {
        browser.get(path).await.expect_status(404);
    }
    let form = [("name", "CI"), ("expires", "7d"), ("form_key", "\0")];
    browser
        .post("/account/tokens", &form)
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_character_of_a_password_is_significant() {
    let app = TestApp::start();
    for (number, (password, other)) in [
        ("nul\0 in the middle", "nul"),
        ("nul\0 in the middle", "nul\0 in the muddle"),
        ("  spaces around it  ", "spaces around it"),
        ("Case is significant", "case is significant"),
        ("שלום עולם אבגדהו", "םולש םלוע והדגבא"),
        (
            "🙂🙃😀🙂😉🙂🙂😇🙂🙂🙃🙂🙂🙂🙂",
            "🙂🙃😀🙂😉🙂🙂😇🙂🙂🙃🙂🙂🙂🙃",
        ),
        (
            "Zo\u{eb} writes it composed",
            "Zoe\u{308} writes it composed",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("user{number}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", password)];
        app.browser()
            .post("/register", &form)
            .await
            .expect_status(303);
        let correct = [("email", &*email), ("password", password)];
        app.browser()
            .post("/login", &correct)
            .await
            .expect_status(303);
        let wrong = [("email", &*email), ("password", other)];
        app.browser()
            .post("/login", &wrong)
            .await
            .expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_character_of_a_long_password_is_significant() {
    let app = TestApp::start();
    for length in [72, 100, 127] {
        let email = format!("user{length}@example.com");
        let (password, other) = ("x".repeat(length) + "a", "x".repeat(length) + "b");
        let form = [
            ("name", "Ada"),
            ("email", &*email),
            ("password", &*password),
        ];
        app.browser()
            .post("/register", &form)
            .await
            .expect_status(303);
        let wrong = [("email", &*email), ("password", &*other)];
        app.browser()
            .post("/login", &wrong)
            .await
            .expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_that_is_not_utf_8_is_rejected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for path in [
        "/login",
        "/register",
        "/account/profile",
        "/account/password",
        "/account/tokens",
        "/account/sign-out",
        "/account/confirm",
        "/account/delete",
    ] {
        for body in [
            &b"email=%ff&password=x"[..],
            b"email=\xff",
            b"%ff=x",
            b"name=%C3%28",
            b"password=%ED%A0%80",
        ] {
            let request = browser.request(Method::POST, path);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            browser
                .send(request.body(body.to_vec()))
                .await
                .expect_status(400);
        }
    }
    browser.get("/login?next=%ff").await.expect_status(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn composed_and_decomposed_names_are_stored_as_typed() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for name in [
        "Zo\u{eb}",
        "Zoe\u{308}",
        "🙂 👩‍🚀",
        "שלום",
        "%253Cb%253E",
        "&lt;b&gt;",
        "a'; DROP TABLE users; --",
        "\u{fffd}",
        "{{7*7}}",
    ] {
        let form = [("name", name), ("email", ADA)];
        browser
            .post("/account/profile", &form)
            .await
            .expect_status(303);
        assert_eq!(browser.get("/api/v1/user").await.json()["name"], name);
        assert_eq!(browser.get("/account/profile").await.field("name"), name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn form_of_wrong_size_or_media_type_is_rejected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let long = "x".repeat(17 * 1024);
    for path in [
        "/login",
        "/register",
        "/account/profile",
        "/account/confirm",
    ] {
        browser
            .post(path, &[("password", &long)])
            .await
            .expect_status(413);
        for kind in [
            "text/plain",
            "application/json",
            "multipart/form-data; boundary=x",
        ] {
            let request = browser
                .request(Method::POST, path)
                .header("content-type", kind);
            browser
                .send(request.body("email=x"))
                .await
                .expect_status(415);
        }
    }
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn body_of_a_megabyte_is_rejected_unread() {
    let app = TestApp::start_at_root(&[]);
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        1024 * 1024
    );
    // Only the head is sent. The response must not wait for the body.
    let answer = crate::support::raw_http::exchange(&app.origin, head.as_bytes());
    assert_eq!(crate::support::raw_http::status(&answer), 413, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn overlong_password_is_rejected_like_a_wrong_one() {
    let app = TestApp::start();
    app.register(ADA).await;
    for length in [129, 513, 10_000] {
        let form = [("email", ADA), ("password", &*"x".repeat(length))];
        app.browser().post("/login", &form).await.expect_status(422);
    }
}
