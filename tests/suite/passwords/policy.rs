//! Passwords: acceptance, comparison and stored hashes.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher as _};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::app::{CHEAP_HASH, PASSWORD, TestApp};
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

/// Weak passwords, each with a part of the message that rejects it.
const WEAK_PASSWORDS: [(&str, &str); 10] = [
    ("fourteen chars", "at least 15 characters"),
    ("1q2w3e4r5t6y7u8i9o0p", "Many people use this password"),
    ("ManchesterUnited", "Many people use this password"),
    ("password20261122", "Many people use this password"),
    ("passwordpassword", "Many people use this password"),
    ("narthex-narthex-2026", "the name of this service"),
    ("Ada.Lovelace@Example.com", "your address"),
    ("augustakingaugusta", "your name"),
    ("xxxxxxxxxxxxxxx", "the same characters"),
    ("qwertyuiopasdfghjk", "abcdef or qwerty"),
];

#[tokio::test(flavor = "multi_thread")]
async fn weak_password_is_rejected_with_a_reason_in_every_interface() {
    let app = TestApp::start();
    let ada = app.browser();
    let form = [("name", NAME), ("email", ADA), ("password", PASSWORD)];
    ada.post("/register", &form).await.expect_status(303);
    let operator = Operator::new();
    let runs = app.state.hasher().runs();
    for (password, reason) in WEAK_PASSWORDS {
        let page = register(&app, ADA, password).await.expect_status(422);
        let page = page
            .expect_text(reason)
            .expect_text("id=\"password-fault\"");
        // The page shows what to change and never shows the password.
        page.expect_no_text(&format!("\"{password}\"\n"))
            .expect_text("aria-describedby=\"password-fault password-hint\"");

        // The page verifies the current password as well, to refuse both at once. An impossible one
        // costs no hash.
        let form = [("current_password", ""), ("password", password)];
        let page = ada.post("/account/password", &form).await;
        page.expect_status(422).expect_text(reason);

        let arguments = ["user", "add", ADA, "--name", NAME];
        let refused = operator.narthex.run_with_input(&arguments, password);
        let line = refused.expect_error();
        assert!(line.contains(reason), "{line}");
    }
    assert_eq!(
        app.state.hasher().runs(),
        runs,
        "a weak password must not be hashed"
    );
    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_password_needs_no_special_characters() {
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

/// The pairs differ in parts that other programs truncate, trim, normalize or treat as the end.
#[tokio::test(flavor = "multi_thread")]
async fn password_is_compared_completely_and_exactly() {
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
    for (number, (correct, wrong)) in pairs.into_iter().enumerate() {
        let email = format!("user{number}@example.com");
        register(&app, &email, &correct).await.expect_status(303);
        assert_eq!(sign_in(&app, &email, &wrong).await, 422, "{wrong:?}");
        assert_eq!(sign_in(&app, &email, &correct).await, 303, "{correct:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_is_allowed_in_passwords_only() {
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
async fn impossible_password_is_rejected_without_hashing() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let runs = app.state.hasher().runs();
    let (over, huge) = ("x".repeat(129), "x".repeat(1 << 20));
    for (password, status) in [("", 422), (&*over, 422), (&*huge, 413)] {
        let confirm = [("password", password)];
        let change = [
            ("current_password", password),
            ("password", "another long password"),
        ];
        let sign_in = [("email", ADA), ("password", password)];
        for (path, form) in [
            ("/login", &sign_in[..]),
            ("/account/confirm", &confirm),
            ("/account/password", &change),
            ("/account/delete", &confirm),
        ] {
            let answer = ada.post(path, form).await;
            // A signed-in browser is redirected from the sign-in page only with the right password.
            assert_eq!(answer.status, status, "{path}: {answer}");
        }
        let body = json!({"email": ADA, "password": password, "device_name": "x"});
        let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
        assert_eq!(answer.status, if status == 413 { 413 } else { 401 });
    }
    assert_eq!(app.state.hasher().runs(), runs);
}

fn stored(app: &TestApp) -> String {
    let query = "SELECT password_hash AS line FROM users";
    query_lines(app, query, query).remove(0)
}

/// Returns a hash with parameters below the current ones.
fn weak_hash(password: &str) -> String {
    let params = Params::new(64, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    weak.hash_password(password.as_bytes()).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn hash_with_old_parameters_is_renewed_at_sign_in() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let old = weak_hash(PASSWORD);
    execute(&app, &format!("UPDATE users SET password_hash = '{old}'"));
    assert_eq!(sign_in(&app, ADA, "a wrong password of hers").await, 422);
    assert_eq!(
        stored(&app),
        old,
        "a wrong password must not renew the hash"
    );

    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
    let new = stored(&app);
    assert!(new.contains(&CHEAP_HASH.to_string()), "{new}");
    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
    assert_eq!(stored(&app), new, "a current hash must not be renewed");
    ada.get("/account").await.expect_status(200);
    let answer = ada
        .post("/account/confirm", &[("password", PASSWORD)])
        .await;
    answer.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_sign_ins_renew_an_old_hash_once() {
    let app = Arc::new(TestApp::start());
    app.register(ADA).await;
    execute(
        &app,
        &format!("UPDATE users SET password_hash = '{}'", weak_hash(PASSWORD)),
    );
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let app = Arc::clone(&app);
        all.spawn(async move {
            // 503: the hasher's queue is full. The client repeats the request.
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
    // 429: as many attempts as are free were pending, and none had succeeded yet.
    assert!(statuses.iter().filter(|status| **status == 303).count() >= 5);
    let new = stored(&app);
    assert!(new.contains(&CHEAP_HASH.to_string()), "{new}");
    app.advance(std::time::Duration::from_secs(300));
    assert_eq!(sign_in(&app, ADA, PASSWORD).await, 303);
    assert_eq!(stored(&app), new);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_stored_hash_is_rejected_at_normal_cost() {
    let app = TestApp::start();
    app.register(ADA).await;
    let tag = "$c29tZXNhbHQxMjM0$Y29ycmVjdCBob3JzZSBiYXR0ZXJ5";
    for phc in [
        String::new(),
        "rubbish".to_owned(),
        format!("$argon2id$v=19$m=4194304,t=2,p=1{tag}"),
        format!("$argon2id$v=19$m=19456,t=4000000000,p=1{tag}"),
    ] {
        execute(&app, &format!("UPDATE users SET password_hash = '{phc}'"));
        let runs = app.state.hasher().runs();
        assert_eq!(sign_in(&app, ADA, PASSWORD).await, 422, "{phc}");
        assert_eq!(
            app.state.hasher().runs(),
            runs + 1,
            "a malformed hash must cost one run, like a wrong password"
        );
        assert_eq!(stored(&app), phc);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn page_shows_missing_password_requirements_while_typing() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).open().await;
    window.visit("/register").await;
    window.fill("Your name", NAME).await;
    window.fill("Email address", ADA).await;
    for (password, hint) in [
        ("twelve chars", "Characters still needed: 3"),
        ("fourteen chars", "Characters still needed: 1"),
        ("xyxyxyxyxyxyxyxy", "Avoid repeating the same characters"),
        ("abcdefghijklmnop", "Avoid sequences such as"),
        (
            "ada lovelace example.com",
            "more than your name, your address",
        ),
        ("🙂🙃🙂🙂🙃🙃🙂🙂🙂🙃🙃🙃", "Characters still needed: 3"),
        (PASSWORD, "Looks good."),
    ] {
        window.fill("Password", password).await;
        window.expect_text(hint).await;
    }
    window.screenshot("register-hint").await;
    window.expect_no_sideways_scrolling().await;
    // The hint is in a polite live region that names its field, for screen readers.
    let region = "const live = document.querySelector('output.live');
         return [live.getAttribute('aria-live'), live.htmlFor.value, live.textContent];";
    assert_eq!(
        window.evaluate(region).await,
        json!(["polite", "password", "Looks good."])
    );
    window.press("Create account").await;
    window.expect_path("/account").await;
    window.visit("/account/profile").await;
    window.fill("New password", "short").await;
    window.expect_text("Characters still needed: 10").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: use scripts/test"]
async fn page_without_scripts_shows_requirements_after_submission() {
    let app = TestApp::start();
    let window = Window::at(&app.origin).without_scripts().open().await;
    window.visit("/register").await;
    window.expect_text("At least 15 characters.").await;
    window.fill("Your name", NAME).await;
    window.fill("Email address", ADA).await;
    window.fill("Password", "xyxyxyxyxyxyxyxy").await;
    window.press("Create account").await;
    window
        .expect_text("Avoid repeating the same characters")
        .await;
    window.fill("Password", PASSWORD).await;
    window.press("Create account").await;
    window.expect_path("/account").await;
    window.close().await;
}
