//! A PostgreSQL server for the test run.
//!
//! One server is started for the whole run, from the programs of Debian's `postgresql` package. It
//! listens only on a socket in its own directory. A server that already runs on the machine is
//! neither needed nor used. Every test gets its own database, copied from one that was migrated
//! once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use super::child_process::{ChildProcess, Home};
use super::programs;

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// No durability: the data is worthless after the run.
const NO_DURABILITY: [&str; 2] = ["--fsync=off", "--full_page_writes=off"];
/// No TCP port. No standby follows this server, so the log need not contain the copy of a template.
/// No database lives long enough for a vacuum, which would visit each of a thousand databases.
const SETTINGS: [&str; 5] = [
    "--listen_addresses=",
    "--max_connections=300",
    "--wal_level=minimal",
    "--max_wal_senders=0",
    "--autovacuum=off",
];

/// The subdirectory in which the server looks for locales.
const LOCALES: &str = "locales";

/// Creates a database with all tables, which `migrate` makes in the first call. Returns its
/// address.
pub fn fresh_database(migrate: impl FnOnce(&str)) -> String {
    static TEMPLATE: OnceLock<()> = OnceLock::new();
    static DATABASES: AtomicU32 = AtomicU32::new(1);

    let server = server();
    TEMPLATE.get_or_init(|| {
        server.execute("CREATE DATABASE template_of_tests");
        migrate(&server.address_of("template_of_tests"));
    });
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    // Copies files in 20 ms. The default strategy writes each page to the log and takes 50 ms.
    server.execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template_of_tests STRATEGY FILE_COPY"
    ));
    server.address_of(&name)
}

/// Creates an empty database. Returns its address.
pub fn empty_database() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(1);
    let name = format!("empty_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    server().execute(&format!("CREATE DATABASE {name}"));
    server().address_of(&name)
}

/// Removes a database of [`fresh_database`] or [`empty_database`]. Otherwise hundreds of tests
/// would fill a small disk.
pub fn drop_database(address: &str) {
    let name = Server::name_in(address);
    server().execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
}

/// Replaces that database by an empty one of the same name.
pub fn recreate_database(address: &str) {
    drop_database(address);
    let name = Server::name_in(address);
    server().execute(&format!("CREATE DATABASE {name}"));
}

/// One of PostgreSQL's programs, in the version of the server.
pub fn program(name: &str) -> Command {
    Command::new(program_directory().join(name))
}

/// The server's socket and the name of the database at an address.
pub fn socket_and_name(address: &str) -> (PathBuf, &str) {
    let socket = server().socket.join(".s.PGSQL.5432");
    (socket, Server::name_in(address))
}

/// Makes a locale, such as `de_DE`, available to the server. Returns its full name.
pub fn make_locale(language: &str) -> String {
    programs::find("localedef", "locales");
    let home = &server().home;
    let name = format!("{language}.UTF-8");
    let folder = home.path().join(LOCALES);
    let made = home
        .command("sh")
        .arg("-c")
        .arg("mkdir -p \"$0\" && localedef -i \"$1\" -f UTF-8 \"$0/$1.UTF-8\"")
        .arg(folder)
        .arg(language)
        .output()
        .expect("a POSIX shell");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    name
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

struct Server {
    socket: PathBuf,
    home: Home,
    /// Idle connections that create and remove databases. A new one costs more than the command.
    idle: Mutex<Vec<PgConnection>>,
    _process: ChildProcess,
}

impl Server {
    fn start() -> Self {
        let home = init_data_directory();
        let process = start(&home, &SETTINGS);
        Self {
            socket: home.path().to_owned(),
            home,
            idle: Mutex::default(),
            _process: process,
        }
    }

    fn address_of(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&user=narthex",
            self.socket.display()
        )
    }

    fn name_in(address: &str) -> &str {
        let after_slashes = address
            .strip_prefix("postgres:///")
            .expect("an address of ours");
        after_slashes.split('?').next().unwrap_or_default()
    }

    fn execute(&self, sql: &str) {
        let mut connection = self.idle().pop().unwrap_or_else(|| {
            PgConnection::establish(&self.address_of("postgres")).expect("our own server")
        });
        connection
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        self.idle().push(connection);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a directory with a database cluster that trusts every client.
pub fn init_data_directory() -> Home {
    // PostgreSQL refuses to run as root.
    let home = Home::in_memory("postgres").for_user_instead_of_root("postgres");
    let initdb = home
        .command(program_directory().join("initdb"))
        .args(["--pgdata=data", "--username=narthex", "--auth=trust"])
        .args(["--encoding=UTF8", "--no-locale", "--no-sync"])
        .output()
        .expect("initdb");
    let said = String::from_utf8_lossy(&initdb.stderr);
    assert!(initdb.status.success(), "{said}");
    home
}

/// Starts a server on that cluster, with a socket in its directory and these settings.
pub fn start(home: &Home, settings: &[&str]) -> ChildProcess {
    let socket = format!("--unix_socket_directories={}", home.path().display());
    // glibc looks there for every locale except C.
    let locales = format!("LOCPATH={}", home.path().join(LOCALES).display());
    let program = program_directory().join("postgres").display().to_string();
    let arguments = [
        &[&*locales, &program, "-D", "data", "-p", "5432", &socket][..],
        &NO_DURABILITY,
        settings,
    ]
    .concat();
    // SIGQUIT asks for an "immediate shutdown", because the data needs no checkpoint.
    let process = ChildProcess::start(home, "QUIT", Path::new("env"), &arguments);
    // A standby accepts "read-only connections".
    let ready = |line: &str| {
        let ready = line.contains("ready to accept ") && line.contains("connections");
        ready.then_some(())
    };
    process
        .output
        .wait_for(STARTS_WITHIN, ready)
        .unwrap_or_else(|| panic!("PostgreSQL does not start:\n{}", process.output.so_far()));
    process
}

/// Returns the directory of PostgreSQL's programs. Debian keeps them off the PATH, in one directory
/// for each version.
fn program_directory() -> PathBuf {
    programs::expect_tier("PostgreSQL");
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .max_by_key(|programs| version_of(programs))
        // Other systems have them in the PATH.
        .unwrap_or_else(|| {
            let mut initdb = programs::find("initdb", "postgresql");
            initdb.pop();
            initdb
        })
}

fn version_of(programs: &Path) -> u32 {
    let version = programs.parent().and_then(Path::file_name);
    version
        .and_then(|version| version.to_str()?.parse().ok())
        .unwrap_or_default()
}
