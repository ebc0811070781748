//! Checks the database and its tables.

use std::path::{Path, PathBuf};

use super::{
    Findings,
    clock::Times,
    files::{can_be_created, is_private},
};
#[cfg(feature = "postgres")]
use crate::db::postgres::url::{self as postgres_url, Transport};
use crate::{
    app_state::MIGRATIONS,
    audit,
    cli::text::count,
    config::Settings,
    db::{self, AnyConnection, ConnectionCapacity, DatabaseIdentity, DatabaseUrl, inspect},
    error::Error,
    restore_detection::{self, RestoreEvidence},
    util::clock::Clock,
};

const DATABASE: &str = "database";
const TABLES: &str = "tables";
const COPY: &str = "copy";
const INTEGRITY: &str = "integrity";
const SESSION: &str = "session";
const CONNECTIONS: &str = "connections";
#[cfg(feature = "postgres")]
const ENCRYPTION: &str = "encryption";
const REPLICATION: &str = "replication";

/// Larger files are not checked for damage, because reading them would take seconds.
const MAX_CHECKED_BYTES: u64 = 256 << 20;

/// Checks the database. Returns the times that it reports.
pub(super) fn check(settings: &Settings, clock: &dyn Clock, findings: &mut Findings) -> Times {
    let target = &settings.database.url;
    let mut times = Times::at(clock.now());
    #[cfg(feature = "sqlite")]
    if let DatabaseUrl::Sqlite(path) = target
        && (!file_exists(path, findings) || has_foreign_wal(path, findings))
    {
        return times;
    }
    #[cfg(feature = "postgres")]
    if let DatabaseUrl::Postgres(url) = target {
        encryption(url.as_str(), findings);
    }
    let inspected = inspect::connect_to_existing(target)
        .map_err(Error::from)
        .and_then(|mut connection| {
            session(settings, &mut connection, findings)?;
            check_contents(target, &mut connection, clock, &mut times, findings)
        });
    if let Err(error) = inspected {
        let cause = match error {
            Error::Unavailable(cause) => cause,
            other => other.to_string(),
        };
        findings.fail(DATABASE, cause);
    }
    times
}

/// Checks the session settings and the connection limit of a PostgreSQL server.
fn session(
    settings: &Settings,
    connection: &mut AnyConnection,
    findings: &mut Findings,
) -> Result<(), Error> {
    if let DatabaseUrl::Sqlite(_) = settings.database.url {
        return Ok(());
    }
    let faults = inspect::session_faults(connection)?;
    if faults.is_empty() {
        findings.ok(SESSION, "not shared, with the requested timeouts");
    }
    for fault in faults {
        findings.warn(SESSION, fault);
    }
    let connections = settings.database.connections;
    match db::connection_capacity(connection, connections)? {
        ConnectionCapacity::Enough => {
            findings.ok(CONNECTIONS, format!("{connections} and one are available"));
        }
        ConnectionCapacity::TooFewFree(left) => findings.warn(
            CONNECTIONS,
            format!(
                "a server opens {connections} and one, but {left} are free at present: lower \
                 NARTHEX_DATABASE_CONNECTIONS, or raise max_connections"
            ),
        ),
        ConnectionCapacity::LimitTooLow(capacity) => findings.fail(
            CONNECTIONS,
            format!(
                "a server opens {connections} and one, but PostgreSQL allows {capacity}: lower \
                 NARTHEX_DATABASE_CONNECTIONS, or raise max_connections"
            ),
        ),
    }
    Ok(())
}

/// Detects a `-wal` of another file that makes this one look damaged. This check comes first,
/// because any writable connection would merge that log into the file.
#[cfg(feature = "sqlite")]
fn has_foreign_wal(path: &Path, findings: &mut Findings) -> bool {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let is_small = path
        .metadata()
        .is_ok_and(|metadata| metadata.len() <= MAX_CHECKED_BYTES);
    if !is_small || !log.exists() {
        return false;
    }
    let damage = inspect::connect_read_only(path).and_then(|mut on| inspect::damage(&mut on));
    let cause = match damage {
        Ok(damage) if damage.is_empty() => return false,
        Ok(damage) => damage.join(", "),
        Err(db::Error::Query(error)) => error.to_string(),
        Err(_) => return false,
    };
    findings.fail(
        DATABASE,
        format!(
            "{cause}. {} exists: if this database replaced another one, that file belongs to the \
             other one; stop Narthex, move that file and the -shm file away, and check again",
            log.display()
        ),
    );
    true
}

/// Checks whether an attacker on the network could read the connection or impersonate the server.
#[cfg(feature = "postgres")]
fn encryption(url: &str, findings: &mut Findings) {
    let verify = "add sslmode=verify-full&sslrootcert=FILE to DATABASE_URL";
    match postgres_url::transport(url) {
        Transport::Local => findings.ok(ENCRYPTION, "not needed: the server is on this machine"),
        Transport::Verified => findings.ok(ENCRYPTION, "TLS, and the server is verified"),
        Transport::VerifiedByAuthority => findings.warn(
            ENCRYPTION,
            "TLS, with any server that has a certificate of the authority: set \
             sslmode=verify-full in DATABASE_URL to accept only the named server",
        ),
        Transport::Encrypted => findings.warn(
            ENCRYPTION,
            format!(
                "TLS, but the server is not verified: an attacker on the network can impersonate \
                 it, and read and change everything; {verify}"
            ),
        ),
        Transport::Unprotected => findings.warn(
            ENCRYPTION,
            format!(
                "TLS is not required: an attacker on the network can read and change everything; \
                 {verify}"
            ),
        ),
    }
}

/// Returns whether the file exists, and reports its state.
fn file_exists(path: &Path, findings: &mut Findings) -> bool {
    match path.metadata() {
        Ok(metadata) => {
            is_private(path, &metadata, DATABASE, findings);
            true
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            can_be_created(path, DATABASE, "the start creates it", findings);
            false
        }
        Err(error) => {
            findings.fail(DATABASE, format!("{}: {error}", path.display()));
            false
        }
    }
}

fn check_contents(
    target: &DatabaseUrl,
    connection: &mut AnyConnection,
    clock: &dyn Clock,
    times: &mut Times,
    findings: &mut Findings,
) -> Result<(), Error> {
    let version = inspect::version(connection)?;
    let tables = inspect::tables(connection, MIGRATIONS)?;
    match inspect::accepts_writes(connection) {
        Ok(true) => findings.ok(DATABASE, format!("{version} answers and accepts writes")),
        Ok(false) => findings.fail(DATABASE, format!("{version} answers but refuses writes")),
        Err(db::Error::Query(error)) => findings.fail(
            DATABASE,
            format!("{version} answers but refuses writes: {error}"),
        ),
        Err(other) => return Err(other.into()),
    }
    if let Err(unknown) = tables.ensure_known_migrations() {
        findings.fail(TABLES, unknown.to_string());
        return Ok(());
    }
    if let Err(db::Error::OtherTables(difference)) =
        db::applied_migrations::ensure_same_tables(connection, MIGRATIONS)
    {
        findings.fail(TABLES, db::Error::OtherTables(difference).to_string());
        return Ok(());
    }
    match tables {
        inspect::Tables { done: 0, .. } => {
            findings.warn(
                TABLES,
                "there are none: `narthex migrate` or the next start creates them",
            );
        }
        inspect::Tables { pending: 0, .. } => findings.ok(TABLES, "they are up to date"),
        inspect::Tables { pending, .. } => findings.warn(
            TABLES,
            format!(
                "{} pending: `narthex migrate` or the next start applies the missing migrations",
                count(pending, "migration")
            ),
        ),
    }
    if tables.pending == 0 {
        copy(target, connection, clock, findings)?;
    }
    replication(connection, findings)?;
    if tables.done > 0 {
        times.newest = audit::newest_at(connection)?;
    }
    times.database = inspect::clock(connection)?;
    times.after = clock.now();
    integrity(target, connection, findings)
}

/// Detects a restored backup or a copy, in which revoked credentials may be active again.
fn copy(
    target: &DatabaseUrl,
    connection: &mut AnyConnection,
    clock: &dyn Clock,
    findings: &mut Findings,
) -> Result<(), Error> {
    let identity = DatabaseIdentity::of(target, connection)?;
    match restore_detection::find_evidence(connection, &identity, clock.now())? {
        None => findings.ok(COPY, "no sign of a restored backup or a copy"),
        Some(evidence @ (RestoreEvidence::MovedFile { .. } | RestoreEvidence::Rewound)) => {
            findings.fail(COPY, evidence.to_string());
        }
        // The next start reports this too, and thereby settles it.
        Some(evidence @ RestoreEvidence::StaleHeartbeat(_)) => {
            findings.warn(COPY, evidence.to_string());
        }
    }
    Ok(())
}

/// Whether a failover, or a crash, may lose revocations that were answered.
fn replication(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), Error> {
    match inspect::replication(connection)? {
        Some(found) if !found.commits_wait => findings.warn(
            REPLICATION,
            "commits do not wait for the disk: a crash may lose revocations that were answered; \
             set synchronous_commit=on",
        ),
        Some(found) if found.standbys > 0 && !found.is_synchronous => findings.warn(
            REPLICATION,
            "there are standbys and none is synchronous: a failover may lose revocations that were \
             answered; set synchronous_standby_names (docs/high-availability.md)",
        ),
        Some(found) if found.is_synchronous => {
            findings.ok(REPLICATION, "a commit waits for a synchronous standby");
        }
        _ => {}
    }
    Ok(())
}

fn integrity(
    target: &DatabaseUrl,
    connection: &mut AnyConnection,
    findings: &mut Findings,
) -> Result<(), Error> {
    let DatabaseUrl::Sqlite(path) = target else {
        return Ok(());
    };
    if path
        .metadata()
        .is_ok_and(|metadata| metadata.len() > MAX_CHECKED_BYTES)
    {
        findings.ok(
            INTEGRITY,
            "not checked: the file is large, and the check would read all of it",
        );
        return Ok(());
    }
    let damage = inspect::damage(connection)?;
    if damage.is_empty() {
        findings.ok(
            INTEGRITY,
            "every page is readable, and every reference is valid",
        );
    }
    for fault in damage {
        findings.fail(INTEGRITY, fault);
    }
    Ok(())
}
