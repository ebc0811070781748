//! A Laravel app with Sanctum moves to Narthex: its database is made and exported by PHP.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::real_apps::{revoke, rotate, token_pages};
use super::second_factors::sign_in_with;
use crate::support::authenticator::Authenticator;
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::programs;
use crate::support::user_agents::FIREFOX_ON_LINUX;

/// Runs the app of `tests/fixtures/import/laravel.php` and returns its output.
fn php(arguments: &[&Path]) -> String {
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/import/laravel.php"
    );
    let output = Command::new(programs::find("php", "php-cli"))
        .arg(fixture)
        .args(arguments)
        .output()
        .expect("PHP");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "install php-sqlite3 and php-illuminate-{{console,database,encryption,hashing}}: {text}{errors}"
    );
    text
}

/// Returns the standard error of a check of an export.
fn check_of(operator: &Operator, export: &str) -> String {
    let arguments = ["import", "sanctum", "-", "--check"];
    operator.narthex.run_with_input(&arguments, export).stderr
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PHP: use scripts/test"]
async fn laravel_app_moves_with_its_passwords_and_tokens() {
    let operator = Operator::new();
    let settings = "[abilities]\n\"orders:read\" = \"Read\"\n\"orders:write\" = \"Write\"\n";
    let map = "read = \"orders:read\"\n";
    let narthex = operator.narthex.with_file("narthex.toml", settings);
    let narthex = narthex.with_file("map.toml", map).with_file("app.db", "");
    let operator = Operator {
        narthex,
        database: operator.database,
    };
    let database = operator.narthex.directory().join("app.db");
    let secrets: Value = serde_json::from_str(&php(&[&database])).expect("the secrets");
    let exporter = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/import/sanctum.php");
    let export = php(&[&database, Path::new(exporter)]);

    let arguments = [
        "import",
        "sanctum",
        "-",
        "--abilities",
        "map.toml",
        "--json",
    ];
    let outcome = operator.narthex.run_with_input(&arguments, &export);
    // The app of one user was encrypted with a key that the Laravel app has not any more.
    let named = "user 4: it has an authenticator app that cannot be read";
    assert!(check_of(&operator, &export).contains(named));
    let report = super::report(&outcome.expect_code(3));
    assert_eq!(report["users"]["taken"], 5);
    assert_eq!(report["users"]["rejected"], 1);
    assert_eq!(report["tokens"]["taken"], 3);
    assert_eq!(report["tokens_expired"], 1);
    assert_eq!(
        report["second_factors"],
        json!({"taken": 1, "left_out": 0, "recovery_codes": 8, "recovery_codes_left_out": 0})
    );
    // Without Fortify's option `confirm`, an app counts at once.
    let model = Path::new("App\\Models\\UserWithoutConfirmation");
    let others = php(&[&database, Path::new(exporter), model]);
    let apps = others.matches(r#""totp":"GEZDGNBVGY3TQOJQ""#);
    assert_eq!(apps.count(), 2, "{others}");

    let operator = operator.with("NARTHEX_FOREIGN_TOKENS", "sanctum");
    let serving = operator.serve();
    let ada = serving.sign_in("ada@example.com", FIREFOX_ON_LINUX).await;
    let secret_of_app = secrets["totp"].as_str().expect("a secret");
    let code = Authenticator::of_secret(secret_of_app).code_now(0);
    let recovery_code = secrets["recovery_codes"][3].as_str().expect("a code");
    for code in [code.as_str(), recovery_code] {
        let answer = sign_in_with(&serving, "grace@example.com", code).await;
        answer.expect_status(303);
    }
    let users = operator.json(&["user", "list", "--search", "example.com"]);
    for user in users["data"].as_array().expect("a list") {
        // Noon in Berlin, where the app is.
        assert_eq!(user["created_at"], "2024-07-01T10:00:00Z");
        let is_gone = user["email"] == "gone@example.com";
        assert_eq!(user["disabled_at"] != json!(null), is_gone, "{user}");
    }
    let tokens = operator.json(&["token", "list", "ada@example.com"]);
    let token = |name: &str| {
        let tokens = tokens["data"].as_array().expect("a list");
        tokens
            .iter()
            .find(|token| token["name"] == name)
            .expect("a token")
    };
    assert_eq!(
        token("Sanctum 2.5")["abilities"],
        json!(["orders:read", "orders:write"])
    );
    assert_eq!(token("Sanctum 3.2")["last_used_at"], "2025-06-01T10:00:00Z");
    assert_eq!(secrets.as_object().expect("an object").len(), 6);

    let secret = |name: &str| secrets[name].as_str().expect("a secret");
    for name in ["long", "short", "checksum"] {
        assert!(serving.accepts_token(secret(name)).await, "{name}");
    }
    assert!(!serving.accepts_token(secret("expired")).await);
    let page = token_pages(&ada, "Sanctum 2.5").await.remove(0);
    revoke(&ada, &page).await;
    assert!(!serving.accepts_token(secret("long")).await);
    let page = token_pages(&ada, "Sanctum 3.2").await.remove(0);
    let rotated = rotate(&ada, &page).await;
    assert!(serving.accepts_token(&rotated).await);
    assert!(!serving.accepts_token(secret("short")).await);
}

#[test]
fn database_of_an_app_is_read_without_an_export() {
    let app = Operator::on(Database::empty());
    for sql in [
        // The columns of Laravel 8 with Sanctum 2, and soft deletes.
        "CREATE TABLE users (id BIGINT, name TEXT, email TEXT, password TEXT, created_at TIMESTAMP, \
         deleted_at TIMESTAMP)",
        "CREATE TABLE personal_access_tokens (id BIGINT, tokenable_type TEXT, tokenable_id BIGINT, name TEXT, \
         token TEXT, abilities TEXT, last_used_at TIMESTAMP, created_at TIMESTAMP)",
        "INSERT INTO users VALUES (1, 'Ada', 'ada@example.com', '$2y$04$x', '2024-07-01 12:00:00', NULL), \
         (2, 'Gone', 'gone@example.com', NULL, '2024-07-01 12:00:00', '2025-07-01 12:00:00'), \
         (3, 'None', NULL, NULL, NULL, NULL)",
    ] {
        app.execute(sql);
    }
    for (id, model) in [(1, "App\\Models\\User"), (2, "App\\Models\\Team")] {
        app.execute(&format!(
            "INSERT INTO personal_access_tokens VALUES ({id}, '{model}', 1, 'CI', '{id:064x}', \
             '[\"orders:read\"]', '2025-06-01 12:00:00', '2024-08-01 12:00:00')"
        ));
    }
    let operator = Operator::new();
    let settings = "[abilities]\n\"orders:read\" = \"Read\"\n";
    let operator = Operator {
        narthex: operator.narthex.with_file("narthex.toml", settings),
        database: operator.database,
    };
    let arguments = [
        "import",
        "sanctum",
        "--json",
        "--database",
        app.database.address(),
    ];
    let outcome = operator.run(&arguments).expect_code(3);
    for part in [
        "line 3: user 3: it cannot be read",
        "line 2: token 2: its owner is a App\\Models\\Team, not a user",
    ] {
        for from in [&arguments[3..], &arguments[4..]] {
            let checked = operator.run(&[&arguments[..2], from, &["--check"]].concat());
            assert!(checked.stderr.contains(part), "{part}: {checked:#?}");
        }
    }
    let report = super::report(&outcome);
    assert_eq!(report["users"]["taken"], 2);
    assert_eq!(report["users"]["rejected"], 1);
    let token = &operator.json(&["token", "list", "ada@example.com"])["data"][0];
    assert_eq!(token["abilities"], json!(["orders:read"]));
    assert_eq!(token["last_used_at"], "2025-06-01T12:00:00Z");
    let list = operator.json(&["user", "list", "--search", "gone"]);
    assert_ne!(list["data"][0]["disabled_at"], json!(null));
    // Only Laravel has these tables.
    let line = operator.run(&["import", "django", "--database", app.database.address()]);
    line.expect_code(2);
}
