//! The migrations: run at the first start, run for an update, reverted.

use narthex::{
    app_state::MIGRATIONS,
    db::{DatabaseUrl, revert_all, run_pending},
};

use crate::support::app::{TestApp, migrate};
use crate::support::client::AnonymousClient;
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::sql;

const ADA: &str = "ada@example.com";

/// Every migration and the SHA-256 of its `up.sql`, as `sha256sum` prints it. A migration of the
/// main branch is never edited, because databases have its tables. A database is refused if a
/// migration was applied with another text.
const FROZEN: [(&str, &str); 5] = [
    (
        "2026-11-22-000001_foundation",
        "b58e609170d67e0f1f416303becc768db0bd9be602fa2a2441fd6205fcf7f51c",
    ),
    (
        "2026-11-27-000001_revoked_secrets",
        "1d03996d09f1cb0796b1287b23d43f699c8005ebb16f857176c8f4bcef55ae38",
    ),
    (
        "2026-11-27-000002_log_identity",
        "a3bc4b7891f5ba206f088b84afe47098887699656c70e111b72b2ffaa645b9d3",
    ),
    (
        "2026-11-27-000003_migration_checksums",
        "c0a6cdc46720e32032bb770baed3793ce2a2ae042d740d51405db2c60f4eb10f",
    ),
    (
        "2026-11-27-000005_event_counts",
        "44b1264c419f0eda5ce409d5d2b5e96864daa6febf09b5c0c2eb71f8ed736e0e",
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
        "UPDATE migration_checksums SET checksum = 'another' WHERE version = '20261122000001'",
    );
    let reason = "2026-11-22-000001_foundation was applied with another text";
    expect_refused_by_every_command(&operator, reason);
}

/// Removes the checksums, as in a database of a release that recorded none.
fn remove_checksums(operator: &Operator) {
    for sql in [
        "DROP TABLE write_probe",
        "DROP TABLE migration_checksums",
        "DELETE FROM __diesel_schema_migrations WHERE version = '20261127000003'",
    ] {
        operator.execute(sql);
    }
}

#[test]
fn tables_without_checksums_are_compared_by_their_columns() {
    let operator = on(Database::fresh(migrate));
    remove_checksums(&operator);
    operator.execute("ALTER TABLE users RENAME COLUMN disabled_at TO locked_at");
    expect_refused_by_every_command(&operator, "they lack users.disabled_at");
    operator.execute("ALTER TABLE users RENAME COLUMN locked_at TO disabled_at");
    operator.execute("DROP TABLE database_place");
    expect_refused_by_every_command(&operator, "they lack database_place.");
}

#[test]
fn migrate_records_checksums_of_an_older_version() {
    let operator = on(Database::fresh(migrate));
    remove_checksums(&operator);
    // A column that the operator has added does no harm.
    operator.execute("ALTER TABLE users ADD COLUMN remark TEXT");
    let done = operator.run_ok(&["migrate"]);
    assert_eq!(done, "Done: 20261127000003\n");
    let recorded = operator.query_text(
        "SELECT checksum AS line FROM migration_checksums WHERE version = '20261122000001'",
    );
    assert_eq!(recorded, FROZEN[0].1);
    operator.run(&["check"]).expect_code(0);
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

    let mut reverted = revert_all(&target, MIGRATIONS).unwrap();
    reverted.reverse();
    assert_eq!(reverted, made);
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
    if let DatabaseUrl::Sqlite(_) = app.context.settings().database {
        assert_eq!(
            without_rowid.join(" "),
            "events last_uses migration_checksums notices receipts rotations secrets throttles"
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
