//! The size on the disk.

use super::{
    Effort,
    fill::{an_empty_one, grow},
    nodes::{DATABASE, Deployment},
    postgres::Postgres,
};
use crate::{
    Result,
    table::{self, two, whole},
};

/// A database whose indexes grew row by row, as in production. They are half as large again as
/// newly built ones.
const GROWN: &str = "grown";

/// As many sessions as there are tokens, with the columns that the program would write, and an
/// event for each. (Unless the table is analyzed, references are checked with the plan for an empty
/// table.)
const SESSIONS: &str = "
TRUNCATE credentials, last_uses, secrets, rotations, events;
INSERT INTO credentials (id, user_id, class, kind, name, abilities, user_agent, ip,
    remembered, paused, created_at, expires_at, idle_limit, confirmed_until)
SELECT uuid_send(gen_random_uuid()), id, 'session', 'desktop', '', '',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
    '192.0.2.1', true, false, n, n, 1209600000000, n
FROM users, generate_series(1767225600000000, 1767225600000099) AS n;
ANALYZE credentials;
INSERT INTO last_uses (credential_id, at, ip) SELECT id, created_at, ip FROM credentials;
INSERT INTO secrets (digest, credential_id, hint, created_at)
SELECT sha256(id), id, '', created_at FROM credentials;
INSERT INTO events (id, user_id, at, kind, actor_credential_id, ip, credential_id, detail)
SELECT uuid_send(gen_random_uuid()), user_id, created_at, 'signed_in', id, ip, id, 'Chrome on Windows'
FROM credentials;";

const ENDED: &str = "
INSERT INTO receipts (id, user_id, at, reason, actor_credential_id, ip, sessions_ended, tokens_ended)
SELECT uuid_send(gen_random_uuid()), user_id, created_at, 'revoked', id, ip, 1, 0 FROM credentials;
VACUUM (FULL, ANALYZE);";

pub fn measure(deployment: &Deployment, postgres: &Postgres, effort: &Effort) -> Result<()> {
    let tokens = effort.tokens as f64;
    let bytes = |database: &str, what: &str| -> Result<f64> {
        postgres.number(database, &format!("SELECT {what}"))
    };
    let both = |function: &str| format!("{function}('credentials') + {function}('secrets')");
    table::heading("Bytes on the disk", &["", "rows", "indexes", "both"]);
    let rows = bytes(DATABASE, &both("pg_table_size"))? / tokens;
    let indexes = bytes(DATABASE, &both("pg_indexes_size"))? / tokens;
    let line = |name: &str, rows: f64, indexes: f64| {
        table::row(&[&name, &whole(rows), &whole(indexes), &whole(rows + indexes)]);
    };
    line("a token, indexes just built", rows, indexes);
    an_empty_one(postgres, GROWN)?;
    let some = effort.tokens.min(100_000);
    grow(postgres, GROWN, some)?;
    let of = |tables: &str, count: f64| -> Result<(f64, f64)> {
        let function = |name: &str| {
            let each = tables.split(' ').map(|table| format!("{name}('{table}')"));
            each.collect::<Vec<_>>().join(" + ")
        };
        Ok((
            bytes(GROWN, &function("pg_table_size"))? / count,
            bytes(GROWN, &function("pg_indexes_size"))? / count,
        ))
    };
    let some = some as f64;
    let (rows, indexes) = of("credentials secrets", some)?;
    line("a token, indexes as they grow", rows, indexes);
    let (rows, indexes) = of("users", some / 100.0)?;
    line("a user", rows, indexes);
    postgres.ask(GROWN, SESSIONS)?;
    let (rows, indexes) = of("credentials last_uses secrets", some)?;
    line("a session, indexes as they grow", rows, indexes);
    let (rows, indexes) = of("events", some)?;
    line("an event", rows, indexes);
    postgres.ask(GROWN, ENDED)?;
    let (rows, indexes) = of("receipts", some)?;
    line("a receipt", rows, indexes);
    postgres.ask("postgres", &format!("DROP DATABASE {GROWN}"))?;
    let gibibytes = |what: &str| -> Result<f64> { Ok(bytes(DATABASE, what)? / (1 << 30) as f64) };
    table::heading(
        "Indexes that a check without a cache entry reads",
        &["index", "GiB"],
    );
    for index in ["secrets_pkey", "credentials_pkey", "users_pkey"] {
        let size = gibibytes(&format!("pg_relation_size('{index}')"))?;
        table::row(&[&index, &two(size)]);
    }
    let cluster = deployment.start(1)?;
    let (node, _) = cluster.nodes.first().ok_or("no node")?;
    table::heading("Resident memory", &["", "MiB"]);
    table::row(&[&"a node just after its start", &two(node.resident()?)]);
    Ok(())
}
