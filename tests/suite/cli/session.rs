//! `narthex session`: the operator lists and revokes sessions.

use serde_json::Value;

use crate::support::operator::Operator;
use crate::support::user_agents::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE};

const ADA: &str = "ada@example.com";

fn operator() -> Operator {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator
}

#[tokio::test]
async fn active_sessions_are_listed_as_text_newest_first() {
    let operator = operator();
    let outcome = operator.run(&["session", "list", ADA]).expect_code(0);
    assert_eq!(
        (&*outcome.stdout, &*outcome.stderr),
        ("", "There are no active sessions.\n")
    );

    let serving = operator.serve();
    serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    serving.sign_in(ADA, SAFARI_ON_IPHONE).await;
    let listed = operator.run_ok(&["session", "list", ADA]);
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let now = "less than a minute ago";
    let from = "less than a minute ago from 127.0.0.1";
    assert_eq!(
        rows[1][1..],
        ["mobile", now, from, "in 2 hours", "Safari on iOS"]
    );
    assert_eq!(
        rows[2][1..],
        ["desktop", now, from, "in 2 hours", "Firefox on Linux"]
    );
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn session_list_json_equals_the_api_without_a_current_session() {
    let operator = operator();
    let serving = operator.serve();
    let browser = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    let answer = browser.get("/api/v1/sessions").await.expect_status(200);
    serving.stop();
    let mut by_api = answer.json();
    assert_eq!(by_api["data"][0]["current"], true);
    by_api["data"][0]["current"] = Value::Bool(false);
    let mut by_command = operator.json(&["session", "list", ADA]);
    for list in [&mut by_api, &mut by_command] {
        list["data"][0]["last_used_at"] = Value::Null;
    }
    assert_eq!(by_command, by_api);
}

#[tokio::test]
async fn revoked_session_is_refused_by_a_running_server() {
    let operator = operator();
    let serving = operator.serve();
    let phone = serving.sign_in(ADA, SAFARI_ON_IPHONE).await;
    let id = operator.only_session_of(ADA);
    let laptop = serving.sign_in(ADA, FIREFOX_ON_LINUX).await;
    assert!(serving.is_signed_in(&phone).await);

    let output = operator.run_ok(&["session", "revoke", &id]);
    let beginning = format!("Revoked the session {id}.\nThat revoked 1 session; the receipt is ");
    assert!(output.starts_with(&beginning), "{output}");
    assert!(output.trim_end().ends_with("Safari on iOS"), "{output}");
    assert!(!serving.is_signed_in(&phone).await);
    assert!(
        serving.is_signed_in(&laptop).await,
        "the other session stays active"
    );

    let output = operator.run_ok(&["session", "revoke", &id]);
    assert_eq!(
        output,
        format!("The session {id} was revoked less than a minute ago.\n")
    );
}

#[test]
fn revoke_refuses_unknown_ids_and_ids_of_tokens() {
    let operator = operator();
    operator.add_token(ADA, "x", &[]);
    let token = operator.only_token_of(ADA);
    for id in ["01a205c5-ed92-7e57-835c-f6252ccb0444", &token] {
        let line = operator.run_err(&["session", "revoke", id]);
        assert_eq!(line, format!("there is no session {id}"));
    }
    operator.only_token_of(ADA);
    operator.run(&["session", "revoke", "x"]).expect_code(2);
}
