//! An import that is undone.

use serde_json::json;

use super::{Export, content, import_all};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

fn undo(operator: &Operator) -> serde_json::Value {
    operator.json(&["import", "undo", "--source", "sanctum"])
}

#[test]
fn unused_users_and_tokens_are_deleted() {
    let operator = Operator::new();
    let used = json!({"last_used_at": "2025-01-01T00:00:00Z"});
    let export = Export::of_sanctum()
        .user("1", ADA)
        .user("2", GRACE)
        .token("1", "1")
        .token_with("2", "1", used);
    import_all(&operator, &export, &[]);
    let imported = content(&operator);
    assert_eq!(undo(&operator), json!({"users": 2, "tokens": 2, "kept": 0}));
    assert_eq!(content(&operator), Vec::<String>::new());
    // The next import takes them again.
    import_all(&operator, &export, &[]);
    assert_eq!(content(&operator), imported);
}

#[test]
fn used_or_changed_users_and_tokens_are_kept() {
    let operator = Operator::new();
    let export = Export::of_sanctum()
        .user("1", ADA)
        .user("2", GRACE)
        .user("3", "c@example.com")
        .token("1", "1")
        .token("2", "1")
        .token("3", "3");
    import_all(&operator, &export, &[]);
    operator.execute(
        "INSERT INTO last_uses (credential_id, at) SELECT i.id, i.imported_at + 1 FROM imported i \
         WHERE i.kind = 'token' AND i.foreign_id = '1'",
    );
    operator.run_ok(&["user", "disable", GRACE]);
    operator.run_ok(&["token", "revoke", &operator.only_token_of("c@example.com")]);
    assert_eq!(undo(&operator), json!({"users": 0, "tokens": 1, "kept": 5}));
    operator.only_token_of(ADA);
    assert_eq!(operator.json(&["user", "list"])["total"], 3);
}

#[test]
fn undo_keeps_accounts_and_imports_of_others() {
    let operator = Operator::new();
    operator.add_user(ADA);
    operator.add_token(ADA, "own", &[]);
    let before = content(&operator);
    let export = Export::of_sanctum().user("1", ADA).token("1", "1");
    import_all(&operator, &export, &["--attach-by-email"]);
    let other = Export::of_sanctum().header("app", "shop").user("1", GRACE);
    import_all(&operator, &other, &[]);
    assert_eq!(undo(&operator), json!({"users": 0, "tokens": 1, "kept": 1}));
    let list = operator.json(&["user", "list"]);
    assert_eq!(list["total"], 2, "{list}");
    operator.json(&["import", "undo", "--source", "sanctum:shop"]);
    let remaining = content(&operator);
    let events = |line: &&String| !line.contains("token.imported");
    assert_eq!(
        remaining.iter().filter(events).collect::<Vec<_>>(),
        before.iter().collect::<Vec<_>>()
    );
}
