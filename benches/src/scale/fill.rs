//! Many tokens in PostgreSQL, by `COPY`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use narthex::{
    config::TokenPrefix,
    kit::{clock::Timestamp, digest::Digest, id::Id, random::SystemRandom},
    tokens::TokenSecret,
};

use super::{
    Effort,
    nodes::{DATABASE, Front},
    postgres::Postgres,
};
use crate::{Result, table::complain};

/// How many tokens one user has.
const TOKENS_A_USER: usize = 100;
/// When the first was made, in milliseconds since 1970: 2026-01-01.
const FIRST: i64 = 1_767_225_600_000;
/// The database that the tables are taken from.
const EMPTY: &str = "empty";

/// The headers that show tokens, each to be used up once.
pub struct Passes {
    all: Vec<String>,
    next: usize,
}

impl Passes {
    pub const fn new(all: Vec<String>) -> Self {
        Self { all, next: 0 }
    }

    /// So many that nobody has shown yet.
    pub fn take(&mut self, count: usize) -> Result<Vec<String>> {
        let taken = self.all.get(self.next..self.next + count);
        self.next += count;
        Ok(taken.ok_or("too few tokens are in use")?.to_vec())
    }
}

/// Makes [`DATABASE`] with the tables of `narthex migrate`, `effort.tokens` live tokens in them, and the
/// headers of those in use in `passes`, one a line. Says how long it took.
///
/// As a backup comes back: tables, rows, and then what `pg_dump` calls "post-data" (keys, indexes,
/// references), by its own text, so that the schema is what the product makes.
pub fn fill(
    front: &Front,
    postgres: &Postgres,
    effort: &Effort,
    passes: &Path,
) -> Result<Duration> {
    let begun = Instant::now();
    for name in [EMPTY, DATABASE] {
        postgres.ask("postgres", &format!("CREATE DATABASE {name}"))?;
    }
    front.run(&postgres.address(EMPTY), &["migrate"])?;
    let dump = |options: &[&str]| -> Result<Vec<u8>> {
        let output = postgres
            .command("pg_dump")
            .args(options)
            .arg(EMPTY)
            .stderr(Stdio::inherit())
            .output()?;
        Ok(output.stdout)
    };
    let put = |text: Vec<u8>| postgres.tell(DATABASE, |psql| Ok(psql.write_all(&text)?));
    put(dump(&["--section=pre-data"])?)?;
    put(dump(&["--section=data"])?)?;
    let tokens = effort.tokens;
    copy(postgres, DATABASE, users(tokens))?;
    let ids: Vec<[u8; 16]> = (0..tokens).map(id).collect::<Result<_>>()?;
    copy(postgres, DATABASE, credentials(&ids))?;
    complain("  credentials written");
    let mut secrets = make_secrets(tokens, effort.in_use, passes)?;
    secrets.sort_unstable();
    copy(postgres, DATABASE, rows_of_secrets(&ids, &secrets))?;
    complain("  secrets written");
    put(dump(&["--section=post-data"])?)?;
    postgres.ask(DATABASE, "VACUUM (ANALYZE)")?;
    postgres.ask(DATABASE, "CHECKPOINT")?;
    Ok(begun.elapsed())
}

/// A database with the tables, and every index from the start.
pub fn an_empty_one(postgres: &Postgres, name: &str) -> Result<()> {
    let sql = format!("CREATE DATABASE {name} TEMPLATE {EMPTY}");
    postgres.ask("postgres", &sql).map(drop)
}

/// So many tokens in the order in which they would be made, into indexes that are there.
pub fn grow(postgres: &Postgres, database: &str, tokens: usize) -> Result<()> {
    let ids: Vec<[u8; 16]> = (0..tokens).map(id).collect::<Result<_>>()?;
    let secrets: Vec<_> = (0..tokens)
        .map(|place| (*Digest::of(&place.to_le_bytes()).as_bytes(), place))
        .collect();
    copy(postgres, database, users(tokens))?;
    copy(postgres, database, credentials(&ids))?;
    copy(postgres, database, rows_of_secrets(&ids, &secrets))
}

/// Which table and columns, and what writes the rows.
type Rows<'a> = (
    &'static str,
    Box<dyn FnOnce(&mut dyn Write) -> Result<()> + 'a>,
);

fn copy(postgres: &Postgres, database: &str, (into, write): Rows<'_>) -> Result<()> {
    let done = postgres.tell(database, |psql| {
        let mut psql = BufWriter::with_capacity(1 << 20, psql);
        writeln!(psql, "COPY {into} FROM STDIN;")?;
        write(&mut psql)?;
        writeln!(psql, "\\.")?;
        Ok(psql.flush()?)
    });
    done.map(drop)
}

fn users(tokens: usize) -> Rows<'static> {
    let columns = "users (id, email, email_canonical, name, password, changes, created_at)";
    let write = move |psql: &mut dyn Write| {
        for place in 0..tokens.div_ceil(TOKENS_A_USER) {
            let (id, at) = (hex(&user_id(place)), micros(place)?);
            let email = format!("user{place}@example.com");
            writeln!(psql, "{id}\t{email}\t{email}\tSomebody\tnone\t0\t{at}")?;
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
                micros(place)?,
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
                micros(*place)?
            )?;
        }
        Ok(())
    };
    (columns, Box::new(write))
}

/// The digest of each token's secret, with the place of the token. Only those in use have a secret that
/// somebody knows; they are from everywhere among all.
fn make_secrets(tokens: usize, in_use: usize, passes: &Path) -> Result<Vec<([u8; 32], usize)>> {
    let prefix = TokenPrefix::parse("nrx")?;
    let mut lines = BufWriter::new(File::create(passes)?);
    let every = tokens / in_use.max(1);
    let mut secrets = Vec::with_capacity(tokens);
    for place in 0..tokens {
        let digest = if place % every == 0 && place / every < in_use {
            let secret = TokenSecret::generate(&prefix, &SystemRandom)?;
            writeln!(lines, "Authorization: Bearer {}", secret.expose())?;
            secret.digest()
        } else {
            Digest::of(&place.to_le_bytes())
        };
        secrets.push((*digest.as_bytes(), place));
    }
    lines.flush()?;
    Ok(secrets)
}

/// An id that is greater than those before it: a UUIDv7 of one millisecond each.
fn id(place: usize) -> Result<[u8; 16]> {
    let at = Timestamp::from_micros(micros(place)?);
    Ok(*Id::<()>::new(at, &SystemRandom)?.as_bytes())
}

fn micros(place: usize) -> Result<i64> {
    Ok((FIRST + i64::try_from(place)?) * 1000)
}

fn user_id(place: usize) -> [u8; 16] {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(place.to_be_bytes()) {
        *to = from;
    }
    id
}

/// Bytes as `COPY` takes them: a backslash has to be doubled.
fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("\\\\x{}", digits.collect::<String>())
}
