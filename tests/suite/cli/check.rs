//! `narthex check`: failures that would stop the start, and warnings about an installation.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use narthex::db::postgres::url as postgres_url;
use serde_json::Value;

use crate::support::app::migrate;
use crate::support::binary::Narthex;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;

const SECRET_KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// Returns an installation that was started once.
fn started() -> Operator {
    let operator = Operator::on(Database::empty());
    operator.serve().stop().expect_code(0);
    operator
}

/// Runs all checks. Returns the state, the name and the detail of each.
fn results(narthex: &Narthex, code: i32) -> Vec<(String, String, String)> {
    let outcome = narthex.run(&["check", "--json"]).expect_code(code);
    let list: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let rows = list["data"].as_array().expect("a list").iter();
    rows.map(|row| {
        (
            text(&row["state"]),
            text(&row["check"]),
            text(&row["detail"]),
        )
    })
    .collect()
}

/// Expects these failures and warnings by state and name, and a detail of the last one.
#[track_caller]
fn expect(narthex: &Narthex, code: i32, problems: &[(&str, &str)], detail: &str) {
    let results = results(narthex, code);
    let all: Vec<_> = results.iter().filter(|(state, ..)| state != "ok").collect();
    let names: Vec<_> = all
        .iter()
        .map(|(state, check, _)| (&**state, &**check))
        .collect();
    assert_eq!(names, problems, "{results:#?}");
    let last = all.last().map_or("", |(.., detail)| detail);
    assert!(last.contains(detail), "{detail}: {last}");
}

/// Returns the file of an SQLite database, or `None` on PostgreSQL.
fn file_of(operator: &Operator) -> Option<PathBuf> {
    let path = operator.database.address().strip_prefix("sqlite://");
    path.map(PathBuf::from)
}

/// Returns the key file, which is in the folder of an SQLite database.
fn key_of(operator: &Operator) -> PathBuf {
    match file_of(operator) {
        Some(file) => file.with_file_name("narthex.key"),
        None => operator.narthex.directory().join("narthex.key"),
    }
}

#[test]
fn started_installation_passes_every_check() {
    let operator = started();
    let outcome = operator.run(&["check"]).expect_code(0);
    assert_eq!(outcome.stderr, "");
    let states: Vec<_> = outcome
        .stdout
        .lines()
        .map(|line| line.split("  ").next().unwrap_or_default().trim())
        .collect();
    assert!(states.iter().all(|state| *state == "ok"), "{outcome:#?}");
    let mut expected = vec![
        "settings",
        "listen",
        "public url",
        "registration",
        "languages",
        "key",
        "database",
        "tables",
    ];
    if Engine::of_this_run() == Engine::Postgres {
        expected.splice(6..6, ["encryption", "session", "connections"]);
    }
    expected.push("copy");
    if Engine::of_this_run() == Engine::Sqlite {
        expected.push("integrity");
    }
    expected.push("clock");
    let results = results(&operator.narthex, 0);
    let checks: Vec<_> = results.iter().map(|(_, check, _)| &**check).collect();
    assert_eq!(checks, expected);
}

#[test]
fn check_beside_a_running_server_changes_nothing() {
    let operator = started();
    let before = operator.json(&["user", "list"]);
    let serving = operator.serve();
    expect(&operator.narthex, 0, &[], "");
    serving.stop().expect_code(0);
    expect(&operator.narthex, 0, &[], "");
    assert_eq!(operator.json(&["user", "list"]), before);
}

#[test]
fn check_before_the_first_start_creates_nothing() {
    let operator = Operator::on(Database::empty());
    let problems = match Engine::of_this_run() {
        Engine::Sqlite => [("warn", "key"), ("warn", "database")],
        Engine::Postgres => [("warn", "key"), ("warn", "tables")],
    };
    for _ in 0..2 {
        expect(&operator.narthex, 0, &problems, "start creates");
    }
    let folder = key_of(&operator);
    let folder = folder.parent().expect("a folder");
    let made: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert!(made.is_empty(), "{made:?}");
    if Engine::of_this_run() == Engine::Postgres {
        // The table can be created, so that `check` has not created it.
        operator.execute("CREATE TABLE __diesel_schema_migrations ()");
    }
}

#[test]
fn invalid_settings_are_a_failure() {
    let narthex = Narthex::installed().with("NARTHEX_LISTEN", "everywhere");
    let outcome = narthex.run(&["check"]).expect_code(1);
    assert!(outcome.stdout.starts_with("FAIL  settings"), "{outcome:#?}");
    assert_eq!(outcome.stdout.lines().count(), 1);
    assert_eq!(outcome.stderr, "narthex: 1 check failed\n");
    expect(
        &narthex,
        1,
        &[("fail", "settings")],
        "NARTHEX_LISTEN is \"everywhere\"",
    );

    let narthex = Narthex::installed().with_file("narthex.toml", "listen = 1\n");
    expect(&narthex, 1, &[("fail", "settings")], "narthex.toml");
    let outcome = narthex.run(&["check", "--config", "nowhere.toml"]);
    assert!(outcome.expect_code(1).stdout.contains("nowhere.toml"));
}

#[test]
fn readable_or_invalid_key_file_is_a_failure() {
    let operator = started();
    let key = key_of(&operator);
    std::fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
    expect(&operator.narthex, 1, &[("fail", "key")], "chmod 600");
    let refused = operator.narthex.try_serve(&[]).err().expect("no start");
    assert!(refused.expect_error().contains("chmod 600"));

    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, "AAAA").unwrap();
    expect(
        &operator.narthex,
        1,
        &[("fail", "key")],
        "contains no valid key",
    );
    std::fs::remove_file(&key).unwrap();
    expect(&operator.narthex, 0, &[("warn", "key")], "does not exist");
    assert!(!key.exists());
}

#[test]
fn keys_in_the_environment_need_no_key_file() {
    let keys =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    let operator = started().with("NARTHEX_SECRET_KEY", &format!("{keys},{keys}"));
    expect(&operator.narthex, 0, &[], "");
    let results = results(&operator.narthex, 0);
    let (.., detail) = results
        .iter()
        .find(|(_, check, _)| check == "key")
        .expect("a key");
    assert!(detail.contains("1 older one"), "{detail}");
}

#[test]
fn unreachable_database_is_a_failure() {
    for address in [
        "sqlite:///no/such/directory/narthex.db",
        "postgres://127.0.0.1:1/narthex?connect_timeout=2",
    ] {
        let narthex = Narthex::installed().with("DATABASE_URL", address);
        let results = results(&narthex, 1);
        let failed = |(state, check, _): &&(String, String, String)| {
            (&**state, &**check) == ("fail", "database")
        };
        assert_eq!(results.iter().filter(failed).count(), 1, "{results:#?}");
    }
}

#[test]
fn newer_schema_is_a_failure_and_older_schema_a_warning() {
    let operator = started();
    operator.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')");
    expect(
        &operator.narthex,
        1,
        &[("fail", "tables")],
        "a newer version",
    );
    operator.execute("DELETE FROM __diesel_schema_migrations WHERE version = '99991231000000'");
    expect(&operator.narthex, 0, &[], "");
    operator.execute("DELETE FROM __diesel_schema_migrations");
    expect(
        &operator.narthex,
        0,
        &[("warn", "tables")],
        "narthex migrate",
    );
}

#[test]
fn clock_that_was_set_back_is_a_failure() {
    let operator = started();
    operator.add_user("ada@example.com");
    operator.execute("UPDATE events SET at = at + 86400000000");
    expect(&operator.narthex, 1, &[("fail", "clock")], "correct it");
}

#[test]
fn readable_file_is_a_warning_and_damaged_file_a_failure() {
    let operator = started();
    let Some(file) = file_of(&operator) else {
        return;
    };
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    expect(&operator.narthex, 0, &[("warn", "database")], "mode 644");
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();

    operator.add_user("ada@example.com");
    operator.execute("PRAGMA foreign_keys = OFF; DELETE FROM users;");
    // The event of her registration remains.
    expect(
        &operator.narthex,
        1,
        &[("fail", "integrity")],
        "a row of events",
    );

    std::fs::write(&file, "no database, but something that somebody put there").unwrap();
    expect(
        &operator.narthex,
        1,
        &[("fail", "database")],
        "not a database",
    );
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let results = results(&operator.narthex, 1);
    assert!(
        results
            .iter()
            .any(|(state, check, _)| (&**state, &**check) == ("fail", "database"))
    );
}

#[test]
fn read_only_database_is_a_failure() {
    let operator = started();
    match file_of(&operator) {
        // Root may write to the file whatever its mode is. A file with an unknown "write version"
        // is read-only (SQLite documentation, "Database File Format", section 1.3.3).
        Some(file) => {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[18] = 3;
            std::fs::write(&file, bytes).unwrap();
        }
        None => {
            let name = operator.database.address();
            let name = name.trim_start_matches("postgres:///");
            let (name, _) = name.split_once('?').expect("an address with parameters");
            operator.execute(&format!(
                "ALTER DATABASE {name} SET default_transaction_read_only = on"
            ));
        }
    }
    expect(&operator.narthex, 1, &[("fail", "database")], "write");
}

#[test]
fn required_second_factor_is_shown() {
    let operator = started().with("NARTHEX_REQUIRE_SECOND_FACTOR", "all");
    let shown = operator.run(&["check"]).expect_code(0).stdout;
    assert!(
        shown.contains("second factor all users must have one"),
        "{shown}"
    );
}

#[test]
fn risky_exposure_is_a_warning() {
    let operator = started();
    let narthex = |settings: &[(&str, &str)]| {
        let address = operator.database.address();
        let narthex = Narthex::installed().with("DATABASE_URL", address);
        let narthex = narthex.with("NARTHEX_SECRET_KEY", SECRET_KEY);
        settings
            .iter()
            .fold(narthex, |narthex, (name, value)| narthex.with(name, value))
    };
    let closed = ("NARTHEX_REGISTRATION", "closed");
    let https = ("NARTHEX_PUBLIC_URL", "https://id.example.com");
    let proxy = ("NARTHEX_TRUSTED_PROXIES", "10.0.0.1");
    for (settings, code, problems, detail) in [
        (&[closed, https, proxy][..], 0, &[][..], ""),
        (
            &[("NARTHEX_PUBLIC_URL", "http://localhost:8080")],
            0,
            &[],
            "",
        ),
        (
            &[https, proxy],
            0,
            &[("warn", "registration")],
            "NARTHEX_REGISTRATION=closed",
        ),
        (
            &[closed, https],
            0,
            &[("warn", "proxies")],
            "NARTHEX_TRUSTED_PROXIES is not set",
        ),
        (
            &[closed, https, ("NARTHEX_TRUSTED_PROXIES", "0.0.0.0/0")],
            0,
            &[("warn", "proxies")],
            "contains every address",
        ),
        (
            &[closed, https, ("NARTHEX_TRUSTED_PROXIES", "10.0.0.1, ::/0")],
            0,
            &[("warn", "proxies")],
            "contains every address",
        ),
        (
            &[
                closed,
                https,
                proxy,
                ("NARTHEX_THROTTLE_EXEMPT", "0.0.0.0/0"),
            ],
            0,
            &[("warn", "throttling")],
            "NARTHEX_THROTTLE_EXEMPT contains every address",
        ),
        (
            &[
                closed,
                https,
                proxy,
                ("NARTHEX_THROTTLE_EXEMPT", "192.0.2.0/24, ::/0"),
            ],
            0,
            &[("warn", "throttling")],
            "contains every address",
        ),
        (
            &[
                closed,
                https,
                proxy,
                ("NARTHEX_THROTTLE_EXEMPT", "192.0.2.0/24"),
            ],
            0,
            &[],
            "",
        ),
        (
            &[
                closed,
                ("NARTHEX_PUBLIC_URL", "http://id.example.com"),
                ("NARTHEX_LISTEN", "127.0.0.1:80"),
            ],
            0,
            &[("warn", "public url")],
            "use https",
        ),
        (
            &[closed, ("NARTHEX_PUBLIC_URL", "http://id.example.com")],
            0,
            &[("warn", "public url"), ("warn", "proxies")],
            "NARTHEX_TRUSTED_PROXIES is not set",
        ),
        (
            &[closed, https, ("NARTHEX_LISTEN", "unix:/run/narthex.sock")],
            0,
            &[],
            "",
        ),
        (
            &[
                closed,
                https,
                proxy,
                ("NARTHEX_LISTEN", "unix:/no/such/folder.sock"),
            ],
            1,
            &[("fail", "listen")],
            "cannot listen on unix:/no/such/folder.sock",
        ),
        (
            &[closed, ("NARTHEX_LISTEN", "0.0.0.0:8080")],
            0,
            &[("warn", "public url")],
            "NARTHEX_PUBLIC_URL is not set",
        ),
        (
            &[("NARTHEX_LISTEN", "0.0.0.0:8080")],
            0,
            &[("warn", "public url"), ("warn", "registration")],
            "every visitor",
        ),
        (
            &[("NARTHEX_METRICS_LISTEN", "0.0.0.0:9090")],
            0,
            &[("warn", "metrics")],
            "0.0.0.0:9090",
        ),
        (
            &[closed, https, proxy, ("NARTHEX_LISTEN", "192.0.2.7:8080")],
            1,
            &[("fail", "listen")],
            "192.0.2.7:8080",
        ),
    ] {
        expect(&narthex(settings), code, problems, detail);
    }
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn unencrypted_database_connection_is_a_warning() {
    let database = Database::fresh_of(Engine::Postgres, migrate);
    let narthex = |address: &str| {
        let narthex = Narthex::installed().with("DATABASE_URL", address);
        narthex.with("NARTHEX_SECRET_KEY", SECRET_KEY)
    };
    expect(&narthex(database.address()), 0, &[], "");
    // libpq uses the first host that answers, which is the socket.
    let two_hosts = database.address();
    let two_hosts = two_hosts.replacen("&user=", ",db.example.com&user=", 1);
    let problems = [("warn", "encryption")];
    expect(
        &narthex(&two_hosts),
        0,
        &problems,
        "on the network can read",
    );
    let with = |mode: &str| narthex(&format!("{two_hosts}&sslmode={mode}"));
    if postgres_url::TLS {
        expect(&with("require"), 0, &problems, "is not verified");
        expect(&with("verify-ca"), 0, &problems, "sslmode=verify-full");
        expect(&with("verify-full"), 0, &[], "");
    } else {
        let problems = [("fail", "settings")];
        expect(&with("verify-full"), 1, &problems, "requires TLS");
    }
}
