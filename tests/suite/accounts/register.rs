//! Registration.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, expect_field_errors};

#[tokio::test(flavor = "multi_thread")]
async fn registering_signs_the_user_in() {
    let app = TestApp::start();
    let browser = app.browser();
    let form = [
        ("name", "Ada Lovelace"),
        ("email", ADA),
        ("password", PASSWORD),
    ];
    let created = browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let page = browser.follow(&created).await.expect_status(200);
    page.expect_text("Ada Lovelace").expect_text(ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_marks_every_invalid_field_and_keeps_the_input() {
    let app = TestApp::start();
    let form = [("name", " "), ("email", "ada"), ("password", "too short")];
    let page = expect_field_errors(
        app.browser().post("/register", &form).await,
        &["name", "email", "password"],
    );
    assert_eq!(page.field("name"), " ");
    assert_eq!(page.field("email"), "ada");
    assert_eq!(page.fields_named("password"), Vec::<String>::new());
    page.expect_no_text("too short");
}

#[tokio::test(flavor = "multi_thread")]
async fn form_without_fields_is_rejected_like_an_empty_one() {
    let app = TestApp::start();
    let page = app.browser().post("/register", &[]).await;
    expect_field_errors(page, &["name", "email", "password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn email_is_unique_regardless_of_case_width_and_spaces() {
    let app = TestApp::start();
    app.register(ADA).await;
    for address in [
        ADA,
        "ADA@example.com",
        " ada@EXAMPLE.com ",
        "ａda@example.com",
    ] {
        let form = [("name", "Ada"), ("email", address), ("password", PASSWORD)];
        let page = app.browser().post("/register", &form).await;
        expect_field_errors(page, &["email"]).expect_no_text(PASSWORD);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_email_is_rejected() {
    let app = TestApp::start();
    let long = format!("{}@example.com", "a".repeat(250));
    for email in [
        "ada",
        "@example.com",
        "ada@",
        "a@b@c",
        "a b@c.de",
        "<a@b.de>",
        "a@b.de,c@d.de",
        &long,
    ] {
        let form = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
        expect_field_errors(app.browser().post("/register", &form).await, &["email"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_has_1_to_255_characters_and_is_trimmed() {
    let app = TestApp::start();
    let longest = "é".repeat(255);
    let form = [
        ("name", &*format!(" {longest} ")),
        ("email", ADA),
        ("password", PASSWORD),
    ];
    let browser = app.browser();
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    assert_eq!(browser.get("/api/v1/user").await.json()["name"], longest);
    let longer = "é".repeat(256);
    let form = [
        ("name", &*longer),
        ("email", "x@example.com"),
        ("password", PASSWORD),
    ];
    expect_field_errors(app.browser().post("/register", &form).await, &["name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_has_15_to_128_characters() {
    let app = TestApp::start();
    for (length, accepted) in [
        (14, false),
        (15, true),
        (64, true),
        (128, true),
        (129, false),
    ] {
        let kinds = ["some letters ", "éèêëàâîïôûç", "🙂🙃😀😉😇", " . ,  ;"];
        for (kind, letters) in kinds.into_iter().enumerate() {
            let (email, password) = (
                format!("user{kind}-{length}@example.com"),
                letters.chars().cycle().take(length).collect::<String>(),
            );
            let form = [
                ("name", "Ada"),
                ("email", &*email),
                ("password", &*password),
            ];
            let answer = app.browser().post("/register", &form).await;
            if accepted {
                answer.expect_redirect("/account");
                let form = [("email", &*email), ("password", &*password)];
                app.browser()
                    .post("/login", &form)
                    .await
                    .expect_redirect("/account");
            } else {
                expect_field_errors(answer, &["password"]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn password_equal_to_name_or_email_is_rejected() {
    let app = TestApp::start();
    let (name, email) = ("Augusta Ada King", "ada.lovelace@example.com");
    for personal in [name, email, "ADA.LOVELACE@example.com", "augusta ada king"] {
        let form = [("name", name), ("email", email), ("password", personal)];
        expect_field_errors(app.browser().post("/register", &form).await, &["password"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn password_of_short_words_of_name_or_email_is_rejected() {
    let app = TestApp::start();
    let name = "Al Bo Cy Di Ed Fy";
    for (name, email, personal) in [
        ("Jo", "jo@example.test", "jo@example.test"),
        ("Jo", "jo@example.test", "JO.EXAMPLE.TEST"),
        ("Jo", "j.k1l2m3n@o.pq", "jk1l2m3n jk1l2m3n"),
        (name, "zz@qq.test", name),
    ] {
        let form = [("name", name), ("email", email), ("password", personal)];
        expect_field_errors(app.browser().post("/register", &form).await, &["password"]);
    }
    // The same rule holds for a password change.
    let browser = app.browser();
    let form = [
        ("name", name),
        ("email", "zz@qq.test"),
        ("password", PASSWORD),
    ];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    for personal in [name, "zz@qq.test zz@qq.test"] {
        let form = [("current_password", PASSWORD), ("password", personal)];
        expect_field_errors(
            browser.post("/account/password", &form).await,
            &["password"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn field_sent_twice_is_rejected() {
    let app = TestApp::start();
    let form = [
        ("name", "Ada"),
        ("name", "Eve"),
        ("email", ADA),
        ("password", PASSWORD),
    ];
    expect_field_errors(app.browser().post("/register", &form).await, &["name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_form_fields_are_ignored() {
    let app = TestApp::start();
    let form = [
        ("name", "Ada"),
        ("email", ADA),
        ("password", PASSWORD),
        ("id", "1"),
        ("is_admin", "true"),
        ("created_at", "2000-01-01T00:00:00Z"),
        ("disabled_at", "2000-01-01T00:00:00Z"),
    ];
    let browser = app.browser();
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let user = browser.get("/api/v1/user").await.json();
    assert_eq!(user["created_at"], "2026-11-22T12:30:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_registration_creates_no_account_and_shows_no_link() {
    let app = TestApp::start_with(&[("NARTHEX_REGISTRATION", "closed")]);
    let browser = app.browser();
    browser
        .get("/login")
        .await
        .expect_status(200)
        .expect_no_text("/register");
    browser.get("/register").await.expect_status(403);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser.post("/register", &form).await.expect_status(403);
    browser.post("/login", &form[1..]).await.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_in_user_is_redirected_to_the_account() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser.get("/register").await.expect_redirect("/account");
    browser.get("/login").await.expect_redirect("/account");
    browser.get("/").await.expect_redirect("/account");
    app.browser().get("/").await.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn input_is_shown_as_text_and_never_as_markup() {
    let app = TestApp::start();
    let browser = app.browser();
    let name = "<b onclick=\"x\">'&amp; %253Cb%253E </title>";
    let form = [
        ("name", name),
        ("email", "\"><script>@example.com"),
        ("password", PASSWORD),
    ];
    let page = expect_field_errors(browser.post("/register", &form).await, &["email"]);
    assert_eq!(page.field("name"), name);
    page.expect_no_text("<script>").expect_no_text("<b onclick");
    let form = [("name", name), ("email", ADA), ("password", PASSWORD)];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    for path in ["/account", "/account/profile", "/account/activity"] {
        browser
            .get(path)
            .await
            .expect_status(200)
            .expect_no_text("<b onclick");
    }
    assert_eq!(browser.get("/api/v1/user").await.json()["name"], name);
    assert_eq!(browser.get("/account/profile").await.field("name"), name);
}
