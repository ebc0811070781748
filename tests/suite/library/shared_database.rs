//! Narthex in the PostgreSQL database of the app: a schema of its own, foreign keys and triggers.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use narthex::db::{self, DatabaseUrl, SchemaName};
use narthex::{Migrate, Narthex, NewUser, UserInfo};

use super::builder;
use crate::support::app::{PASSWORD, migrate};
use crate::support::database::{Database, Engine};
use crate::support::operator::Operator;
use crate::support::sql::query_lines_at;

const ADA: &str = "ada@example.com";
const SCHEMA: &str = "narthex";

/// The tables of an app. Two of them have the names of tables of Narthex and of diesel.
const TABLES_OF_THE_APP: &str = "CREATE TABLE users (id integer); INSERT INTO users VALUES (1); \
     CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY); \
     INSERT INTO __diesel_schema_migrations VALUES ('00000000000001');";

fn database_of_the_app() -> Database {
    let database = Database::empty_of(Engine::Postgres);
    execute(&database, TABLES_OF_THE_APP);
    database
}

fn open_in(database: &Database, schema: &str) -> Narthex {
    let builder = builder(database.address()).schema(schema);
    builder.open().unwrap()
}

async fn create_ada(narthex: &Narthex) -> UserInfo {
    let new = NewUser::new(ADA, PASSWORD);
    let created = narthex.users().create(new).await;
    created.unwrap_or_else(|error| panic!("{error}"))
}

/// Runs SQL of the app, outside the schema of Narthex. By default, a role would use the schema with
/// its own name first, and the role of the tests is `narthex`.
fn execute(database: &Database, sql: &str) {
    let mut connection = PgConnection::establish(database.address()).unwrap();
    let done = connection.batch_execute(&format!("SET search_path = public; {sql}"));
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Runs a query of the app with one text column, `line`.
fn lines(database: &Database, sql: &str) -> Vec<String> {
    query_lines_at(&DatabaseUrl::parse(database.address()).unwrap(), sql, sql)
}

#[actix_web::test]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn schema_separates_tables_from_those_of_the_app() {
    let database = database_of_the_app();
    let narthex = open_in(&database, SCHEMA);
    let ada = create_ada(&narthex).await;
    assert!(narthex.users().find(ada.id).await.unwrap().is_some());
    let schemas = "SELECT DISTINCT CAST(schemaname AS text) AS line FROM pg_tables \
         WHERE tablename IN ('credentials', 'users') ORDER BY 1";
    assert_eq!(lines(&database, schemas), [SCHEMA, "public"]);
    let rows = "SELECT CAST(count(*) AS text) AS line FROM public.users";
    assert_eq!(lines(&database, rows), ["1"]);
}

#[actix_web::test]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn foreign_key_deletes_the_rows_of_a_deleted_user() {
    let database = database_of_the_app();
    let narthex = open_in(&database, SCHEMA);
    let ada = create_ada(&narthex).await;
    execute(
        &database,
        "CREATE TABLE orders (user_id bytea NOT NULL REFERENCES narthex.users (id) ON DELETE CASCADE); \
         INSERT INTO orders SELECT id FROM narthex.users",
    );
    let orders = "SELECT encode(user_id, 'hex') AS line FROM orders";
    let id = ada.id.to_string().replace('-', "");
    assert_eq!(lines(&database, orders), [id]);
    narthex.users().delete(ada.id).await.unwrap();
    assert!(lines(&database, orders).is_empty());
}

#[actix_web::test]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn trigger_runs_in_the_transaction_of_the_change() {
    let database = database_of_the_app();
    let narthex = open_in(&database, SCHEMA);
    execute(
        &database,
        "CREATE TABLE customers (user_id bytea PRIMARY KEY, has_open_orders boolean NOT NULL); \
         CREATE FUNCTION follow_account() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.kind = 'created' THEN INSERT INTO public.customers VALUES (NEW.user_id, true); END IF; \
             IF NEW.kind = 'deleted' THEN \
                 DELETE FROM public.customers WHERE user_id = NEW.user_id AND NOT has_open_orders; \
                 IF NOT FOUND THEN RAISE EXCEPTION 'the customer has open orders'; END IF; \
             END IF; RETURN NEW; END $$; \
         CREATE TRIGGER follow_account AFTER INSERT ON narthex.account_changes \
             FOR EACH ROW EXECUTE FUNCTION follow_account()",
    );
    let ada = create_ada(&narthex).await;
    let customers = "SELECT CAST(count(*) AS text) AS line FROM customers";
    assert_eq!(lines(&database, customers), ["1"]);

    let refused = narthex.users().delete(ada.id).await.unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("has open orders"), "{refused}");
    assert!(narthex.users().find(ada.id).await.unwrap().is_some());
    assert_eq!(lines(&database, customers), ["1"]);

    execute(&database, "UPDATE customers SET has_open_orders = false");
    narthex.users().delete(ada.id).await.unwrap();
    assert_eq!(lines(&database, customers), ["0"]);
}

#[actix_web::test]
#[ignore = "needs PostgreSQL: use scripts/test"]
async fn two_schemas_of_a_database_share_nothing() {
    let database = database_of_the_app();
    let [first, second] = ["first", "second"].map(|schema| open_in(&database, schema));
    let ada = create_ada(&first).await;
    assert!(second.users().find(ada.id).await.unwrap().is_none());
    create_ada(&second).await;
    let nodes = |schema| format!("SELECT CAST(count(*) AS text) AS line FROM {schema}.nodes");
    drop(first);
    assert_eq!(lines(&database, &nodes("first")), ["0"]);
    assert_eq!(lines(&database, &nodes("second")), ["1"]);
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn notification_wakes_only_the_nodes_of_its_schema() {
    let database = database_of_the_app();
    let [mut first, mut second, mut public] = [Some("first"), Some("second"), None].map(|schema| {
        let url = DatabaseUrl::parse(database.address()).unwrap();
        let url = match schema {
            Some(name) => {
                execute(&database, &format!("CREATE SCHEMA {name}"));
                url.with_schema(SchemaName::parse(name).unwrap()).unwrap()
            }
            None => url,
        };
        let database = db::Database::open(&url, 2).unwrap();
        let mut connection = database.dedicated_connection();
        assert!(!connection.has_notification().unwrap());
        connection
    });
    first.write(db::notify).unwrap();
    let is_notified = |connection: &mut db::DedicatedConnection| {
        // The answer to a query comes after the notifications that were sent before it.
        let ask = |on: &mut db::AnyConnection| on.batch_execute("SELECT 1");
        connection.read(ask).unwrap();
        connection.has_notification().unwrap()
    };
    assert!(is_notified(&mut first));
    assert!(!is_notified(&mut second));
    assert!(!is_notified(&mut public));
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn role_without_rights_on_the_database_uses_an_existing_schema() {
    let database = database_of_the_app();
    let (_, name) = crate::support::postgres::socket_and_name(database.address());
    let role = format!("app_of_{name}");
    let address = database
        .address()
        .replace("user=narthex", &format!("user={role}"));
    execute(&database, &format!("CREATE ROLE {role} LOGIN"));
    let with = || builder(&address).schema("accounts");
    let error = with().open().err().unwrap().to_string();
    assert!(error.contains("permission denied for database"), "{error}");
    execute(
        &database,
        &format!("CREATE SCHEMA accounts AUTHORIZATION {role}"),
    );
    let missing = with().migrate(Migrate::Never).open().err().unwrap();
    assert!(missing.to_string().contains("narthex migrate"), "{missing}");
    drop(with().open().unwrap());
    drop(with().migrate(Migrate::Never).open().unwrap());
    execute(
        &database,
        &format!("DROP SCHEMA accounts CASCADE; DROP ROLE {role}"),
    );
}

#[test]
#[ignore = "needs PostgreSQL: use scripts/test"]
fn every_command_uses_the_schema_of_the_setting() {
    let operator = Operator::on(database_of_the_app()).with("NARTHEX_DATABASE_SCHEMA", SCHEMA);
    operator.run_ok(&["migrate"]);
    operator.add_user(ADA);
    assert!(operator.run_ok(&["user", "list"]).contains(ADA));
    operator.serve().stop().expect_code(0);
    operator.run(&["check"]).expect_code(0);
    let emails = "SELECT email AS line FROM narthex.users";
    assert_eq!(lines(&operator.database, emails), [ADA]);
}

#[test]
fn schema_is_refused_for_sqlite() {
    let database = Database::fresh_of(Engine::Sqlite, migrate);
    let refused = builder(database.address()).schema(SCHEMA).open().err();
    assert_eq!(
        refused.unwrap().to_string(),
        "database_schema is \"narthex\": SQLite has no schemas: leave it out, or use PostgreSQL"
    );
    let refused = builder(database.address()).schema("My Schema").open().err();
    let refused = refused.unwrap().to_string();
    assert!(refused.contains("a-z, 0-9 and _"), "{refused}");
}
