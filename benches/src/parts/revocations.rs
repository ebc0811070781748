//! The number of tokens that are created and revoked in a second, each durable before the response,
//! compared with bare commits of one row on the same disk with the same library and settings.
//!
//! SQLite's log grows until the first checkpoint and is overwritten from then on, which on many
//! disks takes a fraction of the time. A server overwrites its log nearly always, and so do the
//! bare commits that count here. Commits into a growing log are measured, too.
//!
//! Bare commits have no transport: there is no connection, and no thread passes them to another.
//! Therefore one row, committed by the same writer for a request to the same app, is measured as
//! well. The difference to the bare commits is the cost of the transport. The difference of a token
//! to it is the cost of Narthex.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _, sql_query};
use diesel::{RunQueryDsl as _, sql_types::Binary};

use super::Effort;
use crate::{
    Result,
    client::Client,
    process::{Installation, Server},
    serve::ONE_ROW,
    table::{self, median, whole},
};

const CLIENTS: usize = 16;
/// A commit of one row writes one page of the log, sometimes two, and `wal_autocheckpoint` is
/// 4,000.
const UNTIL_WRITTEN_BACK: usize = 3000;
const UNTIL_WRITTEN_OVER: usize = 5000;
const TOKEN: &str = r#"{"name":"Continuous integration","abilities":["account:read"]}"#;

pub fn measure(effort: &Effort) -> Result<()> {
    let installation = Installation::new(effort.program, "revocations")?;
    let mut credentials = Vec::new();
    for client in 0..CLIENTS {
        let email = format!("client{client}@example.com");
        installation.add_user(&email)?;
        credentials.push(installation.add_token(&email)?);
    }
    let alone = credentials.get(..1).unwrap_or(&credentials);
    let credential = alone.first().ok_or("no credential")?;
    let server = installation.serve_with_constants("info", credential)?;
    let (mut growing, mut bare) = (Vec::new(), Vec::new());
    let (mut one, mut all) = (Rounds::default(), Rounds::default());
    load(&server, &credentials, effort.takes, create_and_revoke)?;
    let mut written_over = open(&installation, "over.db")?;
    for _ in 0..UNTIL_WRITTEN_OVER {
        commit(&mut written_over)?;
    }
    for round in 0..effort.rounds {
        let mut new = open(&installation, &format!("new{round}.db"))?;
        growing.push(commits(&mut new, effort.takes, UNTIL_WRITTEN_BACK)?);
        bare.push(commits(&mut written_over, effort.takes, usize::MAX)?);
        for (rounds, credentials) in [(&mut one, alone), (&mut all, &credentials)] {
            rounds
                .row
                .push(load(&server, credentials, effort.takes, one_row)?);
            rounds
                .tokens
                .push(load(&server, credentials, effort.takes, create_and_revoke)?);
        }
    }
    table::heading(
        "Tokens created and revoked, each durable before the response",
        &[
            "",
            "created a second",
            "revoked a second",
            "both",
            "of bare commits",
            "of commits into a growing log",
            "of one row behind the same app",
            "CPU of the server in µs for one",
        ],
    );
    for (name, rates) in [
        ("bare commits", &bare),
        ("bare commits into a growing log", &growing),
    ] {
        let rate = whole(median(rates.clone()));
        table::row(&[&name, &"", &"", &rate, &"", &"", &"", &""]);
    }
    for (name, rounds) in [("one at a time", &one), ("from 16 clients", &all)] {
        let of_row = rounds.row.iter().map(|row| row.all).collect::<Vec<_>>();
        for (what, changes) in [("one row", &rounds.row), ("tokens", &rounds.tokens)] {
            let sorts = |sort: fn(&Changes) -> f64| median(changes.iter().map(sort).collect());
            let ratio = |of: &[f64]| {
                let each = changes.iter().zip(of);
                table::ratio(each.map(|(one, of)| one.all / of))
            };
            let rate = |sort: fn(&Changes) -> f64| match what {
                "tokens" => whole(sorts(sort)).to_string(),
                _ => String::new(),
            };
            table::row(&[
                &format!("{what}, {name}"),
                &rate(|changes| changes.created),
                &rate(|changes| changes.revoked),
                &whole(sorts(|changes| changes.all)),
                &ratio(&bare),
                &ratio(&growing),
                &ratio(&of_row),
                &whole(sorts(|changes| changes.cpu)),
            ]);
        }
    }
    Ok(())
}

/// The results of one number of clients, round by round.
#[derive(Default)]
struct Rounds {
    row: Vec<Changes>,
    tokens: Vec<Changes>,
}

/// Changes a second: of each sort in the time of its requests, and of all.
#[derive(Clone, Copy, Default)]
struct Changes {
    created: f64,
    revoked: f64,
    all: f64,
    /// The CPU time of the server for one, in microseconds.
    cpu: f64,
}

/// The work that one client repeats with its credential for this time.
type Work = fn(&mut Client, &str, Duration) -> Result<Changes>;

fn load(server: &Server, credentials: &[String], takes: Duration, work: Work) -> Result<Changes> {
    let (before, address) = (server.microseconds()?, &server.address);
    let clients: Vec<_> = credentials
        .iter()
        .map(|credential| {
            let (address, credential) = (address.to_owned(), credential.clone());
            thread::spawn(move || {
                Client::connect(&address)
                    .and_then(|mut client| work(&mut client, &credential, takes))
                    .map_err(|error| error.to_string())
            })
        })
        .collect();
    let mut sum = Changes::default();
    for client in clients {
        let one = client.join().map_err(|_| "a client panicked")??;
        sum.created += one.created;
        sum.revoked += one.revoked;
        sum.all += one.all;
    }
    sum.cpu = (server.microseconds()? - before) / (sum.all * takes.as_secs_f64());
    Ok(sum)
}

fn one_row(client: &mut Client, credential: &str, takes: Duration) -> Result<Changes> {
    let (mut times, begun) = (0.0, Instant::now());
    while begun.elapsed() < takes {
        client
            .send("POST", ONE_ROW, &[credential], "")?
            .expect(204)?;
        times += 1.0;
    }
    Ok(Changes {
        all: times / begun.elapsed().as_secs_f64(),
        ..Changes::default()
    })
}

fn create_and_revoke(client: &mut Client, credential: &str, takes: Duration) -> Result<Changes> {
    let (mut times, mut creating, mut revoking) = (0.0, Duration::ZERO, Duration::ZERO);
    let begun = Instant::now();
    while begun.elapsed() < takes {
        let before = Instant::now();
        let headers = [credential, "Content-Type: application/json"];
        let created = client.send("POST", "/api/v1/tokens", &headers, TOKEN)?;
        creating += before.elapsed();
        let created: serde_json::Value = serde_json::from_str(&created.expect(201)?.body)?;
        let id = created.pointer("/token/id").and_then(|id| id.as_str());
        let path = format!("/api/v1/tokens/{}", id.ok_or("no id")?);
        let before = Instant::now();
        client
            .send("DELETE", &path, &[credential], "")?
            .expect(204)?;
        revoking += before.elapsed();
        times += 1.0;
    }
    Ok(Changes {
        created: times / creating.as_secs_f64(),
        revoked: times / revoking.as_secs_f64(),
        all: 2.0 * times / begun.elapsed().as_secs_f64(),
        cpu: 0.0,
    })
}

fn open(installation: &Installation, name: &str) -> Result<SqliteConnection> {
    let path = installation.folder.join(name);
    let mut database = SqliteConnection::establish(&path.to_string_lossy())?;
    database.batch_execute(
        "PRAGMA busy_timeout = 4500; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000;
         CREATE TABLE rows (id INTEGER PRIMARY KEY, content BLOB NOT NULL);",
    )?;
    Ok(database)
}

fn commit(database: &mut SqliteConnection) -> Result<()> {
    database.immediate_transaction(|database| {
        sql_query("INSERT INTO rows (content) VALUES (?)")
            .bind::<Binary, _>([7_u8; 200].as_slice())
            .execute(database)
    })?;
    Ok(())
}

/// Commits rows for this time, at most `most`. Returns the number of commits a second.
fn commits(database: &mut SqliteConnection, takes: Duration, most: usize) -> Result<f64> {
    let mut times = 0;
    let begun = Instant::now();
    while begun.elapsed() < takes && times < most {
        commit(database)?;
        times += 1;
    }
    Ok(times as f64 / begun.elapsed().as_secs_f64())
}
