//! The tables: made at the first start, brought up to date, taken back.

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

/// Every migration and the SHA-256 of its `up.sql`, as `sha256sum` prints it. A migration that is in the main
/// branch is never edited: databases have its tables, and a database that another text made is refused.
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
fn the_text_of_a_migration_never_changes() {
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
    assert_eq!(FROZEN.len(), MIGRATIONS.len(), "none is taken away");
}

/// Given one, so that a start has nothing to say about making it.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// An installation on that database.
fn on(database: Database) -> Operator {
    Operator::on(database).with("NARTHEX_SECRET_KEY", KEY)
}

/// What every way to the tables says of a database.
fn is_refused_everywhere(operator: &Operator, why: &str) {
    for command in [
        &["migrate"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["user", "list"],
    ] {
        let line = operator.run_err(command);
        assert!(line.contains(why), "{command:?}: {line}");
    }
    let found = operator.run(&["check"]).expect_code(1);
    assert!(found.stdout.contains(why), "{found:#?}");
}

#[test]
fn tables_that_another_text_made_are_refused() {
    let operator = on(Database::fresh(migrate));
    operator.run_ok(&["user", "list"]);
    operator.execute(
        "UPDATE migration_checksums SET checksum = 'another' WHERE version = '20261122000001'",
    );
    let why = "2026-11-22-000001_foundation was applied with another text";
    is_refused_everywhere(&operator, why);
}

/// As by a version that kept no checksums.
fn forget_the_checksums(operator: &Operator) {
    for sql in [
        "DROP TABLE write_probe",
        "DROP TABLE migration_checksums",
        "DELETE FROM __diesel_schema_migrations WHERE version = '20261127000003'",
    ] {
        operator.execute(sql);
    }
}

#[test]
fn tables_of_an_edited_migration_are_told_by_their_columns() {
    let operator = on(Database::fresh(migrate));
    forget_the_checksums(&operator);
    operator.execute("ALTER TABLE users RENAME COLUMN disabled_at TO locked_at");
    is_refused_everywhere(&operator, "they lack users.disabled_at");
    operator.execute("ALTER TABLE users RENAME COLUMN locked_at TO disabled_at");
    operator.execute("DROP TABLE database_place");
    is_refused_everywhere(&operator, "they lack database_place.");
}

#[test]
fn the_checksums_of_an_older_version_are_recorded() {
    let operator = on(Database::fresh(migrate));
    forget_the_checksums(&operator);
    // Columns that an operator adds are in nobody's way.
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
fn the_list_of_another_app_is_told_as_such() {
    let operator = on(Database::empty());
    operator.execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    );
    operator.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20200101000000')");
    is_refused_everywhere(&operator, "if an app keeps its own list there");
}

#[test]
fn the_tables_go_up_down_and_up_again() {
    let operator = Operator::on(Database::empty());
    let target = DatabaseUrl::parse(operator.database.address()).unwrap();
    let made = run_pending(&target, MIGRATIONS).unwrap();
    assert!(!made.is_empty());
    assert_eq!(
        run_pending(&target, MIGRATIONS).unwrap(),
        Vec::<String>::new()
    );
    operator.add_user(ADA);

    let mut taken_back = revert_all(&target, MIGRATIONS).unwrap();
    taken_back.reverse();
    assert_eq!(taken_back, made);
    // Nothing is in the way of a table of any of these names.
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
fn every_folder_of_migrations_is_compiled_in() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let mut folders: Vec<_> = folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort_unstable();
    let compiled_in: Vec<_> = MIGRATIONS.iter().map(|migration| migration.name).collect();
    assert_eq!(compiled_in, folders, "in the order of their names");
}

#[test]
fn what_is_said_to_sqlite_alone_is_heard_there() {
    let app = TestApp::start();
    let by_their_keys = sql::query_lines(
        &app,
        "SELECT name AS line FROM pragma_table_list WHERE wr ORDER BY name",
        "SELECT 'to PostgreSQL it is a remark' AS line",
    );
    if let DatabaseUrl::Sqlite(_) = app.context.settings.database {
        assert_eq!(
            by_their_keys.join(" "),
            "events last_uses migration_checksums notices receipts rotations secrets throttles"
        );
    }
}

#[test]
fn migrate_says_what_it_did_and_that_there_was_nothing_to_do() {
    let operator = Operator::on(Database::empty());
    let told = operator.run_ok(&["migrate"]);
    assert!(
        told.lines().all(|line| line.starts_with("Done: ")) && !told.is_empty(),
        "{told}"
    );
    assert_eq!(
        operator.run_ok(&["migrate"]),
        "The tables are up to date.\n"
    );

    let operator = Operator::on(Database::empty());
    let done = operator.json(&["migrate"]);
    let names = done["data"].as_array().expect("a list");
    assert_eq!(names.len(), told.lines().count(), "{done}");
    let nothing = operator.json(&["migrate"]);
    assert_eq!(nothing, serde_json::json!({"data": [], "next": null}));
}

#[test]
fn any_command_makes_the_tables_that_it_needs() {
    let operator = Operator::on(Database::empty());
    operator.add_user(ADA);
    assert_eq!(
        operator.run_ok(&["migrate"]),
        "The tables are up to date.\n"
    );
}

#[tokio::test]
async fn the_first_start_makes_the_tables() {
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
fn of_several_that_start_at_once_one_makes_the_tables() {
    let operator = Operator::on(Database::empty());
    let told: Vec<String> = std::thread::scope(|scope| {
        let starts = [(); 8].map(|()| scope.spawn(|| operator.run_ok(&["migrate"])));
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let made = told
        .iter()
        .filter(|told| told.starts_with("Done: "))
        .count();
    assert_eq!(made, 1, "{told:#?}");
}
