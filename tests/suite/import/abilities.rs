//! The abilities of imported tokens.

use serde_json::{Value, json};

use super::{Export, import, import_all, import_some, report};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

/// An installation that declares two abilities.
fn operator() -> Operator {
    let operator = Operator::new();
    let settings = "[abilities]\n\"orders:read\" = \"Read\"\n\"orders:write\" = \"Write\"\n";
    Operator {
        narthex: operator.narthex.with_file("narthex.toml", settings),
        database: operator.database,
    }
}

fn export(abilities: &Value) -> Export {
    let more = json!({"abilities": abilities});
    Export::of_sanctum()
        .user("1", ADA)
        .token_with("1", "1", more)
}

#[track_caller]
fn expect_abilities(abilities: &Value, flags: &[&str], expected: &Value) {
    let operator = with_map(operator());
    import_all(&operator, &export(abilities), flags);
    let token = &operator.json(&["token", "list", ADA])["data"][0];
    assert_eq!(&token["abilities"], expected, "{abilities}");
}

fn with_map(operator: Operator) -> Operator {
    let map =
        "\"*\" = \"account:read\"\n\"read\" = [\"orders:read\", \"orders:write\"]\n\"old\" = []\n";
    Operator {
        narthex: operator.narthex.with_file("map.toml", map),
        database: operator.database,
    }
}

#[test]
fn all_abilities_become_the_declared_ones() {
    expect_abilities(&json!(["*"]), &[], &json!(["orders:read", "orders:write"]));
    expect_abilities(&json!(["orders:read"]), &[], &json!(["orders:read"]));
    expect_abilities(&json!(null), &[], &json!([]));
}

#[test]
fn ability_becomes_what_the_map_says() {
    let map = ["--abilities", "map.toml"];
    expect_abilities(&json!(["*"]), &map, &json!(["account:read"]));
    expect_abilities(
        &json!(["read", "old", "orders:read"]),
        &map,
        &json!(["orders:read", "orders:write"]),
    );
}

#[test]
fn token_with_an_unknown_ability_is_not_taken() {
    for unknown in ["read", "orders:*", "tokens:write", "account:read"] {
        let operator = operator();
        let report = import_some(&operator, &export(&json!([unknown, "orders:read"])), &[]);
        assert_eq!(report["tokens"]["rejected"], 1, "{unknown}");
        assert_eq!(
            report["abilities"][unknown],
            json!({"tokens": 1, "becomes": null})
        );
        assert_eq!(
            report["abilities"]["orders:read"],
            json!({"tokens": 1, "becomes": "orders:read"})
        );
        assert_eq!(operator.json(&["token", "list", ADA])["data"], json!([]));
    }
}

#[test]
fn map_with_an_undeclared_ability_is_refused() {
    for (map, part) in [
        ("\"read\" = \"invoices:read\"\n", "invoices:read"),
        ("\"read\" = 1\n", "one ability or a list"),
        ("read = ", "TOML"),
    ] {
        let operator = operator();
        let narthex = operator.narthex.with_file("map.toml", map);
        let arguments = ["import", "sanctum", "-", "--abilities", "map.toml"];
        let line = narthex
            .run_with_input(&arguments, &export(&json!([])).text())
            .expect_error();
        assert!(line.contains("map.toml") && line.contains(part), "{line}");
    }
}

#[test]
fn check_lists_the_abilities_of_all_tokens() {
    let operator = operator();
    let export = export(&json!(["read"])).token_with("2", "1", json!({"abilities": ["read", "*"]}));
    let found = report(&import(&operator, &export, &["--check"]).expect_code(3));
    assert_eq!(found["abilities"]["read"]["tokens"], 2);
    assert_eq!(
        found["abilities"]["*"]["becomes"],
        "orders:read orders:write"
    );
}
