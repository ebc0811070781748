//! The rows that an import creates.

use serde_json::json;

use super::{Export, content, import_all, import_some};
use crate::support::client::Browser;
use crate::support::operator::Operator;
use crate::support::user_agents::FIREFOX_ON_LINUX;

const ADA: &str = "ada@example.com";

#[test]
fn user_keeps_name_address_language_and_times() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .user_with(
            "1",
            "Ada@Example.com",
            json!({"name": "Ada\u{7} Lovelace", "language": "de-at"}),
        )
        .user_with(
            "2",
            "grace@example.com",
            json!({"created_at": "2025-01-01T00:00:00Z", "name": "", "disabled": true}),
        );
    let report = import_all(&operator, &export, &[]);
    assert_eq!(
        report["users"],
        json!({"taken": 2, "already_here": 0, "rejected": 0})
    );
    let list = operator.json(&["user", "list"]);
    let [ada, grace] = [0, 1].map(|row| &list["data"][row]);
    assert_eq!(ada["email"], "Ada@Example.com");
    assert_eq!(ada["name"], "Ada Lovelace");
    assert_eq!(ada["created_at"], "2024-05-06T07:08:09Z");
    assert_eq!(ada["disabled_at"], json!(null));
    assert_eq!(ada["language"], "de-AT");
    assert_eq!(ada["email_verified"], true);
    assert_eq!(grace["name"], "grace");
    assert_eq!(grace["language"], json!(null));
    assert_ne!(grace["disabled_at"], json!(null));
}

#[test]
fn token_keeps_name_last_use_and_expiry() {
    let operator = Operator::new();
    let export = Export::of_sanctum().user("1", ADA).token_with(
        "7",
        "1",
        json!({
            "name": "deploy",
            "created_at": "2025-01-01T00:00:00Z",
            "last_used_at": "2025-02-01T00:00:00Z",
            "expires_at": "2999-01-01T00:00:00Z",
        }),
    );
    let report = import_all(&operator, &export, &[]);
    assert_eq!(
        report["tokens"],
        json!({"taken": 1, "already_here": 0, "rejected": 0})
    );
    let token = &operator.json(&["token", "list", ADA])["data"][0];
    assert_eq!(token["name"], "deploy");
    assert_eq!(token["kind"], "personal");
    assert_eq!(token["created_at"], "2025-01-01T00:00:00Z");
    assert_eq!(token["last_used_at"], "2025-02-01T00:00:00Z");
    assert_eq!(token["expires_at"], "2999-01-01T00:00:00Z");
    assert!(
        content(&operator)
            .iter()
            .any(|line| line == "ada@example.com token.imported deploy")
    );
}

#[test]
fn expired_token_is_not_taken() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .header("expiration", 60)
        .user("1", ADA)
        .token_with("1", "1", json!({"created_at": "2025-01-01T00:00:00Z"}))
        .token_with("2", "1", json!({"expires_at": "2025-01-01T00:00:00Z"}))
        .token_with(
            "3",
            "1",
            json!({"created_at": null, "expires_at": "2999-01-01T00:00:00Z"}),
        );
    let report = import_all(&operator, &export, &[]);
    assert_eq!(report["tokens_expired"], 2);
    assert_eq!(report["tokens"]["taken"], 1);
    // The life of all tokens ends before the expiry of this one.
    let token = &operator.json(&["token", "list", ADA])["data"][0];
    assert_ne!(token["expires_at"], "2999-01-01T00:00:00Z");
}

#[test]
fn users_and_tokens_can_be_imported_one_after_the_other() {
    let operator = Operator::new();
    let export = Export::of_sanctum().user("1", ADA).token("1", "1");
    let early = import_tokens_only(&operator, &export, 1);
    assert_eq!(early, 0);
    import_all(&operator, &export, &["--only", "users"]);
    assert_eq!(operator.json(&["token", "list", ADA])["data"], json!([]));
    assert_eq!(import_tokens_only(&operator, &export, 0), 1);
}

/// Imports tokens only. Returns the number of tokens that were taken.
#[track_caller]
fn import_tokens_only(operator: &Operator, export: &Export, code: i32) -> u64 {
    let outcome = super::import(operator, export, &["--only", "tokens", "--kind", "device"]);
    let report = super::report(&outcome.expect_code(code));
    report["tokens"]["taken"].as_u64().expect("a number")
}

#[test]
fn only_the_tokens_that_were_used_last_are_taken() {
    let operator = Operator::new();
    let mut export = Export::of_sanctum().user("1", ADA);
    for number in 0..502 {
        let second = number % 60;
        let used = format!("2025-01-01T{:02}:{second:02}:00Z", number / 60);
        let more = json!({"created_at": "2024-12-01T00:00:00Z", "last_used_at": used});
        export = export.token_with(&format!("{number}"), "1", more);
    }
    let report = import_some(&operator, &export, &[]);
    assert_eq!(report["tokens"]["taken"], 500);
    assert_eq!(report["tokens"]["rejected"], 2);
    let ids = operator.query_lines(
        "SELECT foreign_id AS line FROM imported WHERE kind = 'token' ORDER BY foreign_id",
    );
    assert!(!ids.contains(&"0".to_owned()) && !ids.contains(&"1".to_owned()));
    assert_eq!(ids.len(), 500);
}

#[test]
fn map_lists_the_ids_of_users() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .header("app", "shop")
        .user("a,\"b", ADA)
        .user("17", "grace@example.com");
    import_all(&operator, &export, &[]);
    let list = operator.json(&["user", "list"]);
    let id = |email: &str| {
        let users = list["data"].as_array().expect("a list");
        let user = users.iter().find(|user| user["email"] == email);
        user.expect("a user")["id"]
            .as_str()
            .expect("an ID")
            .to_owned()
    };
    let printed = operator.run_ok(&["import", "map", "--source", "sanctum:shop"]);
    let expected = format!(
        "foreign_id,user_id\n17,{}\n\"a,\"\"b\",{}\n",
        id("grace@example.com"),
        id(ADA)
    );
    assert_eq!(printed, expected);
    let other = operator.run_ok(&["import", "map", "--source", "sanctum"]);
    assert_eq!(other, "foreign_id,user_id\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_password_is_accepted_and_rehashed() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .user_with("1", ADA, json!({"password": bcrypt_hash()}))
        .user_with("2", "b@example.com", json!({"password": "sha1$abc$def"}))
        .user_with("3", "c@example.com", json!({"password": "$2y$30$"}))
        .user_with("4", "d@example.com", json!({"password": null}));
    let report = import_all(&operator, &export, &[]);
    assert_eq!(
        report["passwords"],
        json!({"bcrypt 4": 1, "none": 1, "none, unknown scheme": 2})
    );
    let stored = || {
        operator
            .query_text("SELECT password_hash AS line FROM users WHERE email = 'ada@example.com'")
    };
    assert_eq!(stored(), bcrypt_hash());
    let serving = operator.serve();
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    assert!(stored().starts_with("$argon2id$"), "{}", stored());
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let form = [("email", "b@example.com"), ("password", "")];
    Browser::at(&serving.url)
        .post("/login", &form)
        .await
        .expect_status(422);
}

/// The hash of the usual password. The lowest cost keeps the test fast.
pub(super) fn bcrypt_hash() -> &'static str {
    "$2y$04$JIK5P4uiUXNsqWmUJwnX4uL9nmdDLxjD0QX0wXxEUsO2ndnyvynvu"
}
