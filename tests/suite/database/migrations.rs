//! The migrations: run at the first start, run for an update, reverted.

use narthex::{
    app_state::MIGRATIONS,
    db::{DatabaseUrl, Migration, Migrations, revert_all, run_pending},
};

use crate::support::app::{TestApp, migrate};
use crate::support::client::AnonymousClient;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::sql;

const ADA: &str = "ada@example.com";

/// Every migration and the SHA-256 of its `up.sql`, as `sha256sum` prints it. A migration of the
/// main branch is never edited, because databases have its tables. A database is refused if a
/// migration was applied with another text.
const FROZEN: [(&str, &str); 11] = [
    (
        "2026-11-28-000001_initial",
        "45c261481fdf038a5598664bd154f950040216c208d5373ae518cda2d5851a24",
    ),
    (
        "2026-11-28-000002_import",
        "3fbae2e9792bbdb5e2dc0f1634af6d2999a00a71b6ef2abb1ce93482b61ea8e7",
    ),
    (
        "2026-11-28-000003_account_changes",
        "88638710cc03b71a2b164dc198367043bf67734ba9bca58e7dd14687b6d23044",
    ),
    (
        "2026-11-28-000004_foreign_tokens",
        "2a1a754caed19fe483475ec90470f39fa88814357d1f6c5f147ee05dfb6da1f7",
    ),
    (
        "2026-11-28-000005_languages",
        "18270cdd7c32da609b27f27b7bc7c7c70f98f2b5c25e6754a705c42a58f9f0d0",
    ),
    (
        "2026-11-28-000006_mail",
        "c3dfc5be33048e0fde7ae576e0555d54f86185a368f7c71684a84d46e0d324b5",
    ),
    (
        "2026-11-28-000007_factors",
        "f444c3f2fefb31b5987bfec50cdde374fcd6a50b764e6e32873ec058033b6411",
    ),
    (
        "2026-11-28-000008_end_of_imported_secrets",
        "c25199c2eaf377cf1812c6bbdb075300bcb625782a3186f756b256a932aeb447",
    ),
    (
        "2026-11-29-000009_passkeys",
        "163f7aabd7a60a4904235ae8d6731da7ec09f4275ee5e6cc18d32465c58a4b3a",
    ),
    (
        "2026-11-29-000010_trusted_browsers",
        "36fdba462f5bb540d19fe392df694472af1ff9512a97ce38ebce6caa42c80a93",
    ),
    (
        "2026-11-29-000011_passkey_user_verification",
        "2bf669ccc00ef09f0348c10c478b0ae5991e55c823e9f57adec8e6fde74e17bd",
    ),
];

#[test]
fn text_of_a_migration_never_changes() {
    for migration in MIGRATIONS {
        let frozen = FROZEN.iter().find(|(name, _)| *name == migration.name);
        let Some((name, checksum)) = frozen else {
            panic!(
                "add it to FROZEN: (\"{}\", \"{}\")",
                migration.name,
                migration.checksum()
            )
        };
        assert_eq!(migration.checksum(), *checksum, "{name}: write a new one");
    }
    assert_eq!(FROZEN.len(), MIGRATIONS.len(), "no migration is deleted");
}

/// The key is set, so that a start logs no message about a new key file.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// Returns an installation on this database.
fn on(database: Database) -> Operator {
    Operator::on(database).with("NARTHEX_SECRET_KEY", KEY)
}

/// Expects that every command that uses the tables refuses the database with this reason.
fn expect_refused_by_every_command(operator: &Operator, reason: &str) {
    for command in [
        &["migrate"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["user", "list"],
    ] {
        let line = operator.run_err(command);
        assert!(line.contains(reason), "{command:?}: {line}");
    }
    let outcome = operator.run(&["check"]).expect_code(1);
    assert!(outcome.stdout.contains(reason), "{outcome:#?}");
}

#[test]
fn tables_of_an_edited_migration_are_refused() {
    let operator = on(Database::fresh(migrate));
    operator.run_ok(&["user", "list"]);
    operator.execute(
        "UPDATE migration_checksums SET checksum = 'another' WHERE version = '20261128000001'",
    );
    let reason = "2026-11-28-000001_initial was applied with another text";
    expect_refused_by_every_command(&operator, reason);
}

/// Removes the checksums, as in a database whose tables diesel's command line created.
fn remove_checksums(operator: &Operator) {
    operator.execute("DELETE FROM migration_checksums");
}

#[test]
fn tables_without_checksums_are_compared_by_their_columns() {
    let operator = on(Database::fresh(migrate));
    remove_checksums(&operator);
    operator.execute("ALTER TABLE users RENAME COLUMN disabled_at TO locked_at");
    expect_refused_by_every_command(&operator, "they lack users.disabled_at");
    operator.execute("ALTER TABLE users RENAME COLUMN locked_at TO disabled_at");
    operator.execute("DROP TABLE database_identity");
    expect_refused_by_every_command(&operator, "they lack database_identity.");
}

/// Returns the migrations of this version and two of a next release, which only add.
fn with_next_release() -> Migrations {
    let next = [
        Migration {
            name: "9999-12-30-000001_remarks",
            up: "ALTER TABLE users ADD COLUMN remark TEXT;",
            down: "ALTER TABLE users DROP COLUMN remark;",
        },
        Migration {
            name: "9999-12-31-000001_index",
            up: "CREATE INDEX users_remark_idx ON users (remark);",
            down: "DROP INDEX users_remark_idx;",
        },
    ];
    let present = MIGRATIONS
        .iter()
        .map(|&Migration { name, up, down }| Migration { name, up, down });
    let all: Vec<Migration> = present.chain(next).collect();
    all.leak()
}

#[test]
fn next_migration_records_missing_checksums() {
    let operator = on(Database::fresh(migrate));
    remove_checksums(&operator);
    // A column that the operator has added does no harm.
    operator.execute("ALTER TABLE users ADD COLUMN note TEXT");
    operator.run(&["check"]).expect_code(0);
    let target = DatabaseUrl::parse(operator.database.address()).unwrap();
    let done = run_pending(&target, with_next_release()).unwrap();
    assert_eq!(done, ["99991230000001", "99991231000001"]);
    let recorded = operator.query_text(
        "SELECT checksum AS line FROM migration_checksums WHERE version = '20261128000001'",
    );
    assert_eq!(recorded, FROZEN[0].1);
}

#[test]
fn failed_migration_changes_nothing() {
    let operator = on(Database::empty());
    let target = DatabaseUrl::parse(operator.database.address()).unwrap();
    let broken = Migration {
        name: "9999-12-31-000002_broken",
        up: "ALTER TABLE absent ADD COLUMN x TEXT;",
        down: "",
    };
    let release = with_next_release().iter();
    let all: Vec<Migration> = release
        .map(|&Migration { name, up, down }| Migration { name, up, down })
        .chain([broken])
        .collect();
    let error = run_pending(&target, all.leak()).unwrap_err().to_string();
    assert!(error.contains("9999-12-31-000002_broken"), "{error}");
    // No table was created, so the same database takes the migrations that work.
    let done = run_pending(&target, with_next_release()).unwrap();
    assert_eq!(done.len(), with_next_release().len());
}

#[test]
fn tables_from_before_the_first_release_are_refused_unchanged() {
    let operator = on(Database::empty());
    operator.execute(include_str!("unreleased.sql"));
    operator.execute(
        "INSERT INTO users (id, email, email_canonical, name, password, created_at) \
         VALUES ('0123456789abcdef', 'ada@example.com', 'ada@example.com', 'Ada', '', 0)",
    );
    let columns = match Engine::of_this_run() {
        Engine::Sqlite => "SELECT group_concat(sql) AS line FROM sqlite_master",
        Engine::Postgres => {
            "SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, column_name) \
             AS line FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let rows = "SELECT email || version || checksum AS line FROM users, migration_checksums \
                ORDER BY version DESC LIMIT 1";
    let contents = || [columns, rows].map(|sql| operator.query_text(sql));
    let before = contents();
    expect_refused_by_every_command(
        &operator,
        "a version from before the first release made the tables, and they cannot be migrated: use \
         an empty database, or the version that made them; nothing was changed",
    );
    assert_eq!(contents(), before);
}

#[test]
fn migration_list_of_another_app_is_refused() {
    let operator = on(Database::empty());
    operator.execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    );
    operator.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20200101000000')");
    expect_refused_by_every_command(&operator, "if an app keeps its own list there");
}

#[test]
fn migrations_can_be_reverted_and_run_again() {
    let operator = Operator::on(Database::empty());
    let target = DatabaseUrl::parse(operator.database.address()).unwrap();
    let made = run_pending(&target, MIGRATIONS).unwrap();
    assert!(!made.is_empty());
    assert_eq!(
        run_pending(&target, MIGRATIONS).unwrap(),
        Vec::<String>::new()
    );
    operator.add_user(ADA);
    let next = run_pending(&target, with_next_release()).unwrap();
    assert_eq!(next, ["99991230000001", "99991231000001"]);

    let mut reverted = revert_all(&target, with_next_release()).unwrap();
    reverted.reverse();
    assert_eq!(reverted, [made.clone(), next].concat());
    // No table with one of these names is left.
    for table in ["users", "receipts", "credentials", "secrets", "events"] {
        operator.execute(&format!("CREATE TABLE {table} (x INT)"));
        operator.execute(&format!("DROP TABLE {table}"));
    }

    assert_eq!(run_pending(&target, MIGRATIONS).unwrap(), made);
    assert_eq!(
        operator.json(&["user", "list"])["data"],
        serde_json::json!([])
    );
    operator.add_user(ADA);
}

#[test]
fn every_migration_folder_is_compiled_in() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let mut folders: Vec<_> = folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    folders.sort_unstable();
    let compiled_in: Vec<_> = MIGRATIONS.iter().map(|migration| migration.name).collect();
    assert_eq!(compiled_in, folders, "in the order of their names");
}

#[test]
fn tables_without_rowid_exist_on_sqlite() {
    let app = TestApp::start();
    let without_rowid = sql::query_lines(
        &app,
        "SELECT name AS line FROM pragma_table_list WHERE wr ORDER BY name",
        "SELECT 'to PostgreSQL it is a remark' AS line",
    );
    if let DatabaseUrl::Sqlite(_) = app.state.settings().database.url {
        assert_eq!(
            without_rowid.join(" "),
            "attempt_counters authenticator_apps events expiry_warnings imported invalidations jobs \
             known_browsers last_uses mail_requests migration_checksums one_time_links \
             passkey_challenges passkey_user_handles pending_authenticator_apps receipts recovery_code_sets recovery_codes rotations secrets \
             sign_in_attempts token_networks"
        );
    }
}

#[test]
fn migrate_lists_the_migrations_that_it_ran() {
    let operator = Operator::on(Database::empty());
    let output = operator.run_ok(&["migrate"]);
    assert!(
        output.lines().all(|line| line.starts_with("Done: ")) && !output.is_empty(),
        "{output}"
    );
    assert_eq!(
        operator.run_ok(&["migrate"]),
        "The tables are up to date.\n"
    );

    let operator = Operator::on(Database::empty());
    let done = operator.json(&["migrate"]);
    let names = done["data"].as_array().expect("a list");
    assert_eq!(names.len(), output.lines().count(), "{done}");
    let second_run = operator.json(&["migrate"]);
    assert_eq!(second_run, serde_json::json!({"data": [], "next": null}));
}

#[test]
fn every_command_creates_missing_tables() {
    let operator = Operator::on(Database::empty());
    operator.add_user(ADA);
    assert_eq!(
        operator.run_ok(&["migrate"]),
        "The tables are up to date.\n"
    );
}

#[tokio::test]
async fn first_start_creates_the_tables() {
    let operator = Operator::on(Database::empty());
    let serving = operator.serve();
    AnonymousClient::at(&serving.url)
        .get("/readyz")
        .await
        .expect_status(200);
    assert_eq!(
        operator.run_ok(&["migrate"]),
        "The tables are up to date.\n"
    );
    operator.add_user(ADA);
    serving.sign_in(ADA, "curl/8").await;
}

#[test]
fn concurrent_starts_create_the_tables_once() {
    let operator = Operator::on(Database::empty());
    let output: Vec<String> = std::thread::scope(|scope| {
        let starts = [(); 8].map(|()| scope.spawn(|| operator.run_ok(&["migrate"])));
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let made = output
        .iter()
        .filter(|output| output.starts_with("Done: "))
        .count();
    assert_eq!(made, 1, "{output:#?}");
}
