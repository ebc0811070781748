//! Making an account.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::page::{ADA, expect_field_errors};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_makes_an_account_is_signed_in_by_that() {
    let app = TestApp::start();
    let browser = app.browser();
    let form = [
        ("name", "Ada Lovelace"),
        ("email", ADA),
        ("password", PASSWORD),
    ];
    let made = browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let page = browser.follow(&made).await.expect_status(200);
    page.expect_text("Ada Lovelace").expect_text(ADA);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_that_is_wrong_is_named_at_once_and_nothing_typed_is_lost_but_the_password() {
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
async fn a_form_without_its_fields_is_refused_like_an_empty_one() {
    let app = TestApp::start();
    let page = app.browser().post("/register", &[]).await;
    expect_field_errors(page, &["name", "email", "password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_account_however_it_is_written() {
    let app = TestApp::start();
    app.register(ADA).await;
    for again in [
        ADA,
        "ADA@example.com",
        " ada@EXAMPLE.com ",
        "ａda@example.com",
    ] {
        let form = [("name", "Ada"), ("email", again), ("password", PASSWORD)];
        let page = app.browser().post("/register", &form).await;
        expect_field_errors(page, &["email"]).expect_no_text(PASSWORD);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_refused() {
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
    for (length, taken) in [
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
            if taken {
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
async fn one_s_own_name_or_address_is_no_password() {
    let app = TestApp::start();
    let (name, email) = ("Augusta Ada King", "ada.lovelace@example.com");
    for own in [name, email, "ADA.LOVELACE@example.com", "augusta ada king"] {
        let form = [("name", name), ("email", email), ("password", own)];
        expect_field_errors(app.browser().post("/register", &form).await, &["password"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_address_and_name_of_short_words_are_no_password() {
    let app = TestApp::start();
    let name = "Al Bo Cy Di Ed Fy";
    for (name, email, own) in [
        ("Jo", "jo@example.test", "jo@example.test"),
        ("Jo", "jo@example.test", "JO.EXAMPLE.TEST"),
        ("Jo", "j.k1l2m3n@o.pq", "jk1l2m3n jk1l2m3n"),
        (name, "zz@qq.test", name),
    ] {
        let form = [("name", name), ("email", email), ("password", own)];
        expect_field_errors(app.browser().post("/register", &form).await, &["password"]);
    }
    // And where it is changed.
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
    for own in [name, "zz@qq.test zz@qq.test"] {
        let form = [("current_password", PASSWORD), ("password", own)];
        expect_field_errors(
            browser.post("/account/password", &form).await,
            &["password"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_sent_twice_is_refused() {
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
async fn fields_that_nobody_asked_for_change_nothing() {
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
async fn where_registration_is_closed_nobody_is_invited_and_nothing_is_made() {
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
async fn who_is_signed_in_is_led_to_the_account() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    browser.get("/register").await.expect_redirect("/account");
    browser.get("/login").await.expect_redirect("/account");
    browser.get("/").await.expect_redirect("/account");
    app.browser().get("/").await.expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_shown_as_text_and_never_as_markup() {
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
