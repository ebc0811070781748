//! The database and its tables.

use std::path::{Path, PathBuf};

use super::{
    Findings,
    clock::Times,
    files::{could_be_made, is_private},
};
use crate::{
    app_state::MIGRATIONS,
    audit,
    config::Settings,
    db::{
        self, AnyConnection, DatabaseIdentity, DatabaseUrl, Room, inspect,
        postgres_url::{self, Way},
    },
    error::Error,
    i18n::humanize::count,
    restore_detection::{self, RestoreEvidence},
    util::clock::Clock,
};

const DATABASE: &str = "database";
const TABLES: &str = "tables";
const COPY: &str = "copy";
const INTEGRITY: &str = "integrity";
const SESSION: &str = "session";
const CONNECTIONS: &str = "connections";
const ENCRYPTION: &str = "encryption";
const REPLICATION: &str = "replication";

/// Files larger than this are not read to the end, which would take seconds.
const LARGEST: u64 = 256 << 20;

/// Looks at it, and tells what it says of the time.
pub(super) fn check(settings: &Settings, clock: &dyn Clock, findings: &mut Findings) -> Times {
    let target = &settings.database;
    let mut times = Times::at(clock.now());
    if let DatabaseUrl::Sqlite(path) = target
        && (!file_is_there(path, findings) || has_the_log_of_another(path, findings))
    {
        return times;
    }
    if let DatabaseUrl::Postgres(url) = target {
        way(url, findings);
    }
    let looked = inspect::connect_to_existing(target)
        .map_err(Error::from)
        .and_then(|mut connection| {
            session(settings, &mut connection, findings)?;
            look_inside(target, &mut connection, clock, &mut times, findings)
        });
    if let Err(error) = looked {
        let why = match error {
            Error::Unavailable(cause) => cause,
            other => other.to_string(),
        };
        findings.fail(DATABASE, why);
    }
    times
}

/// Whether the sessions of a PostgreSQL server are as they have to be, and enough.
fn session(
    settings: &Settings,
    connection: &mut AnyConnection,
    findings: &mut Findings,
) -> Result<(), Error> {
    if let DatabaseUrl::Sqlite(_) = settings.database {
        return Ok(());
    }
    let faults = inspect::session_faults(connection)?;
    if faults.is_empty() {
        findings.ok(SESSION, "it is not shared, and its bounds hold");
    }
    for fault in faults {
        findings.warn(SESSION, fault);
    }
    let connections = settings.database_connections;
    match db::room(connection, connections)? {
        Room::Enough => findings.ok(CONNECTIONS, format!("there is room for {connections} and one")),
        Room::Left(left) => findings.warn(
            CONNECTIONS,
            format!(
                "a server opens {connections} and one, and there is room for {left} more just now: lower \
                 NARTHEX_DATABASE_CONNECTIONS, or raise max_connections"
            ),
        ),
        Room::Never(capacity) => findings.fail(
            CONNECTIONS,
            format!(
                "a server opens {connections} and one, and there is never room for more than {capacity}: lower \
                 NARTHEX_DATABASE_CONNECTIONS, or raise max_connections"
            ),
        ),
    }
    Ok(())
}

/// Whether a `-wal` that belongs to another file makes this one look damaged. It would be written into the file
/// by any connection that may write, so that is looked at first.
fn has_the_log_of_another(path: &Path, findings: &mut Findings) -> bool {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let is_small = path
        .metadata()
        .is_ok_and(|metadata| metadata.len() <= LARGEST);
    if !is_small || !log.exists() {
        return false;
    }
    let damage = inspect::connect_to_read(path).and_then(|mut on| inspect::damage(&mut on));
    let why = match damage {
        Ok(damage) if damage.is_empty() => return false,
        Ok(damage) => damage.join(", "),
        Err(db::Error::Query(error)) => error.to_string(),
        Err(_) => return false,
    };
    findings.fail(
        DATABASE,
        format!(
            "{why}. {} lies beside it: if the database was put here in the place of another one, that file belongs \
             to the other one; stop Narthex, move it and the -shm away, and look again",
            log.display()
        ),
    );
    true
}

/// Who can read along between here and the server, or stand in its place.
fn way(url: &str, findings: &mut Findings) {
    let verify = "put sslmode=verify-full&sslrootcert=FILE into DATABASE_URL";
    match postgres_url::way(url) {
        Way::OnThisMachine => findings.ok(ENCRYPTION, "none is needed on one machine"),
        Way::Verified => findings.ok(ENCRYPTION, "TLS, with that very server"),
        Way::VerifiedByAuthority => findings.warn(
            ENCRYPTION,
            "TLS, with any server that the authority knows: with sslmode=verify-full in \
             DATABASE_URL it has to be the one that is named",
        ),
        Way::Encrypted => findings.warn(
            ENCRYPTION,
            format!(
                "TLS, with whoever answers: somebody on the way can be that, and read and change \
                 everything; {verify}"
            ),
        ),
        Way::Open => findings.warn(
            ENCRYPTION,
            format!(
                "nothing says that there has to be any: whoever is on the way can read and change \
                 everything; {verify}"
            ),
        ),
    }
}

/// Whether there is a file to look into; says what there is to say of it.
fn file_is_there(path: &Path, findings: &mut Findings) -> bool {
    match path.metadata() {
        Ok(metadata) => {
            is_private(path, &metadata, DATABASE, findings);
            true
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            could_be_made(path, DATABASE, "the start makes it", findings);
            false
        }
        Err(error) => {
            findings.fail(DATABASE, format!("{}: {error}", path.display()));
            false
        }
    }
}

fn look_inside(
    target: &DatabaseUrl,
    connection: &mut AnyConnection,
    clock: &dyn Clock,
    times: &mut Times,
    findings: &mut Findings,
) -> Result<(), Error> {
    let version = inspect::version(connection)?;
    let tables = inspect::tables(connection, MIGRATIONS)?;
    match inspect::takes_writes(connection) {
        Ok(true) => findings.ok(DATABASE, format!("{version} answers and takes writes")),
        Ok(false) => findings.fail(DATABASE, format!("{version} answers and takes no writes")),
        Err(db::Error::Query(error)) => findings.fail(
            DATABASE,
            format!("{version} answers and takes no writes: {error}"),
        ),
        Err(other) => return Err(other.into()),
    }
    if let Some(unknown) = tables.unknown.first() {
        findings.fail(TABLES, db::Error::Newer(unknown.clone()).to_string());
        return Ok(());
    }
    if let Err(db::Error::OtherTables(difference)) =
        db::applied_migrations::expect_same(connection, MIGRATIONS)
    {
        findings.fail(TABLES, db::Error::OtherTables(difference).to_string());
        return Ok(());
    }
    match tables {
        inspect::Tables { done: 0, .. } => {
            findings.warn(
                TABLES,
                "there are none: the start, or narthex migrate, makes them",
            );
        }
        inspect::Tables { pending: 0, .. } => findings.ok(TABLES, "they are up to date"),
        inspect::Tables { pending, .. } => findings.warn(
            TABLES,
            format!(
                "they lack {}: the start, or narthex migrate, makes it up",
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

/// Whether it is a copy that was put in the place of another: then what has ended may live again.
fn copy(
    target: &DatabaseUrl,
    connection: &mut AnyConnection,
    clock: &dyn Clock,
    findings: &mut Findings,
) -> Result<(), Error> {
    let here = DatabaseIdentity::of(target, connection)?;
    match restore_detection::find_evidence(connection, &here, clock.now())? {
        None => findings.ok(COPY, "nothing says that it is one"),
        Some(doubt @ (RestoreEvidence::MovedFile { .. } | RestoreEvidence::Rewound)) => {
            findings.fail(COPY, doubt.to_string());
        }
        // Said by the next start too, which is the end of it.
        Some(doubt @ RestoreEvidence::CutOff(_)) => findings.warn(COPY, doubt.to_string()),
    }
    Ok(())
}

/// Whether a failover, or a crash, may lose revocations that were answered.
fn replication(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), Error> {
    match inspect::replication(connection)? {
        Some(found) if !found.commits_wait => findings.warn(
            REPLICATION,
            "a commit waits for no disk: a crash may lose revocations that were answered; set \
             synchronous_commit=on",
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
        .is_ok_and(|metadata| metadata.len() > LARGEST)
    {
        findings.ok(
            INTEGRITY,
            "not looked at: the file is large, and all of it would be read",
        );
        return Ok(());
    }
    let damage = inspect::damage(connection)?;
    if damage.is_empty() {
        findings.ok(
            INTEGRITY,
            "every page can be read, and every row that is named is there",
        );
    }
    for fault in damage {
        findings.fail(INTEGRITY, fault);
    }
    Ok(())
}
