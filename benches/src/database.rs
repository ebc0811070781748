//! Databases with many tokens.

use std::{fs::File, path::Path};

use diesel::{
    Connection as _, ExpressionMethods as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, insert_into, sql_query, sql_types::Text,
};
use narthex::schema::{credentials, secrets, users};

use crate::{
    Result,
    rows::{TOKENS_A_USER, id, make_secrets, time, user_id},
    table::print_to_stderr,
};

/// The number of rows of one statement.
const BATCH: usize = 1000;

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Adds `tokens` active tokens to the database at `path`, whose tables exist. Writes the headers
/// for `in_use` of them, evenly spread, to `credentials`, one a line.
///
/// This is fast because no index gets its entries in random order: rows are written in the order of
/// their keys, and other indexes are built at the end.
pub fn fill(path: &Path, tokens: usize, in_use: usize, credentials: &Path) -> Result<()> {
    let mut database = SqliteConnection::establish(&path.to_string_lossy())?;
    database.batch_execute(
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA cache_size = -500000; PRAGMA temp_store = MEMORY;",
    )?;
    let indexes: Vec<Index> =
        sql_query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            .load(&mut database)?;
    for index in &indexes {
        database.batch_execute(&format!("DROP INDEX {}", index.name))?;
    }
    let mut secrets = make_secrets(tokens, in_use, credentials)?;
    let ids: Vec<[u8; 16]> = (0..tokens).map(id).collect::<Result<_>>()?;
    database.transaction(|database| {
        insert_users(database, tokens.div_ceil(TOKENS_A_USER))?;
        for (batch, ids) in ids.chunks(BATCH).enumerate() {
            insert_tokens(database, batch * BATCH, ids)?;
        }
        print_to_stderr("  credentials written");
        secrets.sort_unstable();
        for batch in secrets.chunks(BATCH) {
            insert_secrets(database, &ids, batch)?;
        }
        print_to_stderr("  secrets written");
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;
    for index in &indexes {
        database.batch_execute(&index.sql)?;
    }
    database.batch_execute("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;")?;
    drop(database);
    File::open(path)?.sync_all()?;
    Ok(())
}

fn insert_users(database: &mut SqliteConnection, count: usize) -> Result<()> {
    for place in 0..count {
        let email = format!("user{place}@example.com");
        insert_into(users::table)
            .values((
                users::id.eq(&user_id(place)[..]),
                users::email.eq(&email),
                users::email_canonical.eq(&email),
                users::name.eq("Somebody"),
                users::password_hash.eq("none"),
                users::created_at.eq(time(place)?.micros()),
            ))
            .execute(database)?;
    }
    Ok(())
}

fn insert_tokens(database: &mut SqliteConnection, from: usize, ids: &[[u8; 16]]) -> Result<()> {
    let mut rows = Vec::with_capacity(ids.len());
    for (place, id) in (from..).zip(ids) {
        rows.push((
            credentials::id.eq(&id[..]),
            credentials::user_id.eq(user_id(place / TOKENS_A_USER).to_vec()),
            credentials::class.eq("token"),
            credentials::kind.eq("personal"),
            credentials::name.eq("Continuous integration"),
            credentials::abilities.eq("account:read orders:read"),
            credentials::remembered.eq(false),
            credentials::paused.eq(false),
            credentials::created_at.eq(time(place)?.micros()),
        ));
    }
    insert_into(credentials::table)
        .values(&rows)
        .execute(database)?;
    Ok(())
}

fn insert_secrets(
    database: &mut SqliteConnection,
    ids: &[[u8; 16]],
    batch: &[([u8; 32], usize)],
) -> Result<()> {
    let mut rows = Vec::with_capacity(batch.len());
    for (digest, place) in batch {
        let id = ids.get(*place).ok_or("a secret of no token")?;
        rows.push((
            secrets::digest.eq(&digest[..]),
            secrets::credential_id.eq(&id[..]),
            secrets::hint.eq("abcd"),
            secrets::created_at.eq(time(*place)?.micros()),
        ));
    }
    insert_into(secrets::table)
        .values(&rows)
        .execute(database)?;
    Ok(())
}
