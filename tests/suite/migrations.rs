//! The tables: made at the first start, brought up to date, taken back.

use narthex::context::MIGRATIONS;
use narthex::kit::db::{Target, revert_all, run_pending};

use crate::support::app::TestApp;
use crate::support::client::Stranger;
use crate::support::database::Database;
use crate::support::operator::Operator;
use crate::support::sql;

const ADA: &str = "ada@example.com";

#[test]
fn the_tables_go_up_down_and_up_again() {
    let operator = Operator::on(Database::empty());
    let target = Target::parse(operator.database.address()).unwrap();
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
    let by_their_keys = sql::ask(
        &app,
        "SELECT name AS line FROM pragma_table_list WHERE wr ORDER BY name",
        "SELECT 'to PostgreSQL it is a remark' AS line",
    );
    if let Target::Sqlite(_) = app.context.settings.database {
        assert_eq!(
            by_their_keys.join(" "),
            "events last_uses notices receipts rotations secrets throttles"
        );
    }
}

#[test]
fn migrate_says_what_it_did_and_that_there_was_nothing_to_do() {
    let operator = Operator::on(Database::empty());
    let told = operator.does(&["migrate"]);
    assert!(
        told.lines().all(|line| line.starts_with("Done: ")) && !told.is_empty(),
        "{told}"
    );
    assert_eq!(operator.does(&["migrate"]), "The tables are up to date.\n");

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
    assert_eq!(operator.does(&["migrate"]), "The tables are up to date.\n");
}

#[tokio::test]
async fn the_first_start_makes_the_tables() {
    let operator = Operator::on(Database::empty());
    let serving = operator.serve();
    Stranger::at(&serving.url)
        .get("/readyz")
        .await
        .expect_status(200);
    assert_eq!(operator.does(&["migrate"]), "The tables are up to date.\n");
    operator.add_user(ADA);
    serving.sign_in(ADA, "curl/8").await;
}

#[test]
fn of_several_that_start_at_once_one_makes_the_tables() {
    let operator = Operator::on(Database::empty());
    let told: Vec<String> = std::thread::scope(|scope| {
        let starts = [(); 8].map(|()| scope.spawn(|| operator.does(&["migrate"])));
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
