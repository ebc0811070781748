//! The files of an SQLite database: their permissions and their sizes.

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use diesel::connection::SimpleConnection as _;

use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp, migrate};
use crate::support::binary::Narthex;
use crate::support::client::Browser;
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::sql::sqlite_at;

const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

#[test]
fn files_created_through_a_link_are_readable_by_owner_only() {
    let elsewhere = tempfile::tempdir().unwrap();
    let narthex = Narthex::installed();
    let link = narthex.directory().join("link.db");
    symlink(elsewhere.path().join("real.db"), &link).unwrap();
    let narthex = narthex.with("DATABASE_URL", &format!("sqlite://{}", link.display()));
    let serving = narthex.serve();
    let mut files: Vec<_> = [elsewhere.path(), narthex.directory()]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| *path != link)
        .collect();
    files.sort();
    let names: Vec<_> = files
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    for name in ["real.db", "real.db-wal", "real.db-shm", "narthex.key"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for file in files {
        let mode = file.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    serving.stop().expect_code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wal_file_shrinks_when_it_restarts() {
    let database = Database::fresh_of(Engine::Sqlite, migrate);
    let address = database.address().to_owned();
    let file = address.strip_prefix("sqlite://").unwrap();
    let app = TestApp::start_on(database, &address, &[]);
    let ada = app.register("ada@example.com").await;
    let client = app.client(&ada, &EVERY_ABILITY).await;
    let size = || std::fs::metadata(format!("{file}-wal")).unwrap().len();

    let mut reader = sqlite_at(file);
    reader
        .batch_execute("BEGIN; SELECT count(*) FROM users")
        .unwrap();
    let mut writer = sqlite_at(file);
    writer
        .batch_execute(
            "CREATE TABLE large (it); INSERT INTO large VALUES (zeroblob(50000000)); \
             DROP TABLE large",
        )
        .unwrap();
    assert!(size() > 48 << 20, "{}", size());
    reader.batch_execute("COMMIT").unwrap();
    for name in ["One", "Two", "Three"] {
        let body = serde_json::json!({"name": name, "abilities": ["account:read"]});
        client
            .post("/api/v1/tokens", &body)
            .await
            .expect_status(201);
    }
    assert!(size() <= 32 << 20, "{}", size());
}

#[test]
fn check_reports_a_wal_file_of_another_database() {
    let [one, another] = [(); 2].map(|()| {
        let operator = Operator::on(Database::fresh_of(Engine::Sqlite, migrate));
        operator.add_user("ada@example.com");
        operator
    });
    let file = |operator: &Operator| {
        let address = operator.database.address();
        address.strip_prefix("sqlite://").unwrap().to_owned()
    };
    another.execute(
        "CREATE TABLE older (it TEXT); CREATE INDEX of_older ON older (it); \
         WITH RECURSIVE many (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < 2000) \
         INSERT INTO older SELECT hex(randomblob(50)) FROM many",
    );
    // The connection stays open until the WAL file was copied, because the last connection that
    // closes the database deletes the WAL file.
    let mut open = sqlite_at(&file(&one));
    open.batch_execute(
        "CREATE TABLE newer (it TEXT); \
         WITH RECURSIVE many (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < 500) \
         INSERT INTO newer SELECT hex(randomblob(50)) FROM many; \
         PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE newest (it TEXT)",
    )
    .unwrap();
    let wal = format!("{}-wal", file(&another));
    std::fs::copy(format!("{}-wal", file(&one)), &wal).unwrap();
    let outcome = another.run(&["check"]).expect_code(1);
    let reason = format!("{wal} exists");
    assert!(outcome.stdout.contains(&reason), "{outcome:#?}");
    // The foreign WAL file was not written into the database, which is complete without it.
    for name in ["wal", "shm"] {
        std::fs::remove_file(format!("{}-{name}", file(&another))).unwrap();
    }
    another.run(&["check"]).expect_code(0);
}

#[test]
fn utf_16_database_is_refused_by_every_command() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let database = Database::empty_of(Engine::Sqlite);
        let file = database.address().strip_prefix("sqlite://").unwrap();
        sqlite_at(file)
            .batch_execute(&format!(
                "PRAGMA encoding = '{encoding}'; CREATE TABLE of_another (it TEXT)"
            ))
            .unwrap();
        let operator = Operator::on(database).with("NARTHEX_SECRET_KEY", KEY);
        let reason = format!("its text encoding is {encoding}");
        for command in [
            &["migrate"][..],
            &["serve", "--listen", "127.0.0.1:0"],
            &["user", "list"],
        ] {
            let line = operator.run_err(command);
            assert!(line.contains(&reason), "{command:?}: {line}");
        }
        let outcome = operator.run(&["check"]).expect_code(1);
        assert!(outcome.stdout.contains(&reason), "{outcome:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clean_stop_leaves_one_database_file() {
    let operator = Operator::on(Database::empty_of(Engine::Sqlite));
    let serving = operator.serve();
    let browser = Browser::at(&serving.url);
    let form = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let file = operator.database.address();
    let file = file.strip_prefix("sqlite://").unwrap().to_owned();
    let companions = ["wal", "shm"].map(|name| format!("{file}-{name}"));
    let exist = || companions.iter().any(|name| Path::new(name).exists());
    assert!(exist());
    serving.stop().expect_code(0);
    assert!(!exist());
    // The content of the WAL file is in the database file.
    assert_eq!(
        operator.query_text("SELECT count(*) AS line FROM users"),
        "1"
    );
}

#[test]
fn command_leaves_one_database_file() {
    let operator = Operator::on(Database::empty_of(Engine::Sqlite));
    operator.add_user("ada@example.com");
    let file = operator.database.address();
    let file = file.strip_prefix("sqlite://").unwrap();
    for name in ["wal", "shm"] {
        assert!(!Path::new(&format!("{file}-{name}")).exists(), "{name}");
    }
}
