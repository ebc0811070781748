//! Narthex on PostgreSQL with a role that may read and write rows and change no table, set up with
//! `docs/postgres.sql`; and over the Unix socket without a password.

use std::os::unix::fs::MetadataExt as _;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

use crate::support::app::PASSWORD;
use crate::support::binary::Narthex;
use crate::support::client::{ApiClient, Browser};
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::postgres;
use crate::support::reverse_proxy::read_docs_file;

const ADA: &str = "ada@example.com";
/// The name of the role that the file calls `narthex`.
const ROLE: &str = "guarded";

/// Creates an empty database with both roles. Returns the superuser, and an installation for the
/// owner role and one for the serving role.
fn set_up() -> (Operator, Narthex, Narthex) {
    let database = Database::empty_of(Engine::Postgres);
    let address = database.address().to_owned();
    let name = address.trim_start_matches("postgres:///");
    let (name, _) = name.split_once('?').expect("an address with parameters");
    let superuser = Operator::on(database);
    // The superuser of the test run already has the name `narthex`.
    let roles = read_docs_file("postgres.sql").replace("narthex", ROLE);
    let ours = format!("DATABASE {name} ");
    superuser.execute(&roles.replace(&format!("DATABASE {ROLE} "), &ours));
    let of = |role: &str| {
        let address = address.replace("user=narthex", &format!("user={role}"));
        Narthex::installed().with("DATABASE_URL", &address)
    };
    (superuser, of(&format!("{ROLE}_owner")), of(ROLE))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn role_without_ddl_rights_serves_and_runs_every_command() {
    let (superuser, owner, narthex) = set_up();
    // The serving role may not create the tables.
    let line = narthex.run(&["migrate"]).expect_error();
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

    // Every role may read the identity of the database.
    let identity = superuser.query_text("SELECT identity AS line FROM database_identity");
    for name in ["system ", "timeline ", "database ", "users-table "] {
        assert!(identity.contains(name), "{identity}");
    }

    let address = superuser.database.address();
    let mut connection = PgConnection::establish(address).expect("our own server");
    connection
        .batch_execute(&format!("SET ROLE {ROLE}"))
        .expect("the serving role");
    for forbidden in [
        "CREATE TABLE mine (it BOOLEAN)",
        "ALTER TABLE users ADD COLUMN backdoor TEXT",
        "DROP TABLE events",
        "TRUNCATE users CASCADE",
        "CREATE ROLE another",
        "CREATE SCHEMA another",
        "GRANT SELECT ON users TO PUBLIC",
    ] {
        let refused = connection.batch_execute(forbidden).is_err();
        // A `GRANT` without the right to grant is a warning, not an error.
        let granted = "SELECT 1 / (NOT has_table_privilege('public', 'users', 'SELECT'))::int";
        let granted = connection.batch_execute(granted).is_err();
        let only_granted = forbidden.starts_with("GRANT");
        assert!((refused || only_granted) && !granted, "{forbidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn peer_authentication_needs_no_password() {
    let home = postgres::init_data_directory();
    // The superuser creates the roles. All others authenticate by the operating system (peer
    // authentication, PostgreSQL documentation, 21.9).
    let rules = "local all narthex trust\nlocal all all peer\n";
    std::fs::write(home.path().join("data/pg_hba.conf"), rules).expect("a writable file");
    let _server = postgres::start(&home, &["--listen_addresses="]);
    let socket = home.path().display();
    let superuser = format!("postgres:///postgres?host={socket}&user=narthex");
    let mut superuser = PgConnection::establish(&superuser).expect("our own server");
    let ours = Narthex::installed();
    let system_user = owner_name(ours.directory());
    for sql in [
        format!("CREATE ROLE \"{system_user}\" LOGIN"),
        "CREATE ROLE somebody_else LOGIN".to_owned(),
        format!("CREATE DATABASE entrance OWNER \"{system_user}\""),
    ] {
        superuser.batch_execute(&sql).expect(&sql);
    }
    let address = format!("postgres:///entrance?host={socket}");

    let ours = ours.with("DATABASE_URL", &address);
    ours.run(&["migrate"]).expect_code(0);
    let serving = ours.serve();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let registered = Browser::at(&serving.url).post("/register", &form).await;
    registered.expect_redirect("/account");
    serving.stop().expect_code(0);

    let address = format!("{address}&user=somebody_else");
    let another = Narthex::installed().with("DATABASE_URL", &address);
    let line = another.run(&["migrate"]).expect_error();
    let expected = "Peer authentication failed for user \"somebody_else\"";
    assert!(line.contains(expected), "{line}");
}

/// Returns the name of the operating system user that owns a file. For a file of this test, it is
/// the user that runs the test.
fn owner_name(file: &std::path::Path) -> String {
    let owner = std::fs::metadata(file).expect("our file").uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let fields = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let ours = fields.into_iter().find(|fields| fields[2] == owner);
    ours.expect("a user of this machine")[0].to_owned()
}
