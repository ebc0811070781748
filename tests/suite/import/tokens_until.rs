//! The end of imported secrets.

use narthex::util::clock::{Clock as _, SystemClock, Timestamp};
use serde_json::{Value, json};

use super::{Export, content, import, import_all};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

fn export() -> Export {
    Export::of_sanctum().user("1", ADA).token("1", "1")
}

fn end_of_the_secret(operator: &Operator) -> Value {
    let tokens = operator.json(&["token", "list", ADA]);
    tokens["data"][0]["secret_accepted_until"].clone()
}

#[test]
fn imported_secrets_end_with_the_day_that_was_chosen() {
    let operator = Operator::new();
    import_all(&operator, &export(), &["--tokens-until", "2099-06-30"]);
    assert_eq!(end_of_the_secret(&operator), "2099-06-30T23:59:59Z");
    let list = operator.run_ok(&["token", "list", "--form", "sanctum"]);
    assert!(list.contains("2099-06-30 23:59 UTC"), "{list}");
}

#[test]
fn imported_secrets_end_after_the_time_that_was_chosen() {
    let operator = Operator::new();
    let before = SystemClock.now();
    import_all(&operator, &export(), &["--tokens-until", "180d"]);
    let after = SystemClock.now();
    let end = end_of_the_secret(&operator);
    let end = Timestamp::parse(end.as_str().unwrap()).unwrap().micros();
    let days = 180 * 24 * 3600 * 1_000_000;
    // The text has whole seconds.
    assert!((before.micros() - 1_000_000..=after.micros()).contains(&(end - days)));
}

#[test]
fn imported_secrets_have_no_end_by_default() {
    let operator = Operator::new();
    import_all(&operator, &export(), &[]);
    assert_eq!(end_of_the_secret(&operator), Value::Null);
    let list = operator.run_ok(&["token", "list", "--form", "sanctum"]);
    assert!(list.contains("no end"), "{list}");
}

#[test]
fn later_import_keeps_the_expiry_of_existing_secrets() {
    let operator = Operator::new();
    import_all(&operator, &export(), &["--tokens-until", "2099-06-30"]);
    let before = content(&operator);
    let report = import_all(&operator, &export(), &["--tokens-until", "2100-01-01"]);
    assert_eq!(report["tokens"]["already_here"], 1);
    assert_eq!(report["differences"], json!([]));
    assert!(content(&operator) == before, "a row changed");
    assert_eq!(end_of_the_secret(&operator), "2099-06-30T23:59:59Z");
}

#[test]
fn end_of_imported_secrets_must_be_in_the_future() {
    let operator = Operator::new();
    for wrong in ["2020-01-01", "0", "soon", "2099-13-01"] {
        let outcome = import(&operator, &export(), &["--tokens-until", wrong]).expect_code(2);
        assert!(outcome.stderr.contains("tokens-until"), "{outcome:#?}");
    }
    assert_eq!(operator.json(&["user", "list"])["total"], 0);
}
