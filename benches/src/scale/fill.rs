//! Fills PostgreSQL with many tokens, by `COPY`.

use std::{
    io::{BufWriter, Write},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use narthex::crypto::digest::Digest;

use super::{
    Effort,
    nodes::{DATABASE, Deployment},
    postgres::Postgres,
};
use crate::{
    Result,
    rows::{TOKENS_A_USER, id, make_secrets, time, user_id},
    table::print_to_stderr,
};

/// The database from which the tables are copied.
const EMPTY: &str = "empty";

/// The headers of tokens, each to be used once.
pub struct CredentialHeaders {
    all: Vec<String>,
    next: usize,
}

impl CredentialHeaders {
    pub const fn new(all: Vec<String>) -> Self {
        Self { all, next: 0 }
    }

    /// Returns this number of unused headers.
    pub fn take(&mut self, count: usize) -> Result<Vec<String>> {
        let taken = self.all.get(self.next..self.next + count);
        self.next += count;
        Ok(taken.ok_or("too few tokens are in use")?.to_vec())
    }
}

/// Creates [`DATABASE`] with the tables of `narthex migrate` and `effort.tokens` active tokens.
/// Writes the headers of those in use to `credential_headers`, one a line. Returns the time that it
/// took.
///
/// The order is that of restoring a backup: tables, rows, and then what `pg_dump` calls "post-data"
/// (keys, indexes, references), from its own output, so that the schema is that of the product.
pub fn fill(
    deployment: &Deployment,
    postgres: &Postgres,
    effort: &Effort,
    credential_headers: &Path,
) -> Result<Duration> {
    let begun = Instant::now();
    for name in [EMPTY, DATABASE] {
        postgres.ask("postgres", &format!("CREATE DATABASE {name}"))?;
    }
    deployment.run(&postgres.address(EMPTY), &["migrate"])?;
    let dump = |options: &[&str]| -> Result<Vec<u8>> {
        let output = postgres
            .command("pg_dump")
            .args(options)
            .arg(EMPTY)
            .stderr(Stdio::inherit())
            .output()?;
        Ok(output.stdout)
    };
    let put = |text: Vec<u8>| postgres.psql(DATABASE, |psql| Ok(psql.write_all(&text)?));
    put(dump(&["--section=pre-data"])?)?;
    put(dump(&["--section=data"])?)?;
    let tokens = effort.tokens;
    copy(postgres, DATABASE, users(tokens))?;
    let ids: Vec<[u8; 16]> = (0..tokens).map(id).collect::<Result<_>>()?;
    copy(postgres, DATABASE, credentials(&ids))?;
    print_to_stderr("  credentials written");
    let mut secrets = make_secrets(tokens, effort.in_use, credential_headers)?;
    secrets.sort_unstable();
    copy(postgres, DATABASE, rows_of_secrets(&ids, &secrets))?;
    print_to_stderr("  secrets written");
    put(dump(&["--section=post-data"])?)?;
    postgres.ask(DATABASE, "VACUUM (ANALYZE)")?;
    postgres.ask(DATABASE, "CHECKPOINT")?;
    Ok(begun.elapsed())
}

/// Creates a database with the tables and all indexes, without rows.
pub fn an_empty_one(postgres: &Postgres, name: &str) -> Result<()> {
    let sql = format!("CREATE DATABASE {name} TEMPLATE {EMPTY}");
    postgres.ask("postgres", &sql).map(drop)
}

/// Adds this number of tokens in the order of their creation, with existing indexes.
pub fn grow(postgres: &Postgres, database: &str, tokens: usize) -> Result<()> {
    let ids: Vec<[u8; 16]> = (0..tokens).map(id).collect::<Result<_>>()?;
    let secrets: Vec<_> = (0..tokens)
        .map(|place| (*Digest::of(&place.to_le_bytes()).as_bytes(), place))
        .collect();
    copy(postgres, database, users(tokens))?;
    copy(postgres, database, credentials(&ids))?;
    copy(postgres, database, rows_of_secrets(&ids, &secrets))
}

/// The table with its columns, and the function that writes the rows.
type Rows<'a> = (
    &'static str,
    Box<dyn FnOnce(&mut dyn Write) -> Result<()> + 'a>,
);

fn copy(postgres: &Postgres, database: &str, (into, write): Rows<'_>) -> Result<()> {
    let done = postgres.psql(database, |psql| {
        let mut psql = BufWriter::with_capacity(1 << 20, psql);
        writeln!(psql, "COPY {into} FROM STDIN;")?;
        write(&mut psql)?;
        writeln!(psql, "\\.")?;
        Ok(psql.flush()?)
    });
    done.map(drop)
}

fn users(tokens: usize) -> Rows<'static> {
    let columns = "users (id, email, email_canonical, name, password_hash, created_at)";
    let write = move |psql: &mut dyn Write| {
        for place in 0..tokens.div_ceil(TOKENS_A_USER) {
            let (id, at) = (hex(&user_id(place)), time(place)?.micros());
            let email = format!("user{place}@example.com");
            writeln!(psql, "{id}\t{email}\t{email}\tSomebody\tnone\t{at}")?;
        }
        Ok(())
    };
    (columns, Box::new(write))
}

fn credentials(ids: &[[u8; 16]]) -> Rows<'_> {
    let columns = "credentials (id, user_id, class, kind, name, abilities, remembered, paused, \
                   created_at)";
    let write = move |psql: &mut dyn Write| {
        for (place, id) in ids.iter().enumerate() {
            let (id, user, at) = (
                hex(id),
                hex(&user_id(place / TOKENS_A_USER)),
                time(place)?.micros(),
            );
            writeln!(
                psql,
                "{id}\t{user}\ttoken\tpersonal\tContinuous integration\taccount:read orders:read\tf\tf\t{at}"
            )?;
        }
        Ok(())
    };
    (columns, Box::new(write))
}

fn rows_of_secrets<'a>(ids: &'a [[u8; 16]], secrets: &'a [([u8; 32], usize)]) -> Rows<'a> {
    let columns = "secrets (digest, credential_id, hint, created_at)";
    let write = move |psql: &mut dyn Write| {
        for (digest, place) in secrets {
            let id = ids.get(*place).ok_or("a secret of no token")?;
            writeln!(
                psql,
                "{}\t{}\tabcd\t{}",
                hex(digest),
                hex(id),
                time(*place)?.micros()
            )?;
        }
        Ok(())
    };
    (columns, Box::new(write))
}

/// Bytes in the format of `COPY`, with a doubled backslash.
fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("\\\\x{}", digits.collect::<String>())
}
