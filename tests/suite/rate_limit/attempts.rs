//! Password guessing: the delay grows with every failure, and no user is locked out permanently.

use std::sync::Arc;
use std::time::{Duration, Instant};

use narthex::{
    accounts,
    app_state::AppState,
    credentials::prune,
    crypto::rng::SystemRandom,
    error::Error,
    rate_limit::{self, Attempt},
};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::sql::query_lines;

const ADA: &str = "ada@example.com";
/// The number of failures that a network has free.
const FREE_PER_NETWORK: usize = 100;
const WRONG: &str = "not her password at all";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Starts an app behind a trusted proxy, so that a test can choose the client address.
fn start_behind_proxy() -> TestApp {
    TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")])
}

/// Sends a form from the client address `from`.
async fn post(browser: &Browser, from: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let request = browser
        .request(Method::POST, path)
        .header("x-forwarded-for", from)
        .form(form);
    browser.send(request).await
}

/// Tries to sign in from the client address `from` with a new browser.
async fn try_from(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    post(&app.browser(), from, "/login", &form).await
}

async fn try_directly(app: &TestApp, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    app.browser().post("/login", &form).await
}

/// Asserts a `429` and returns the seconds of its `Retry-After`.
#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer}");
    let seconds = answer
        .header("retry-after")
        .expect("a 429 must have Retry-After");
    seconds
        .parse()
        .expect("Retry-After must be a number of seconds")
}

/// Returns the text of a page without its form key, which differs on every page.
fn without_form_key(page: &Answer) -> String {
    page.text.replace(&page.field("form_key"), "")
}

/// Uses up the free attempts and one more, from a separate address, so that the account is blocked.
async fn block(app: &TestApp, email: &str) {
    for _ in 0..6 {
        try_from(app, "198.51.100.66", email, WRONG)
            .await
            .expect_status(422);
    }
    let answer = try_from(app, "198.51.100.66", email, WRONG).await;
    assert_eq!(retry_after(&answer), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn delay_grows_with_each_wrong_password_after_five_free_ones() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..5 {
        try_directly(&app, ADA, WRONG).await.expect_status(422);
    }
    for seconds in [1, 3, 5, 10, 30, 60, 120, 300, 300, 300] {
        try_directly(&app, ADA, WRONG).await.expect_status(422);
        let answer = try_directly(&app, ADA, WRONG).await;
        assert_eq!(
            retry_after(&answer),
            seconds,
            "an attempt during the delay must not count"
        );
        app.advance(Duration::from_secs(seconds) - Duration::from_millis(1));
        let answer = try_directly(&app, ADA, WRONG).await;
        assert_eq!(retry_after(&answer), 1, "Retry-After must be rounded up");
        app.advance(Duration::from_millis(1));
    }
    try_directly(&app, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn early_attempt_shows_the_form_with_the_remaining_delay() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..6 {
        try_directly(&app, ADA, WRONG).await;
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
async fn early_attempt_is_answered_after_the_rejection_delay() {
    // The rejection delay. It is a lower bound, so it holds on a slow machine.
    const REJECTION_DELAY: Duration = Duration::from_millis(50);
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..6 {
        try_directly(&app, ADA, WRONG).await;
    }
    let started = Instant::now();
    try_directly(&app, ADA, WRONG).await.expect_status(429);
    assert!(started.elapsed() >= REJECTION_DELAY);
    let body = json!({"email": ADA, "password": WRONG, "device_name": "x"});
    let started = Instant::now();
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer.expect_status(429);
    assert!(started.elapsed() >= REJECTION_DELAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn correct_password_is_rejected_like_a_wrong_one_during_delay() {
    let app = start_behind_proxy();
    app.register(ADA).await;
    block(&app, ADA).await;
    let runs = app.state.hasher().runs();
    let wrong = try_from(&app, "203.0.113.5", ADA, WRONG).await;
    let right = try_from(&app, "203.0.113.5", ADA, PASSWORD).await;
    assert_eq!(wrong.status, right.status);
    assert_eq!(without_form_key(&wrong), without_form_key(&right));
    assert_eq!(right.status, 429);
    assert!(right.headers_named("set-cookie").is_empty());
    assert_eq!(
        app.state.hasher().runs(),
        runs,
        "a rejected attempt must not be hashed"
    );
    app.advance(Duration::from_secs(1));
    let answer = try_from(&app, "203.0.113.5", ADA, PASSWORD).await;
    answer.expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_attempt_is_neither_hashed_nor_counted() {
    let app = TestApp::start();
    app.register(ADA).await;
    let runs = app.state.hasher().runs();
    let long = "x".repeat(129);
    for _ in 0..20 {
        for (email, password) in [
            ("", WRONG),
            ("ada", WRONG),
            ("a\0da@example.com", WRONG),
            (ADA, ""),
            (ADA, &*long),
        ] {
            try_directly(&app, email, password).await.expect_status(422);
        }
    }
    assert_eq!(app.state.hasher().runs(), runs);
    try_directly(&app, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    assert_eq!(app.state.hasher().runs(), runs + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_disabled_accounts_are_limited_identically() {
    let app = start_behind_proxy();
    app.register(ADA).await;
    app.register("off@example.com").await;
    let disabled = app.user_id("off@example.com").await;
    accounts::disable(&app.state, disabled).await.unwrap();
    let mut all_responses = Vec::new();
    for (from, email) in [
        ("198.51.100.1", ADA),
        ("198.51.100.2", "nobody@example.com"),
        ("198.51.100.3", "off@example.com"),
    ] {
        let mut responses = Vec::new();
        let runs = app.state.hasher().runs();
        for _ in 0..9 {
            let answer = try_from(&app, from, email, WRONG).await;
            let mut headers: Vec<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| *name != "date" && *name != "content-length")
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            let text = without_form_key(&answer).replace(email, "");
            responses.push((answer.status, headers, text));
        }
        all_responses.push((app.state.hasher().runs() - runs, responses));
    }
    assert_eq!(all_responses[0].0, 6);
    assert_eq!(all_responses[0], all_responses[1]);
    assert_eq!(all_responses[0], all_responses[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_has_one_count_for_all_spellings_of_its_email() {
    let app = TestApp::start();
    app.register("zoë@example.com").await;
    for spelling in [
        "zoë@example.com",
        "ZOË@Example.com",
        " zoë@example.com ",
        "zoe\u{308}@example.com",
        "ｚoë@example.com",
        "zoË@example.com",
    ] {
        try_directly(&app, spelling, WRONG).await.expect_status(422);
    }
    assert_eq!(
        retry_after(&try_directly(&app, "zoë@example.com", WRONG).await),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn distributed_guessing_is_delayed_without_locking_the_account() {
    let app = start_behind_proxy();
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
async fn password_spraying_is_limited_by_client_address() {
    let app = start_behind_proxy();
    app.register(ADA).await;
    for number in 0..=FREE_PER_NETWORK {
        let email = format!("user{number}@example.com");
        try_from(&app, "198.51.100.7", &email, WRONG)
            .await
            .expect_status(422);
    }
    let answer = try_from(&app, "198.51.100.7", "one-more@example.com", WRONG).await;
    assert_eq!(retry_after(&answer), 1);
    let answer = try_from(&app, "198.51.100.7", ADA, PASSWORD).await;
    assert_eq!(
        retry_after(&answer),
        1,
        "the limit must hold for every account"
    );
    try_from(&app, "198.51.100.8", ADA, PASSWORD)
        .await
        .expect_redirect("/account");

    // The client's own success does not reset the count of its network.
    app.advance(Duration::from_secs(1));
    try_from(&app, "198.51.100.7", ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    try_from(&app, "198.51.100.7", "and-one@example.com", WRONG)
        .await
        .expect_status(422);
    let answer = try_from(&app, "198.51.100.7", "and-another@example.com", WRONG).await;
    assert_eq!(retry_after(&answer), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn successful_sign_ins_do_not_count_against_the_network() {
    let app = start_behind_proxy();
    let people: Vec<String> = (0..6).map(|one| format!("user{one}@example.com")).collect();
    for email in &people {
        app.register(email).await;
    }
    for number in 0..FREE_PER_NETWORK + 2 {
        try_from(&app, "198.51.100.7", &people[number % 6], PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_network_and_mapped_address_count_as_one_client() {
    let app = start_behind_proxy();
    let one = [
        "2001:db8:1:2::1",
        "2001:DB8:1:2:0:0:0:2",
        "[2001:db8:1:2:ffff::3]:443",
    ];
    let mapped = ["192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7:1234"];
    for (spellings, other_client) in [(one, "2001:db8:1:3::1"), (mapped, "192.0.2.8")] {
        for number in 0..=FREE_PER_NETWORK {
            let email = format!("user{number}@{}.example", other_client.len());
            try_from(&app, spellings[number % 3], &email, WRONG)
                .await
                .expect_status(422);
        }
        for spelling in spellings {
            retry_after(&try_from(&app, spelling, "more@example.com", WRONG).await);
        }
        try_from(&app, other_client, "more@example.com", WRONG)
            .await
            .expect_status(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exempt_network_is_unlimited_but_its_accounts_are_limited() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8")]);
    for number in 0..40 {
        let email = format!("user{number}@example.com");
        try_directly(&app, &email, WRONG).await.expect_status(422);
    }
    for _ in 0..6 {
        try_directly(&app, ADA, WRONG).await.expect_status(422);
    }
    retry_after(&try_directly(&app, ADA, WRONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn success_resets_the_failures_of_the_account() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..3 {
        for _ in 0..5 {
            try_directly(&app, ADA, WRONG).await.expect_status(422);
        }
        try_directly(&app, ADA, PASSWORD)
            .await
            .expect_redirect("/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_attempts_are_each_counted() {
    let app = Arc::new(TestApp::start());
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let state = app.state.clone();
        let attempt = Attempt::to_sign_in(&state, ADA, None);
        all.spawn(async move { rate_limit::record_attempt(&state, &attempt).await });
    }
    let answers = all.join_all().await;
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(
        accepted, 6,
        "the free attempts and the one that starts a delay must pass"
    );
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Ok(_) | Err(Error::Throttled(_)))),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_attempts_hash_no_more_than_sequential_ones() {
    let app = Arc::new(TestApp::start());
    app.register(ADA).await;
    let runs = app.state.hasher().runs();
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let app = Arc::clone(&app);
        all.spawn(async move { try_directly(&app, ADA, WRONG).await.status });
    }
    let statuses = all.join_all().await;
    // 503: the hasher's queue is full. The attempt is not counted.
    assert!(
        statuses
            .iter()
            .all(|status| [422, 429, 503].contains(status)),
        "{statuses:?}"
    );
    let mut refused = statuses.iter().filter(|status| **status == 422).count();
    while try_directly(&app, ADA, WRONG).await.status == 422 {
        refused += 1;
    }
    assert_eq!(refused, 6);
    assert_eq!(app.state.hasher().runs() - runs, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_shared_between_nodes_and_survive_a_restart() {
    let app = TestApp::start();
    app.register(ADA).await;
    for _ in 0..6 {
        try_directly(&app, ADA, WRONG).await.expect_status(422);
    }
    let settings = app.state.settings().clone();
    let other = AppState::open(settings, app.clock.clone(), Arc::new(SystemRandom)).unwrap();
    let address = "127.0.0.1".parse().ok();
    let attempt = Attempt::to_sign_in(&other, ADA, address);
    let refused = rate_limit::record_attempt(&other, &attempt).await;
    assert!(matches!(refused, Err(Error::Throttled(_))), "{refused:?}");
    app.advance(Duration::from_secs(1));
    rate_limit::record_attempt(&other, &attempt).await.unwrap();
    assert_eq!(retry_after(&try_directly(&app, ADA, WRONG).await), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_account_allows_confirmation_in_an_active_session() {
    let app = start_behind_proxy();
    let ada = app.register(ADA).await;
    block(&app, ADA).await;
    let form = [("password", PASSWORD)];
    ada.post("/account/confirm", &form)
        .await
        .expect_redirect("/account");
    ada.get("/account").await.expect_status(200);
    retry_after(&try_from(&app, "198.51.100.66", ADA, WRONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_has_one_count_for_all_password_prompts() {
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
    let runs = app.state.hasher().runs();
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
        assert_eq!(retry_after(&page), 1, "{path}");
        page.expect_text("Try again in 1 second.")
            .expect_text("data-wait=\"1\"")
            .expect_no_text("aria-invalid");
    }
    assert_eq!(app.state.hasher().runs(), runs);
    ada.get("/account").await.expect_status(200);

    other
        .post("/account/confirm", &right)
        .await
        .expect_redirect("/account");
    try_directly(&app, ADA, PASSWORD)
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
async fn known_location_stays_open_during_an_attack_from_elsewhere() {
    let app = start_behind_proxy();
    app.register(ADA).await;
    let (home, cafe) = ("203.0.113.5", "203.0.113.6");
    let browser = app.browser();
    let form = [("email", ADA), ("password", PASSWORD)];
    post(&browser, home, "/login", &form)
        .await
        .expect_redirect("/account");
    post(&browser, home, "/logout", &[])
        .await
        .expect_status(303);

    block(&app, ADA).await;
    retry_after(&try_from(&app, cafe, ADA, PASSWORD).await);
    try_from(&app, home, ADA, PASSWORD)
        .await
        .expect_redirect("/account");
    retry_after(&try_from(&app, "198.51.100.66", ADA, WRONG).await);

    // The known location has a separate limit.
    for _ in 0..6 {
        try_from(&app, home, ADA, WRONG).await.expect_status(422);
    }
    assert_eq!(retry_after(&try_from(&app, home, ADA, PASSWORD).await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_are_limited_by_client_address() {
    let app = start_behind_proxy();
    let register = async |from: &str, number: usize| {
        let email = format!("user{number}@example.com");
        let form = [("name", "Ada"), ("email", &*email), ("password", PASSWORD)];
        post(&app.browser(), from, "/register", &form).await
    };
    for number in 0..=FREE_PER_NETWORK {
        register("198.51.100.7", number)
            .await
            .expect_redirect("/account");
    }
    let runs = app.state.hasher().runs();
    let page = register("198.51.100.7", 1000).await;
    assert_eq!(retry_after(&page), 1);
    assert_eq!(page.field("email"), "user1000@example.com");
    page.expect_text("Try again in 1 second.")
        .expect_no_text(PASSWORD);
    let taken = register("198.51.100.7", 0).await;
    retry_after(&taken);
    assert_eq!(app.state.hasher().runs(), runs);
    register("198.51.100.8", 1000)
        .await
        .expect_redirect("/account");
    app.advance(Duration::from_secs(1));
    register("198.51.100.7", 1001)
        .await
        .expect_redirect("/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_guesses_do_not_block_registration() {
    let app = start_behind_proxy();
    block(&app, ADA).await;
    app.register(ADA)
        .await
        .get("/account")
        .await
        .expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_jump_does_not_block_sign_in() {
    let app = start_behind_proxy();
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

fn stored_counts(app: &TestApp) -> usize {
    let count = "SELECT CAST(count(*) AS text) AS line FROM attempt_counters";
    query_lines(app, count, count)[0].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_deletes_expired_counts() {
    let app = start_behind_proxy();
    app.register(ADA).await;
    block(&app, ADA).await;
    prune(&app.state).await.unwrap();
    assert!(stored_counts(&app) > 0, "a current count must remain");
    retry_after(&try_from(&app, "203.0.113.5", ADA, PASSWORD).await);
    app.advance(DAY);
    prune(&app.state).await.unwrap();
    assert_eq!(stored_counts(&app), 0);
    try_from(&app, "203.0.113.5", ADA, WRONG).await;
    app.clock.set_back(366 * DAY);
    prune(&app.state).await.unwrap();
    assert_eq!(
        stored_counts(&app),
        0,
        "a count with a time in the future must be deleted as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn email_field_is_not_stored_in_plain_text() {
    let app = TestApp::start();
    try_directly(&app, "hunter2@my-secret.example", WRONG).await;
    let rows = query_lines(
        &app,
        "SELECT hex(key) || clear_at || blocked_until AS line FROM attempt_counters",
        "SELECT row_to_json(t)::text AS line FROM attempt_counters t",
    );
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(!rows.concat().contains("hunter2") && !rows.concat().contains("my-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_email_is_rate_limited_like_registration() {
    let app = start_behind_proxy();
    let ada = app.register(ADA).await;
    app.register("grace@example.com").await;
    let form = [("name", "Ada"), ("email", "grace@example.com")];
    // Two registrations from this address were counted before.
    for _ in 0..=FREE_PER_NETWORK - 2 {
        let answer = ada.post("/account/profile", &form).await;
        answer.expect_status(422);
    }
    retry_after(&ada.post("/account/profile", &form).await);
    let name_only = [("name", "Ada King"), ("email", ADA)];
    let answer = ada.post("/account/profile", &name_only).await;
    answer.expect_status(303);
}
