//! The queries about the tables of a Laravel app, in its own database.
//!
//! Apps have different columns, so a row is read as names and texts.

use std::collections::BTreeMap;

use diesel::{QueryableByName, RunQueryDsl as _, sql_types::Text};
#[cfg(feature = "sqlite")]
use diesel::{
    deserialize::{self, QueryableByName as QueryableByNameOf},
    row::NamedRow,
    sql_types::Nullable,
    sqlite::Sqlite,
};
use serde_json::Value;

use crate::{
    db::{self, AnyConnection},
    error::Error,
};

/// The columns of a row by name. A missing column has no entry, and null is `None`.
pub(in crate::import) struct LaravelRow(BTreeMap<String, Option<String>>);

impl LaravelRow {
    /// Returns the text of a column that is not null.
    pub(in crate::import) fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_deref()
    }

    pub(in crate::import) fn has_column(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }
}

/// The columns that an import uses. SQLite is asked for each of them.
#[cfg(feature = "sqlite")]
const COLUMNS: [&str; 15] = [
    "id",
    "name",
    "email",
    "password",
    "created_at",
    "deleted_at",
    "locale",
    "two_factor_secret",
    "two_factor_confirmed_at",
    "tokenable_type",
    "tokenable_id",
    "token",
    "abilities",
    "last_used_at",
    "expires_at",
];

#[cfg(feature = "sqlite")]
struct SqliteRow(LaravelRow);

#[cfg(feature = "sqlite")]
impl QueryableByNameOf<Sqlite> for SqliteRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        // A column that the table does not have is an error here.
        let columns = COLUMNS.iter().filter_map(|column| {
            let text = NamedRow::get::<Nullable<Text>, Option<String>>(row, column).ok()?;
            Some(((*column).to_owned(), text))
        });
        Ok(Self(LaravelRow(columns.collect())))
    }
}

#[derive(QueryableByName)]
struct PostgresRow {
    #[diesel(sql_type = Text)]
    json: String,
}

impl PostgresRow {
    fn columns(&self) -> Result<LaravelRow, Error> {
        let row: BTreeMap<String, Value> =
            serde_json::from_str(&self.json).map_err(Error::internal)?;
        let columns = row.into_iter().map(|(name, value)| match value {
            Value::Null => (name, None),
            Value::String(text) => (name, Some(text)),
            other => (name, Some(other.to_string())),
        });
        Ok(LaravelRow(columns.collect()))
    }
}

/// Reads the users.
pub(in crate::import) fn laravel_users(
    connection: &mut AnyConnection,
) -> Result<Vec<LaravelRow>, Error> {
    rows(
        connection,
        "SELECT * FROM users ORDER BY id",
        "SELECT CAST(to_jsonb(t) AS text) AS json FROM users t ORDER BY t.id",
    )
}

/// Reads the tokens of Sanctum.
pub(in crate::import) fn laravel_tokens(
    connection: &mut AnyConnection,
) -> Result<Vec<LaravelRow>, Error> {
    rows(
        connection,
        "SELECT * FROM personal_access_tokens ORDER BY id",
        "SELECT CAST(to_jsonb(t) AS text) AS json FROM personal_access_tokens t ORDER BY t.id",
    )
}

fn rows(
    connection: &mut AnyConnection,
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(unused_variables, reason = "the other engine")
    )]
    on_sqlite: &'static str,
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "the other engine")
    )]
    on_postgres: &'static str,
) -> Result<Vec<LaravelRow>, Error> {
    match connection {
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(sqlite) => {
            let rows: Vec<SqliteRow> = diesel::sql_query(on_sqlite)
                .load(sqlite)
                .map_err(db::Error::from)?;
            Ok(rows.into_iter().map(|row| row.0).collect())
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => {
            let rows: Vec<PostgresRow> = diesel::sql_query(on_postgres)
                .load(postgres)
                .map_err(db::Error::from)?;
            rows.iter().map(PostgresRow::columns).collect()
        }
    }
}
