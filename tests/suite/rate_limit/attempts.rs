//! Guessing: it gets slower with every wrong password, for whoever guesses, and never shuts anybody
//! out for good.

use std::sync::Arc;
use std::time::{Duration, Instant};

use narthex::{
    accounts,
    app_state::AppState,
    credentials::prune,
    crypto::rng::SystemRandom,
    error::Error,
    rate_limit::{self, Attempt},
    types::email,
};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::sql::query_lines;

const ADA: &str = "ada@example.com";
/// How many failures a network has free.
const FREE_OF_A_NETWORK: usize = 100;
const WRONG: &str = "not her password at all";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Behind a proxy, so that a test can come from anywhere.
fn behind_a_proxy() -> TestApp {
    TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")])
}

/// Sends a form from somewhere.
async fn post(browser: &Browser, from: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let request = browser
        .request(Method::POST, path)
        .header("x-forwarded-for", from)
        .form(form);
    browser.send(request).await
}

/// Tries to sign in from somewhere with a new browser.
async fn try_from(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    post(&app.browser(), from, "/login", &form).await
}

async fn try_here(app: &TestApp, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    app.browser().post("/login", &form).await
}

/// For how many seconds an answer says to stay away.
#[track_caller]
fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer}");
    let seconds = answer.header("retry-after").expect("when to come back");
    seconds.parse().expect("a number of seconds")
}

/// The text of a page with a form, without the key that each form has of its own.
fn but_for_its_key(page: &Answer) -> String {
    page.text.replace(&page.field("form_key"), "")
}

/// Uses up what is free and one more, from an address of its own, so that the account is blocked.
async fn block(app: &TestApp, email: &str) {
    for _ in 0..6 {
        try_from(app, "198.51.100.66", email, WRONG)
            .await
            .expect_status(422);
    }
    let answer = try_from(app, "198.51.100.66", email, WRONG).await;
    assert_eq!(wait(&answer), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_are_free_and_each_further_one_costs_a_longer_wait() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..5 {
        try_here(&app, ADA, WRONG).await.expect_status(422);
    }
    for seconds in [1, 3, 5, 10, 30, 60, 120, 300, 300, 300] {
        try_here(&app, ADA, WRONG).await.expect_status(422);
        let answer = try_here(&app, ADA, WRONG).await;
        assert_eq!(
            wait(&answer),
            seconds,
            "what is refused unlooked does not count"
        );
        app.advance(Duration::from_secs(seconds) - Duration::from_millis(1));
        let answer = try_here(&app, ADA, WRONG).await;
        assert_eq!(wait(&answer), 1, "rounded up, not down");
        app.advance(Duration::from_millis(1));
    }
    try_here(&app, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_too_early_sees_the_form_again_and_when_to_come_back() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..6 {
        try_here(&app, ADA, WRONG).await;
    }
    let form = [
        ("email", ADA),
        ("password", WRONG),
        ("remember", "on"),
        ("next", "/account/tokens"),
    ];
    let page = app.browser().post("/login", &form).await;
    let page = page
        .expect_status(429)
        .expect_header("retry-after", "1")
        .expect_text("Too many attempts. Try again in 1 second.")
        .expect_text("checked")
        .expect_no_text(WRONG);
    assert_eq!(page.field("email"), ADA);
    assert_eq!(page.field("next"), "/account/tokens");
    let body = json!({"email": ADA, "password": WRONG, "device_name": "x"});
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer
        .expect_header("retry-after", "1")
        .expect_problem(429, "throttled");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_too_early_is_told_after_a_moment_on_a_page_and_in_the_api() {
    // Not before it: that is so on every machine, however slow.
    const MOMENT: Duration = Duration::from_millis(50);
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..6 {
        try_here(&app, ADA, WRONG).await;
    }
    let asked = Instant::now();
    try_here(&app, ADA, WRONG).await.expect_status(429);
    assert!(asked.elapsed() >= MOMENT);
    let body = json!({"email": ADA, "password": WRONG, "device_name": "x"});
    let asked = Instant::now();
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer.expect_status(429);
    assert!(asked.elapsed() >= MOMENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_is_refused_like_a_wrong_one_until_the_wait_is_over() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    block(&app, ADA).await;
    let runs = app.context.hasher.runs();
    let wrong = try_from(&app, "203.0.113.5", ADA, WRONG).await;
    let right = try_from(&app, "203.0.113.5", ADA, PASSWORD).await;
    assert_eq!(wrong.status, right.status);
    assert_eq!(but_for_its_key(&wrong), but_for_its_key(&right));
    assert_eq!(right.status, 429);
    assert!(right.headers_named("set-cookie").is_empty());
    assert_eq!(app.context.hasher.runs(), runs, "nothing was hashed");
    app.advance(Duration::from_secs(1));
    let answer = try_from(&app, "203.0.113.5", ADA, PASSWORD).await;
    answer.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_or_no_password_is_refused_without_hashing_and_counts_for_nothing() {
    let app = TestApp::start();
    app.register(ADA).await;
    let runs = app.context.hasher.runs();
    let long = "x".repeat(129);
    for _ in 0..20 {
        for (email, password) in [
            ("", WRONG),
            ("ada", WRONG),
            ("a\0da@example.com", WRONG),
            (ADA, ""),
            (ADA, &*long),
        ] {
            try_here(&app, email, password).await.expect_status(422);
        }
    }
    assert_eq!(app.context.hasher.runs(), runs);
    try_here(&app, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    assert_eq!(app.context.hasher.runs(), runs + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_an_account_is_throttled_in_the_same_way_to_the_byte() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    app.register("off@example.com").await;
    let off = email::Email::parse("off@example.com").unwrap();
    let off = accounts::find_by_email(&app.context, &off).await.unwrap();
    accounts::disable(&app.context, off.user.id).await.unwrap();
    let mut stories = Vec::new();
    for (from, email) in [
        ("198.51.100.1", ADA),
        ("198.51.100.2", "nobody@example.com"),
        ("198.51.100.3", "off@example.com"),
    ] {
        let mut story = Vec::new();
        let runs = app.context.hasher.runs();
        for _ in 0..9 {
            let answer = try_from(&app, from, email, WRONG).await;
            let mut headers: Vec<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| *name != "date" && *name != "content-length")
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            let text = but_for_its_key(&answer).replace(email, "");
            story.push((answer.status, headers, text));
        }
        stories.push((app.context.hasher.runs() - runs, story));
    }
    assert_eq!(stories[0].0, 6);
    assert_eq!(stories[0], stories[1]);
    assert_eq!(stories[0], stories[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_one_count_however_its_address_is_written() {
    let app = TestApp::start();
    app.register("zoë@example.com").await;
    for same in [
        "zoë@example.com",
        "ZOË@Example.com",
        " zoë@example.com ",
        "zoe\u{308}@example.com",
        "ｚoë@example.com",
        "zoË@example.com",
    ] {
        try_here(&app, same, WRONG).await.expect_status(422);
    }
    assert_eq!(wait(&try_here(&app, "zoë@example.com", WRONG).await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_passwords_from_as_many_addresses_are_slowed_down_and_lock_nobody_out() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    let mut refused = 0;
    for number in 0..100 {
        let from = format!("198.51.100.{number}");
        let answer = try_from(&app, &from, ADA, WRONG).await;
        refused += usize::from(answer.status == 429);
        app.advance(Duration::from_secs(1));
    }
    assert!(refused > 80, "{refused}");
    app.advance(Duration::from_secs(300));
    let answer = try_from(&app, "203.0.113.5", ADA, PASSWORD).await;
    answer.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_over_many_accounts_from_one_address_is_stopped_by_the_address() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    for number in 0..=FREE_OF_A_NETWORK {
        let email = format!("user{number}@example.com");
        try_from(&app, "198.51.100.7", &email, WRONG)
            .await
            .expect_status(422);
    }
    let answer = try_from(&app, "198.51.100.7", "one-more@example.com", WRONG).await;
    assert_eq!(wait(&answer), 1);
    let answer = try_from(&app, "198.51.100.7", ADA, PASSWORD).await;
    assert_eq!(wait(&answer), 1, "whatever it tries");
    try_from(&app, "198.51.100.8", ADA, PASSWORD)
        .await
        .expect_redirect("/account");

    // A success of one's own wipes nothing out.
    app.advance(Duration::from_secs(1));
    try_from(&app, "198.51.100.7", ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    try_from(&app, "198.51.100.7", "and-one@example.com", WRONG)
        .await
        .expect_status(422);
    let answer = try_from(&app, "198.51.100.7", "and-another@example.com", WRONG).await;
    assert_eq!(wait(&answer), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_rightly_is_no_failure_however_many_share_an_address() {
    let app = behind_a_proxy();
    let people: Vec<String> = (0..6).map(|one| format!("user{one}@example.com")).collect();
    for email in &people {
        app.register(email).await;
    }
    for number in 0..FREE_OF_A_NETWORK + 2 {
        try_from(&app, "198.51.100.7", &people[number % 6], PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ipv6_network_and_a_mapped_address_are_one_client() {
    let app = behind_a_proxy();
    let one = [
        "2001:db8:1:2::1",
        "2001:DB8:1:2:0:0:0:2",
        "[2001:db8:1:2:ffff::3]:443",
    ];
    let mapped = ["192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7:1234"];
    for (ways, elsewhere) in [(one, "2001:db8:1:3::1"), (mapped, "192.0.2.8")] {
        for number in 0..=FREE_OF_A_NETWORK {
            let email = format!("user{number}@{}.example", elsewhere.len());
            try_from(&app, ways[number % 3], &email, WRONG)
                .await
                .expect_status(422);
        }
        for way in ways {
            wait(&try_from(&app, way, "more@example.com", WRONG).await);
        }
        try_from(&app, elsewhere, "more@example.com", WRONG)
            .await
            .expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exempt_network_is_not_throttled_but_an_account_is_from_there_too() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8")]);
    for number in 0..40 {
        let email = format!("user{number}@example.com");
        try_here(&app, &email, WRONG).await.expect_status(422);
    }
    for _ in 0..6 {
        try_here(&app, ADA, WRONG).await.expect_status(422);
    }
    wait(&try_here(&app, ADA, WRONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_forgives_the_account_what_was_wrong_before() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..3 {
        for _ in 0..5 {
            try_here(&app, ADA, WRONG).await.expect_status(422);
        }
        try_here(&app, ADA, PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_are_counted_as_fifty() {
    let app = Arc::new(TestApp::start());
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let context = app.context.clone();
        let attempt = Attempt::to_sign_in(&context, ADA, None);
        all.spawn(async move { rate_limit::count(&context, &attempt).await });
    }
    let answers = all.join_all().await;
    let through = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(through, 6, "what is free and the one that costs a wait");
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Ok(_) | Err(Error::Throttled(_)))),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_passwords_are_hashed_at_once_than_one_after_the_other() {
    let app = Arc::new(TestApp::start());
    app.register(ADA).await;
    let runs = app.context.hasher.runs();
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let app = Arc::clone(&app);
        all.spawn(async move { try_here(&app, ADA, WRONG).await.status });
    }
    let statuses = all.join_all().await;
    // 503: more at once than this machine hashes, refused uncounted.
    assert!(
        statuses
            .iter()
            .all(|status| [422, 429, 503].contains(status)),
        "{statuses:?}"
    );
    let mut refused = statuses.iter().filter(|status| **status == 422).count();
    while try_here(&app, ADA, WRONG).await.status == 422 {
        refused += 1;
    }
    assert_eq!(refused, 6);
    assert_eq!(app.context.hasher.runs() - runs, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_database_and_one_started_anew_know_what_was_counted() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..6 {
        try_here(&app, ADA, WRONG).await.expect_status(422);
    }
    let settings = app.context.settings.clone();
    let other = AppState::open(settings, app.clock.clone(), Arc::new(SystemRandom)).unwrap();
    let here = "127.0.0.1".parse().ok();
    let attempt = Attempt::to_sign_in(&other, ADA, here);
    let refused = rate_limit::count(&other, &attempt).await;
    assert!(matches!(refused, Err(Error::Throttled(_))), "{refused:?}");
    app.advance(Duration::from_secs(1));
    rate_limit::count(&other, &attempt).await.unwrap();
    assert_eq!(wait(&try_here(&app, ADA, WRONG).await), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_confirms_while_somebody_hammers_at_the_account() {
    let app = behind_a_proxy();
    let ada = app.register(ADA).await;
    block(&app, ADA).await;
    let form = [("password", PASSWORD)];
    ada.post("/account/confirm", &form)
        .await
        .expect_redirect("/account");
    ada.get("/account").await.expect_status(200);
    wait(&try_from(&app, "198.51.100.66", ADA, WRONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_has_a_count_of_its_own_wherever_it_asks_for_the_password() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    let other = app.sign_in(ADA).await;
    let wrong = [("password", WRONG)];
    let change = [
        ("current_password", WRONG),
        ("password", "another long password"),
    ];
    ada.post("/account/confirm", &wrong)
        .await
        .expect_status(422);
    ada.post("/account/password", &change)
        .await
        .expect_status(422);
    ada.post("/account/delete", &wrong).await.expect_status(422);
    for _ in 0..3 {
        ada.call(
            Method::POST,
            "/api/v1/confirm",
            Some(&json!({"password": WRONG})),
        )
        .await
        .expect_status(422);
    }
    let runs = app.context.hasher.runs();
    let body = json!({"password": PASSWORD});
    let right = [("password", PASSWORD)];
    ada.call(Method::POST, "/api/v1/confirm", Some(&body))
        .await
        .expect_header("retry-after", "1")
        .expect_problem(429, "throttled");
    for (path, form) in [
        ("/account/confirm", &right[..]),
        ("/account/password", &change),
        ("/account/delete", &right),
    ] {
        let page = ada.post(path, form).await;
        assert_eq!(wait(&page), 1, "{path}");
        page.expect_text("Try again in 1 second.")
            .expect_text("aria-describedby");
    }
    assert_eq!(app.context.hasher.runs(), runs);
    ada.get("/account").await.expect_status(200);

    other
        .post("/account/confirm", &right)
        .await
        .expect_redirect("/account");
    try_here(&app, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    app.advance(Duration::from_secs(1));
    ada.post("/account/confirm", &right)
        .await
        .expect_redirect("/account");
    for _ in 0..5 {
        ada.post("/account/confirm", &wrong)
            .await
            .expect_status(422);
    }
    ada.post("/account/confirm", &right)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_account_was_signed_in_to_before_an_attack_from_elsewhere_shuts_nobody_out() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    let (home, cafe) = ("203.0.113.5", "203.0.113.6");
    let desk = app.browser();
    let form = [("email", ADA), ("password", PASSWORD)];
    post(&desk, home, "/login", &form)
        .await
        .expect_redirect("/account");
    post(&desk, home, "/logout", &[]).await.expect_status(303);

    block(&app, ADA).await;
    wait(&try_from(&app, cafe, ADA, PASSWORD).await);
    try_from(&app, home, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    wait(&try_from(&app, "198.51.100.66", ADA, WRONG).await);

    // That place has a count of its own, not none.
    for _ in 0..6 {
        try_from(&app, home, ADA, WRONG).await.expect_status(422);
    }
    assert_eq!(wait(&try_from(&app, home, ADA, PASSWORD).await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_from_one_address_only_so_fast() {
    let app = behind_a_proxy();
    let register = async |from: &str, number: usize| {
        let email = format!("user{number}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
        post(&app.browser(), from, "/register", &form).await
    };
    for number in 0..=FREE_OF_A_NETWORK {
        register("198.51.100.7", number)
            .await
            .expect_redirect("/account");
    }
    let runs = app.context.hasher.runs();
    let page = register("198.51.100.7", 1000).await;
    assert_eq!(wait(&page), 1);
    assert_eq!(page.field("email"), "user1000@example.com");
    page.expect_text("Try again in 1 second.")
        .expect_no_text(PASSWORD);
    let taken = register("198.51.100.7", 0).await;
    wait(&taken);
    assert_eq!(app.context.hasher.runs(), runs);
    register("198.51.100.8", 1000)
        .await
        .expect_redirect("/account");
    app.advance(Duration::from_secs(1));
    register("198.51.100.7", 1001)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_guessed_at_before_it_was_made_is_made_and_signed_in_to() {
    let app = behind_a_proxy();
    block(&app, ADA).await;
    app.register(ADA)
        .await
        .get("/account")
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_blocks_nobody() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    for jump in [DAY, 366 * DAY] {
        block(&app, ADA).await;
        app.clock.set_back(jump);
        try_from(&app, "203.0.113.5", ADA, PASSWORD)
            .await
            .expect_redirect("/account");
        block(&app, ADA).await;
        app.advance(jump);
        try_from(&app, "203.0.113.5", ADA, PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

fn kept(app: &TestApp) -> usize {
    let count = "SELECT CAST(count(*) AS text) AS line FROM throttles";
    query_lines(app, count, count)[0].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_is_forgotten_in_time() {
    let app = behind_a_proxy();
    app.register(ADA).await;
    block(&app, ADA).await;
    prune(&app.context).await.unwrap();
    assert!(kept(&app) > 0, "not yet");
    wait(&try_from(&app, "203.0.113.5", ADA, PASSWORD).await);
    app.advance(DAY);
    prune(&app.context).await.unwrap();
    assert_eq!(kept(&app), 0);
    try_from(&app, "203.0.113.5", ADA, WRONG).await;
    app.clock.set_back(366 * DAY);
    prune(&app.context).await.unwrap();
    assert_eq!(kept(&app), 0, "what a wrong clock left goes as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_into_the_wrong_field_is_not_kept() {
    let app = TestApp::start();
    try_here(&app, "hunter2@my-secret.example", WRONG).await;
    let rows = query_lines(
        &app,
        "SELECT hex(key) || clear_at || blocked_until AS line FROM throttles",
        "SELECT row_to_json(t)::text AS line FROM throttles t",
    );
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(!rows.concat().contains("hunter2") && !rows.concat().contains("my-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_addresses_there_are_is_asked_no_faster_in_the_profile_than_at_registering() {
    let app = behind_a_proxy();
    let ada = app.register(ADA).await;
    app.register("grace@example.com").await;
    let form = [("name", "Ada"), ("email", "grace@example.com")];
    // Two accounts were made from here.
    for _ in 0..=FREE_OF_A_NETWORK - 2 {
        let answer = ada.post("/account/profile", &form).await;
        answer.expect_status(422);
    }
    wait(&ada.post("/account/profile", &form).await);
    let name_only = [("name", "Ada King"), ("email", ADA)];
    let answer = ada.post("/account/profile", &name_only).await;
    answer.expect_status(303);
}
