//! Password hashes of other systems, as an import leaves them in the database.

use std::collections::BTreeSet;

use narthex::crypto::password_hash::HashScheme;
use narthex::passwords::schemes::update_dummy_hashes;
use serde::Deserialize;

use crate::support::app::{CHEAP_HASH, PASSWORD, TestApp};
use crate::support::sql::{execute, query_lines};

const ADA: &str = "ada@example.com";
const CURRENT: HashScheme = HashScheme::Argon2id(CHEAP_HASH);
/// A hash of bcrypt with the least cost.
const BCRYPT: &str = "$2y$04$WQlwEKjjtAVkmhf.Zzippu0R7cG0g3EqvFo9o8DyaQoZPSd268RAq";

/// A password and its hash in the form of another system.
#[derive(Deserialize)]
struct Sample {
    password: String,
    hash: String,
}

fn samples() -> impl Iterator<Item = Sample> {
    let php = include_str!("../../fixtures/passwords/php.jsonl");
    let django = include_str!("../../fixtures/passwords/django.jsonl");
    let better_auth = include_str!("../../fixtures/passwords/better-auth.jsonl");
    let lines = [php, django, better_auth].into_iter().flat_map(str::lines);
    lines.map(|line| serde_json::from_str(line).unwrap())
}

/// Starts an app whose only user has this stored hash.
async fn app_with(hash: &str) -> TestApp {
    let app = TestApp::start();
    app.register(ADA).await;
    store(&app, hash);
    app
}

fn store(app: &TestApp, hash: &str) {
    execute(app, &format!("UPDATE users SET password_hash = '{hash}'"));
}

fn stored(app: &TestApp) -> String {
    let query = "SELECT password_hash AS line FROM users";
    query_lines(app, query, query).remove(0)
}

async fn sign_in(app: &TestApp, password: &str) -> u16 {
    let form = [("email", ADA), ("password", password)];
    app.browser().post("/login", &form).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn password_of_another_system_signs_in_and_is_rehashed() {
    let app = TestApp::start();
    app.register(ADA).await;
    for Sample { password, hash } in samples().filter(|sample| sample.password == "correct horse") {
        store(&app, &hash);
        assert_eq!(sign_in(&app, "correct house").await, 422, "{hash}");
        assert_eq!(stored(&app), hash, "a wrong password changes nothing");
        assert_eq!(sign_in(&app, &password).await, 303, "{hash}");
        let new = stored(&app);
        assert!(new.contains(&CHEAP_HASH.to_string()), "{new}");
        assert_eq!(sign_in(&app, &password).await, 303, "{hash}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bcrypt_of_a_long_password_is_kept_at_sign_in() {
    let is_long_bcrypt =
        |sample: &Sample| sample.password.len() > 72 && sample.hash.starts_with("$2y$");
    let Sample { password, hash } = samples().find(is_long_bcrypt).unwrap();
    let app = app_with(&hash).await;
    // bcrypt ignores the last characters, so a new hash could have a typing error in them.
    assert_eq!(sign_in(&app, &format!("{password}x")).await, 303);
    assert_eq!(stored(&app), hash);
    assert_eq!(sign_in(&app, &password).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_without_a_password_costs_a_hash_and_refuses() {
    let app = app_with("").await;
    for password in [PASSWORD, "x"] {
        let runs = app.state.hasher().runs();
        assert_eq!(sign_in(&app, password).await, 422);
        assert_eq!(app.state.hasher().runs(), runs + 1);
    }
    assert_eq!(sign_in(&app, "").await, 422);
    assert_eq!(stored(&app), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_address_costs_one_hash_of_its_own_scheme() {
    let app = app_with(BCRYPT).await;
    execute(
        &app,
        "INSERT INTO imported (source, kind, foreign_id, id, imported_at) \
         SELECT 'sanctum', 'user', email, id, 0 FROM users",
    );
    update_dummy_hashes(&app.state).await.unwrap();
    let bcrypt = HashScheme::Bcrypt { cost: 4 };
    let dummy = app.state.hasher().dummy_of("nobody@example.com");
    assert_eq!(dummy.scheme().unwrap(), bcrypt);
    for address in ["nobody@example.com", "no-one@example.com", ADA] {
        let runs = app.state.hasher().runs();
        let form = [("email", address), ("password", "correct house")];
        assert_eq!(app.browser().post("/login", &form).await.status, 422);
        assert_eq!(app.state.hasher().runs(), runs + 1, "{address}");
    }
}

/// The schemes of the dummy hashes of 100 addresses without an account.
fn dummy_schemes(app: &TestApp) -> Vec<HashScheme> {
    let addresses = (0..100).map(|number| format!("nobody-{number}@example.com"));
    let dummies = addresses.map(|address| app.state.hasher().dummy_of(&address));
    dummies.map(|dummy| dummy.scheme().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_addresses_have_the_schemes_of_imported_users() {
    let app = TestApp::start();
    app.register(ADA).await;
    update_dummy_hashes(&app.state).await.unwrap();
    assert_eq!(dummy_schemes(&app), [CURRENT; 100]);

    for (address, hash) in [("eve@example.com", BCRYPT), ("bob@example.com", "")] {
        app.register(address).await;
        let change = format!("UPDATE users SET password_hash = '{hash}' WHERE email = '{address}'");
        execute(&app, &change);
    }
    execute(
        &app,
        "INSERT INTO imported (source, kind, foreign_id, id, imported_at) \
         SELECT 'sanctum', 'user', email, id, 0 FROM users WHERE email = 'eve@example.com'",
    );
    let second = app.start_second(&[]);
    for node in [&app, &second] {
        update_dummy_hashes(&node.state).await.unwrap();
    }
    let schemes = dummy_schemes(&app);
    assert_eq!(dummy_schemes(&second), schemes);
    let distinct = BTreeSet::from_iter(schemes);
    assert_eq!(
        distinct,
        BTreeSet::from([CURRENT, HashScheme::Bcrypt { cost: 4 }])
    );
}
