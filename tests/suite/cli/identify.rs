//! `narthex token identify`: the operator has found a secret, for example in a log.

use narthex::util::clock::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::text;
use crate::support::binary::Outcome;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

fn operator() -> Operator {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator
}

fn identify(operator: &Operator, input: &str) -> Outcome {
    operator
        .narthex
        .run_with_input(&["token", "identify"], input)
}

fn identify_as_json(operator: &Operator, secret: &str) -> Value {
    let arguments = ["token", "identify", "--json"];
    let outcome = operator.narthex.run_with_input(&arguments, secret);
    serde_json::from_str(&outcome.expect_code(0).stdout).expect("JSON")
}

/// Returns the state of the secret in JSON, and the line of text about it.
fn state(operator: &Operator, secret: &str) -> (String, String) {
    let output = identify(operator, secret).expect_code(0).stdout;
    let line = output.lines().find_map(|line| line.strip_prefix("State"));
    let line = line.unwrap_or_else(|| panic!("no state: {output}")).trim();
    let state = &identify_as_json(operator, secret)["state"];
    (state.as_str().expect("a state").to_owned(), line.to_owned())
}

/// Returns the last line, which advises the operator.
fn advice(operator: &Operator, secret: &str) -> String {
    let output = identify(operator, secret).expect_code(0).stdout;
    output.lines().last().expect("lines").to_owned()
}

/// Returns the time in `seconds` seconds, in microseconds.
fn seconds_from_now(seconds: i64) -> i64 {
    SystemClock.now().micros() + seconds * 1_000_000
}

#[test]
fn secret_is_identified_and_not_shown() {
    let operator = operator();
    let secret = operator.add_token(ADA, "deploy", &["--ability", "tokens:read"]);
    let id = operator.only_token_of(ADA);
    let outcome = identify(&operator, &secret).expect_code(0);
    assert_eq!(outcome.stderr, "");
    let hint = &secret[36..];
    let first = format!("This is a secret of the service token deploy (…{hint}) of {ADA}.");
    assert_eq!(outcome.stdout.lines().next(), Some(&*first));
    for line in [
        &*format!("Token      {id}"),
        "Abilities  tokens:read",
        "Created    less than a minute ago, on 20",
        "Last used  never",
        "Expires    in 90 days, on 20",
        "State      active: it is accepted",
    ] {
        let output = outcome
            .stdout
            .lines()
            .any(|output| output.starts_with(line));
        assert!(output, "{line}: {}", outcome.stdout);
    }
    assert_eq!(
        advice(&operator, &secret),
        format!("Revoke it with: narthex token revoke {id}")
    );
    assert!(!outcome.stdout.contains(&secret[4..36]));

    let json = identify_as_json(&operator, &secret);
    let listed = operator.json(&["token", "list", ADA]);
    assert_eq!(json["token"], listed["data"][0]);
    assert_eq!(json["user"], operator.json(&["user", "list"])["data"][0]);
    assert_eq!(json["secret_valid_until"], Value::Null);
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["user", "token", "state", "secret_valid_until"]);
    assert!(!json.to_string().contains(&secret[4..36]));
}

#[test]
fn whitespace_around_the_secret_is_ignored() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &[]);
    for input in [
        format!("{secret}\n"),
        format!("{secret}\r\n"),
        format!("\n\t  {secret}  \n\n"),
    ] {
        identify(&operator, &input).expect_code(0);
    }
}

#[test]
fn malformed_secret_and_unknown_secret_get_different_errors() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &[]);
    let other = if secret.ends_with('0') { "1" } else { "0" };
    for (input, reason) in [
        ("", "there is no secret on the standard input"),
        (" \n", "there is no secret on the standard input"),
        ("ghp_0123456789", "10 characters come after the prefix"),
        (&secret[1..], "its checksum is wrong"),
        (&secret[2..], "it does not begin with 2 to 10"),
        (&secret[..39], "35 characters come after the prefix"),
        (&format!("{secret}x"), "37 characters come after the prefix"),
        (&format!("{secret} {secret}"), "letters and digits"),
        (
            &format!("{}{other}", &secret[..39]),
            "its checksum is wrong",
        ),
        (&"x".repeat(100_000), "it does not begin with 2 to 10"),
    ] {
        let line = identify(&operator, input).expect_error();
        assert!(line.contains(reason), "{input:?}: {line}");
        assert!(
            !line.contains(&secret[10..30]),
            "the error shows the secret: {line}"
        );
    }
    operator.run_ok(&["user", "delete", ADA, "--yes"]);
    let line = identify(&operator, &secret).expect_error();
    assert!(
        line.contains("has the form of a secret, but no token has it"),
        "{line}"
    );
}

#[test]
fn secret_is_not_accepted_as_an_argument() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &[]);
    let outcome = operator.run(&["token", "identify", &secret]);
    outcome.expect_code(2);
}

#[test]
fn terminal_prompts_for_the_secret_without_echo() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &[]);
    let (code, shown) = operator.at_a_terminal("token identify", &format!("{secret}\n"));
    assert_eq!(code, Some(0), "{shown}");
    // The terminal itself echoes input from before the prompt.
    let (_, answer) = shown.split_once("Secret: ").expect("a question");
    assert!(answer.contains("State "), "{shown}");
    assert!(!answer.contains(&secret[4..36]), "{shown}");
}

#[test]
fn state_tells_whether_the_secret_is_accepted() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &[]);
    let id = operator.only_token_of(ADA);
    let revoke = format!("Revoke it with: narthex token revoke {id}");

    operator.execute("UPDATE credentials SET paused = TRUE");
    let (name, line) = state(&operator, &secret);
    assert_eq!(name, "paused");
    assert!(line.starts_with("paused: "), "{line}");
    assert_eq!(advice(&operator, &secret), revoke);
    operator.execute("UPDATE credentials SET paused = FALSE");

    operator.execute("UPDATE users SET disabled_at = created_at");
    let (name, line) = state(&operator, &secret);
    assert_eq!(name, "user_disabled");
    assert!(line.contains("its user is disabled"), "{line}");
    assert!(identify_as_json(&operator, &secret)["user"]["disabled_at"].is_string());
    assert_eq!(advice(&operator, &secret), revoke);
    operator.execute("UPDATE users SET disabled_at = NULL");

    let expiry = seconds_from_now(-1);
    operator.execute(&format!("UPDATE credentials SET expires_at = {expiry}"));
    assert_eq!(state(&operator, &secret).0, "expired");
    // A node with a slow clock may still accept it.
    assert_eq!(advice(&operator, &secret), revoke);
    operator.execute("UPDATE credentials SET expires_at = NULL");

    let receipt = operator.json(&["token", "revoke", &id]);
    let (name, line) = state(&operator, &secret);
    assert_eq!(name, "ended");
    let receipt = receipt["id"].as_str().expect("an id");
    assert!(
        line.starts_with("revoked less than a minute ago, on 20")
            && line.ends_with(&format!(
                ": revoked by an operator; the receipt is {receipt}"
            )),
        "{line}"
    );
    assert_eq!(
        advice(&operator, &secret),
        "There is nothing left to revoke."
    );
}

#[tokio::test]
async fn previous_secret_is_distinguished_from_the_current_one() {
    let operator = operator();
    let first = operator.add_token(ADA, "x", &[]);
    let path = format!("/api/v1/tokens/{}/rotate", operator.only_token_of(ADA));
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, "curl/8").await;
    let rotate = async |overlap: &str| {
        let body = json!({"overlap": overlap});
        let answer = browser.call(Method::POST, &path, Some(&body)).await;
        text(&answer.expect_status(200).json()["secret"])
    };
    let second = rotate("1h").await;
    let (name, line) = state(&operator, &first);
    assert_eq!(name, "live");
    assert!(line.contains("it is accepted until 20"), "{line}");
    let third = rotate("0").await;
    assert_eq!(state(&operator, &second).0, "rotated_out");
    let found = identify_as_json(&operator, &third);
    assert_eq!(found["state"], "live");
    assert_eq!(found["secret_valid_until"], Value::Null);
    let newest = identify_as_json(&operator, &second)["token"]["hint"].clone();
    assert_eq!(newest, third[36..]);
    let (_, line) = state(&operator, &second);
    assert!(line.contains("the token has a newer secret"), "{line}");
    let id = operator.only_token_of(ADA);
    let revoke = format!("Revoke it with: narthex token revoke {id}");
    assert_eq!(advice(&operator, &second), revoke);
    assert!(identify_as_json(&operator, &second)["secret_valid_until"].is_string());
}

#[tokio::test]
async fn identification_is_not_a_use() {
    let operator = operator();
    let secret = operator.add_token(ADA, "x", &[]);
    for _ in 0..2 {
        assert!(identify_as_json(&operator, &secret)["token"]["last_used_at"].is_null());
    }
    let serving = operator.serve();
    assert!(serving.accepts_token(&secret).await);
    serving.stop();
    let used = identify_as_json(&operator, &secret)["token"]["last_used_at"].clone();
    assert!(used.is_string());
    assert_eq!(
        identify_as_json(&operator, &secret)["token"]["last_used_at"],
        used
    );
}

#[tokio::test]
async fn secret_of_a_session_is_not_identified() {
    let operator = operator();
    let serving = operator.serve();
    serving.sign_in(ADA, "curl/8").await;
    // The value of a session cookie has another form. A row of class `session` with the secret of a
    // token is not found either.
    let secret = operator.add_token(ADA, "x", &[]);
    operator.execute("UPDATE credentials SET class = 'session', kind = 'other'");
    let line = identify(&operator, &secret).expect_error();
    assert!(line.contains("no token has it"), "{line}");
}
