//! Passwords: which are taken, how they are compared, how they are kept.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher as _};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::browser::Window;
use crate::support::operator::Operator;
use crate::support::sql::{execute, query_lines};

const ADA: &str = "ada.lovelace@example.com";
const NAME: &str = "Augusta King";

async fn register(app: &TestApp, email: &str, password: &str) -> Answer {
    let form = [("name", NAME), ("email", email), ("password", password)];
    app.browser().post("/register", &form).await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> u16 {
    let form = [("email", email), ("password", password)];
    app.browser().post("/login", &form).await.status
}

/// Passwords that are guessed first, each with words of the reason.
const GUESSED_FIRST: [(&str, &str); 10] = [
    ("fourteen chars", "at least 15 characters"),
    ("1q2w3e4r5t6y7u8i9o0p", "Many people have this password"),
    ("ManchesterUnited", "Many people have this password"),
    ("password20261122", "Many people have this password"),
    ("passwordpassword", "Many people have this password"),
    ("narthex-narthex-2026", "the name of this service"),
    ("Ada.Lovelace@Example.com", "your address"),
    ("augustakingaugusta", "your name"),
    ("xxxxxxxxxxxxxxx", "the same few characters"),
    ("qwertyuiopasdfghjk", "a row of keys"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_guessed_first_is_refused_with_the_reason_wherever_a_password_is_set() {
    let app = TestApp::start();
    let ada = app.browser();
    let form = [("name", NAME), ("email", ADA), ("password", PASSWORD)];
    ada.post("/register", &form).await.expect_status(303);
    let operator = Operator::new();
    let runs = app.context.hasher.runs();
    for (password, why) in GUESSED_FIRST {
        let page = register(&app, ADA, password).await.expect_status(422);
        let page = page.expect_text(why).expect_text("id=\"password-fault\"");
        // It says what to do, and never what was typed.
        page.expect_no_text(&format!("\"{password}\"\n"))
            .expect_text("aria-describedby=\"password-fault password-hint\"");

        let form = [("current_password", PASSWORD), ("password", password)];
        let page = ada.post("/account/password", &form).await;
        page.expect_status(422).expect_text(why);

        let arguments = ["user", "add", ADA, "--name", NAME];
        let refused = operator.narthex.run_with_input(&arguments, password);
        let line = refused.expect_error();
        assert!(line.contains(why), "{line}");
    }
    assert_eq!(app.context.hasher.runs(), runs, "nothing was hashed");
    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_password_is_taken_without_rules_about_what_is_in_it() {
    let app = TestApp::start();
    let emoji = "🙂🙃 and so on, ".repeat(10);
    let longest: String = emoji.chars().take(128).collect();
    for (number, password) in [
        "only letters and spaces",
        "exactly 15 char",
        "   leading and trailing   ",
        "כל המילים האלה ארוכות",
        &longest,
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("user{number}@example.com");
        register(&app, &email, password).await.expect_status(303);
        assert_eq!(sign_in(&app, &email, password).await, 303, "{password}");
    }
    register(&app, "x@example.com", &format!("{longest}x"))
        .await
        .expect_status(422)
        .expect_text("at most 128 characters");
}

/// Also where two differ in what other programs cut, trim, fold or take for the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_compared_whole_and_exactly_as_typed() {
    let app = TestApp::start();
    let long = "0x7f bottle ".repeat(7);
    let (start, _) = long.split_at(72);
    let pairs = [
        (format!("{start}tail"), format!("{start}liat")),
        ("a long one\0b of it".to_owned(), "a long one".to_owned()),
        (
            "a long one\0b of it".to_owned(),
            "a long one\0c of it".to_owned(),
        ),
        (
            " spaces around it ".to_owned(),
            "spaces around it".to_owned(),
        ),
        (
            "Case of each letter".to_owned(),
            "case of each letter".to_owned(),
        ),
        (
            "composed \u{e9} as one".to_owned(),
            "composed e\u{301} as one".to_owned(),
        ),
        (
            "full width ａｂｃ not".to_owned(),
            "full width abc not".to_owned(),
        ),
    ];
    for (number, (right, wrong)) in pairs.into_iter().enumerate() {
        let email = format!("user{number}@example.com");
        register(&app, &email, &right).await.expect_status(303);
        assert_eq!(sign_in(&app, &email, &wrong).await, 422, "{wrong:?}");
        assert_eq!(sign_in(&app, &email, &right).await, 303, "{right:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_is_a_character_of_a_password_and_of_no_other_text() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    for (path, form) in [
        (
            "/register",
            vec![
                ("name", "A\0"),
                ("email", "b@example.com"),
                ("password", PASSWORD),
            ],
        ),
        (
            "/register",
            vec![
                ("name", "A"),
                ("email", "b\0@example.com"),
                ("password", PASSWORD),
            ],
        ),
        (
            "/login",
            vec![("email", "b\0@example.com"), ("password", PASSWORD)],
        ),
    ] {
        app.browser().post(path, &form).await.expect_status(422);
    }
    let form = [("name", "A\0"), ("email", "ada@example.com")];
    ada.post("/account/profile", &form).await.expect_status(422);
    let form = [("name", "A\0"), ("expires", "7d")];
    ada.post("/account/tokens", &form).await.expect_status(422);
    for (path, body) in [
        ("/api/v1/tokens", json!({"name": "A\0", "abilities": []})),
        ("/api/v1/sign-out/preview", json!({"kind": "desktop\0"})),
    ] {
        ada.call(Method::POST, path, Some(&body))
            .await
            .expect_status(422);
    }
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "device_name": "A\0"});
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer.expect_status(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_password_is_refused_unhashed_wherever_one_is_asked_for() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let runs = app.context.hasher.runs();
    let (over, huge) = ("x".repeat(129), "x".repeat(1 << 20));
    for (typed, status) in [("", 422), (&*over, 422), (&*huge, 413)] {
        let confirm = [("password", typed)];
        let change = [
            ("current_password", typed),
            ("password", "another long password"),
        ];
        let sign_in = [("email", ADA), ("password", typed)];
        for (path, form) in [
            ("/login", &sign_in[..]),
            ("/account/confirm", &confirm),
            ("/account/password", &change),
            ("/account/delete", &confirm),
        ] {
            let answer = ada.post(path, form).await;
            // Signed in, one is led on from the sign-in page only with the right password.
            assert_eq!(answer.status, status, "{path}: {answer}");
        }
        let body = json!({"email": ADA, "password": typed, "device_name": "x"});
        let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
        assert_eq!(answer.status, if status == 413 { 413 } else { 401 });
    }
    assert_eq!(app.context.hasher.runs(), runs);
}

fn stored(app: &TestApp) -> String {
    let query = "SELECT password AS line FROM users";
    query_lines(app, query, query).remove(0)
}

/// A hash with parameters that were good enough once.
fn weak_hash(password: &str) -> String {
    let params = Params::new(64, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    weak.hash_password(password.as_bytes()).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_with_old_parameters_is_renewed_when_its_owner_signs_in() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let old = weak_hash(PASSWORD);
    execute(&app, &format!("UPDATE users SET password = '{old}'"));
    assert_eq!(sign_in(&app, ADA, "a wrong password of hers").await, 422);
    assert_eq!(stored(&app), old, "only the right password renews it");

    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
    let new = stored(&app);
    assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
    assert_eq!(stored(&app), new, "once is enough");
    ada.get("/account").await.expect_status(200);
    let answer = ada
        .post("/account/confirm", &[("password", PASSWORD)])
        .await;
    answer.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_sign_in_at_once_one_renews_the_hash_and_none_is_refused() {
    let app = Arc::new(TestApp::start());
    app.register(ADA).await;
    execute(
        &app,
        &format!("UPDATE users SET password = '{}'", weak_hash(PASSWORD)),
    );
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let app = Arc::clone(&app);
        all.spawn(async move {
            // 503: more at once than this machine hashes. They come back, as they are told.
            loop {
                let status = sign_in(&app, ADA, PASSWORD).await;
                if status != 503 {
                    return status;
                }
            }
        });
    }
    let statuses = all.join_all().await;
    assert!(
        statuses.iter().all(|status| [303, 429].contains(status)),
        "{statuses:?}"
    );
    // 429: as many as may be tried at once were under way, none of them known to be right yet.
    assert!(statuses.iter().filter(|status| **status == 303).count() >= 5);
    let new = stored(&app);
    assert!(new.contains("m=19456,t=2,p=1"), "{new}");
    app.advance(std::time::Duration::from_secs(300));
    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
    assert_eq!(stored(&app), new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_hash_that_is_broken_or_absurd_lets_nobody_in_and_costs_no_more_than_another() {
    let app = TestApp::start();
    app.register(ADA).await;
    let tag = "$c29tZXNhbHQxMjM0$Y29ycmVjdCBob3JzZSBiYXR0ZXJ5";
    for phc in [
        String::new(),
        "rubbish".to_owned(),
        format!("$argon2id$v=19$m=4194304,t=2,p=1{tag}"),
        format!("$argon2id$v=19$m=19456,t=4000000000,p=1{tag}"),
    ] {
        execute(&app, &format!("UPDATE users SET password = '{phc}'"));
        let runs = app.context.hasher.runs();
        assert_eq!(sign_in(&app, ADA, PASSWORD).await, 422, "{phc}");
        assert_eq!(app.context.hasher.runs(), runs + 1, "as a wrong one does");
        assert_eq!(stored(&app), phc);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_types_the_page_says_what_a_new_password_still_lacks() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/register").await;
    window.fill("Your name", NAME).await;
    window.fill("E-mail address", ADA).await;
    for (typed, said) in [
        ("twelve chars", "3 more characters."),
        ("fourteen chars", "1 more character."),
        ("xyxyxyxyxyxyxyxy", "Use more than the same few characters"),
        ("abcdefghijklmnop", "Use something else than the alphabet"),
        (
            "ada lovelace example.com",
            "not made of your name or your address",
        ),
        ("🙂🙃🙂🙂🙃🙃🙂🙂🙂🙃🙃🙃", "3 more characters."),
        (PASSWORD, "Long enough."),
    ] {
        window.fill("Password", typed).await;
        window.expect_text(said).await;
    }
    window.screenshot("register-hint").await;
    window.expect_no_sideways_scrolling().await;
    // Said by a region that a screen reader reads out when it pleases, and that names its field.
    let region = "const live = document.querySelector('output.live');
         return [live.getAttribute('aria-live'), live.htmlFor.value, live.textContent];";
    assert_eq!(
        window.evaluate(region).await,
        json!(["polite", "password", "Long enough."])
    );
    window.press("Create account").await;
    window.expect_path("/account").await;
    window.visit("/account/profile").await;
    window.fill("New password", "short").await;
    window.expect_text("10 more characters.").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_page_says_the_same_once_it_is_sent() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).without_scripts().open().await;
    window.visit("/register").await;
    window.expect_text("At least 15 characters.").await;
    window.fill("Your name", NAME).await;
    window.fill("E-mail address", ADA).await;
    window.fill("Password", "xyxyxyxyxyxyxyxy").await;
    window.press("Create account").await;
    window
        .expect_text("Use more than the same few characters")
        .await;
    window.fill("Password", PASSWORD).await;
    window.press("Create account").await;
    window.expect_path("/account").await;
    window.close().await;
}
