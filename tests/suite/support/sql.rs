//! Direct access to the database behind an app.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use narthex::db::DatabaseUrl;

use super::app::TestApp;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Runs a query of one text column, called `line`, and returns all rows.
pub fn query_lines(app: &TestApp, sqlite: &str, postgres: &str) -> Vec<String> {
    query_lines_at(&app.state.settings().database.url, sqlite, postgres)
}

/// The same in the database at this address.
pub fn query_lines_at(database: &DatabaseUrl, sqlite: &str, postgres: &str) -> Vec<String> {
    let lines: Vec<Line> = match database {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = sqlite_at(path.to_str().unwrap());
            diesel::sql_query(sqlite).load(&mut connection).unwrap()
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(url.as_str()).unwrap();
            diesel::sql_query(postgres).load(&mut connection).unwrap()
        }
    };
    lines.into_iter().map(|line| line.line).collect()
}

/// Runs SQL that is the same on both databases.
pub fn execute(app: &TestApp, sql: &str) {
    let done = match &app.state.settings().database.url {
        DatabaseUrl::Sqlite(path) => sqlite_at(path.to_str().unwrap()).batch_execute(sql),
        DatabaseUrl::Postgres(url) => PgConnection::establish(url.as_str())
            .unwrap()
            .batch_execute(sql),
    };
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Opens an SQLite file. The connection waits for other writers.
pub fn sqlite_at(path: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path).expect("a database");
    connection
        .batch_execute("PRAGMA busy_timeout = 10000")
        .expect("a setting");
    connection
}
