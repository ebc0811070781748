//! Narthex on PostgreSQL as a role that may read and write rows and change no table, set up with the
//! file that the project hands out: `docs/postgres.sql`.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

use crate::support::app::PASSWORD;
use crate::support::binary::Narthex;
use crate::support::client::{ApiClient, Browser};
use crate::support::database::{Database, Engine};
use crate::support::front::handed_out;
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";
/// What the file calls `narthex`.
const ROLE: &str = "guarded";

/// An empty database with the two roles, and its address for each: who owns it, and who serves.
fn set_up() -> (Operator, Narthex, Narthex) {
    let database = Database::empty_of(Engine::Postgres);
    let address = database.address().to_owned();
    let name = address.trim_start_matches("postgres:///");
    let (name, _) = name.split_once('?').expect("an address of ours");
    let superuser = Operator::on(database);
    // The run's superuser has the name already.
    let roles = handed_out("postgres.sql").replace("narthex", ROLE);
    let ours = format!("DATABASE {name} ");
    superuser.execute(&roles.replace(&format!("DATABASE {ROLE} "), &ours));
    let of = |role: &str| {
        let address = address.replace("user=narthex", &format!("user={role}"));
        Narthex::installed().with("DATABASE_URL", &address)
    };
    (superuser, of(&format!("{ROLE}_owner")), of(ROLE))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_change_no_table_serves_and_runs_every_command() {
    let (superuser, owner, narthex) = set_up();
    // Whose the tables are is not for whoever serves to decide.
    let line = narthex.run(&["migrate"]).expect_refusal();
    assert!(line.contains("permission denied"), "{line}");
    owner.run(&["migrate"]).expect_code(0);

    let serving = narthex.serve();
    let browser = Browser::at(&serving.url);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser
        .post("/register", &form)
        .await
        .expect_redirect("/account");
    let form = [("name", "Laptop"), ("abilities", "*"), ("expires", "never")];
    let made = browser.post("/account/tokens", &form).await;
    let secret = crate::support::app::secret_in(&made.expect_status(200).text);
    let client = ApiClient::at(&serving.url, &secret);
    client.get("/api/v1/credentials").await.expect_status(200);
    let wrong = [("email", ADA), ("password", "a wrong password of hers")];
    browser.post("/login", &wrong).await.expect_status(422);
    let nothing = serde_json::json!({});
    client
        .post("/api/v1/sign-out", &nothing)
        .await
        .expect_status(200);
    client.get("/api/v1/user").await.expect_status(401);
    serving.stop().expect_code(0);

    for command in [
        &["check"][..],
        &["migrate"],
        &["user", "disable", ADA],
        &["user", "enable", ADA],
        &["token", "add", ADA, "--name", "Another"],
        &["sign-out", ADA],
        &["sign-out", "--all"],
        &["moved"],
        &["prune"],
        &["user", "delete", ADA, "--yes"],
    ] {
        narthex.run(command).expect_code(0);
    }

    // What says where the database is, anybody may ask.
    let place = superuser.ask("SELECT place AS line FROM database_place");
    for name in ["system ", "timeline ", "database ", "users "] {
        assert!(place.contains(name), "{place}");
    }

    let address = superuser.database.address();
    let mut connection = PgConnection::establish(address).expect("our own server");
    connection
        .batch_execute(&format!("SET ROLE {ROLE}"))
        .expect("its role");
    for beyond_it in [
        "CREATE TABLE mine (it BOOLEAN)",
        "ALTER TABLE users ADD COLUMN backdoor TEXT",
        "DROP TABLE events",
        "TRUNCATE users CASCADE",
        "CREATE ROLE another",
        "CREATE SCHEMA another",
        "GRANT SELECT ON users TO PUBLIC",
    ] {
        let refused = connection.batch_execute(beyond_it).is_err();
        // What it may not grant is no error, but a warning.
        let granted = "SELECT 1 / (NOT has_table_privilege('public', 'users', 'SELECT'))::int";
        let granted = connection.batch_execute(granted).is_err();
        let only_granted = beyond_it.starts_with("GRANT");
        assert!((refused || only_granted) && !granted, "{beyond_it}");
    }
}
