//! Users and tokens that an import does not take.

use serde_json::json;

use super::{Export, content, import, import_all, import_some};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

#[test]
fn user_with_the_address_of_an_account_is_not_taken() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let before = content(&operator);
    let export = Export::of_sanctum()
        .user_with("1", "ADA@example.com", json!({"name": "Mallory"}))
        .token("1", "1");
    let arguments = ["--rejects", "rejects.jsonl"];
    let outcome = import(&operator, &export, &arguments).expect_code(1);
    assert!(outcome.stderr.contains("nothing of the file was taken"));
    assert_eq!(content(&operator), before);
    let rejects = operator.narthex.directory().join("rejects.jsonl");
    let rejects = std::fs::read_to_string(rejects).unwrap();
    let rejects: Vec<serde_json::Value> = rejects
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rejects.len(), 2, "{rejects:?}");
    assert_eq!(rejects[0]["line"], 2);
    assert_eq!(rejects[0]["kind"], "user");
    assert_eq!(rejects[0]["id"], "1");
    assert!(
        rejects[0]["reason"]
            .as_str()
            .unwrap()
            .contains("--attach-by-email")
    );
    assert_eq!(rejects[1]["kind"], "token");
}

#[test]
fn tokens_are_attached_to_an_account_only_if_asked() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let user = operator.json(&["user", "list"])["data"][0].clone();
    let export = Export::of_sanctum()
        .user_with("1", ADA, json!({"name": "Other"}))
        .token("1", "1");
    let report = import_all(&operator, &export, &["--attach-by-email"]);
    assert_eq!(report["attached"], 1);
    assert_eq!(report["tokens"]["taken"], 1);
    assert_eq!(operator.json(&["user", "list"])["data"][0], user);
    operator.only_token_of(ADA);
    // The next run knows the account without the flag.
    let report = import_all(&operator, &export.token("2", "1"), &[]);
    assert_eq!(
        report["tokens"],
        json!({"taken": 1, "already_here": 1, "rejected": 0})
    );
}

#[test]
fn users_with_the_same_address_are_not_taken() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .user("1", ADA)
        .user("2", "ADA@EXAMPLE.COM")
        .user("3", GRACE)
        .token("1", "1")
        .token("2", "3");
    let report = import_some(&operator, &export, &[]);
    assert_eq!(report["users"]["rejected"], 2);
    assert_eq!(
        report["tokens"],
        json!({"taken": 1, "already_here": 0, "rejected": 1})
    );
    let list = operator.json(&["user", "list"]);
    assert_eq!(list["total"], 1, "{list}");
}

#[test]
fn repeated_values_stop_the_import_if_asked() {
    for export in [
        Export::of_sanctum().user("1", ADA).user("2", ADA),
        Export::of_sanctum().user("1", ADA).user("1", GRACE),
        Export::of_sanctum()
            .user("1", ADA)
            .token("1", "1")
            .token("1", "1"),
        Export::of_sanctum()
            .user("1", ADA)
            .token("1", "1")
            .token_with("2", "1", json!({"sha256": format!("{:064x}", 1)})),
    ] {
        let operator = Operator::new();
        let outcome = import(&operator, &export, &["--on-duplicate", "stop"]).expect_code(1);
        assert!(
            outcome.stderr.contains("nothing was imported"),
            "{outcome:#?}"
        );
        assert_eq!(content(&operator), Vec::<String>::new());
        import(&operator, &export, &["--on-duplicate", "skip"]);
    }
}

#[test]
fn secret_of_another_import_stops_the_import() {
    let operator = Operator::new();
    import_all(
        &operator,
        &Export::of_sanctum().user("1", ADA).token("1", "1"),
        &[],
    );
    let before = content(&operator);
    let other = Export::of_sanctum()
        .header("app", "other")
        .user("1", GRACE)
        .token_with("9", "1", json!({"sha256": format!("{:064x}", 1)}));
    for flags in [&["--check"][..], &[]] {
        let line = import(&operator, &other, flags).expect_error();
        assert!(line.contains("stopped at the token 9"), "{line}");
        assert_eq!(content(&operator), before);
    }
}

#[test]
fn broken_rows_are_named_and_skipped() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .user("1", ADA)
        .user("2", "no address")
        .user("", "x@example.com")
        .user_with("4", "y@example.com", json!({"unknown": 1}))
        .user_with("5", "z@example.com", json!({"created_at": "yesterday"}))
        .token_with("1", "1", json!({"sha256": "12"}))
        .token_with("2", "1", json!({"form": "knox"}))
        .token("3", "2")
        .token("4", "99")
        .token("5", "1");
    let outcome = import(&operator, &export, &[]).expect_code(3);
    for part in [
        "line 3: user 2: it has no valid e-mail address",
        "line 4: user : its ID is empty",
        "line 5: it cannot be read: unknown field `unknown`",
        "line 6: it cannot be read: a time is not RFC 3339",
        "line 7: token 1: its sha256 is not 64 hexadecimal digits",
        "line 8: token 2: its form is not one of this system",
        "line 9: token 3: its user was not taken",
        "line 10: token 4: its user is neither in the file nor imported",
    ] {
        let text = operator
            .narthex
            .run_with_input(&["import", "sanctum", "-", "--check"], &export.text());
        assert!(text.stderr.contains(part), "{part}: {text:#?}");
    }
    let report = super::report(&outcome);
    assert_eq!(report["users"]["taken"], 1);
    assert_eq!(report["tokens"]["taken"], 1);
}
