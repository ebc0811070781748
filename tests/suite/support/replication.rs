//! A PostgreSQL primary and a standby with streaming replication, both for one test.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _};

use super::child_process::{ChildProcess, Home};
use super::postgres;

/// A standby retries its primary at this interval, so that a promotion is quick.
const SETTINGS: [&str; 3] = [
    "--listen_addresses=",
    "--max_connections=60",
    "--wal_retrieve_retry_interval=200ms",
];
const DATABASE: &str = "narthex";

/// One server.
pub struct Server {
    home: Home,
    _process: ChildProcess,
}

/// A primary and its standby.
pub struct Replicated {
    pub primary: Server,
    pub standby: Server,
}

impl Replicated {
    /// Starts both. The standby is asynchronous.
    pub fn start() -> Self {
        let home = postgres::init_data_directory();
        let primary = Server::start(home, &[]);
        primary.execute("postgres", &format!("CREATE DATABASE {DATABASE}"));
        let standby = primary.new_standby();
        Self { primary, standby }
    }

    /// The address of the database with both hosts. The standby comes first.
    pub fn address(&self) -> String {
        let hosts =
            [&self.standby, &self.primary].map(|server| server.socket().display().to_string());
        format!(
            "postgres:///{DATABASE}?host={}&user=narthex",
            hosts.join(",")
        )
    }

    /// Suspends the process that sends the log: the standby lacks every later commit. Returns the
    /// ID of that process.
    pub fn stop_sending(&self) -> String {
        let sender = self
            .primary
            .query_text("SELECT CAST(pid AS text) AS line FROM pg_stat_replication");
        send(&self.primary.home, "STOP", &[&sender]);
        sender
    }

    /// Waits until the standby has replayed everything that was committed.
    pub fn catch_up(&self) {
        let end = self
            .primary
            .query_text("SELECT CAST(pg_current_wal_flush_lsn() AS text) AS line");
        let replayed = format!("SELECT CAST(pg_last_wal_replay_lsn() >= '{end}' AS text) AS line");
        while self.standby.query_text(&replayed) != "true" {
            std::thread::yield_now();
        }
    }

    /// Kills the primary and the process that sends its log.
    pub fn kill_primary(&self, sender: &str) {
        let file = self.primary.home.path().join("data/postmaster.pid");
        let file = std::fs::read_to_string(file).expect("a server that runs");
        let postmaster = file.lines().next().expect("its number");
        send(&self.primary.home, "KILL", &[sender, postmaster]);
    }
}

impl Server {
    fn start(home: Home, settings: &[&str]) -> Self {
        let process = postgres::start(&home, &[&SETTINGS[..], settings].concat());
        Self {
            home,
            _process: process,
        }
    }

    /// Creates a standby of this server.
    pub fn new_standby(&self) -> Self {
        let home = Home::new("standby").for_user_instead_of_root("postgres");
        let source = format!("--host={}", self.socket().display());
        let copied = home
            .command(postgres::program("pg_basebackup").get_program())
            .args(["--pgdata=data", "--username=narthex", &source])
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
            .output()
            .expect("pg_basebackup");
        let said = String::from_utf8_lossy(&copied.stderr);
        assert!(copied.status.success(), "{said}");
        Self::start(home, &[])
    }

    /// Promotes a standby and waits until it is the primary.
    pub fn promote(&self) {
        self.execute("postgres", "SELECT pg_promote()");
    }

    /// The address of the database on this server alone.
    pub fn address(&self) -> String {
        self.address_of(DATABASE)
    }

    fn address_of(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&user=narthex",
            self.socket().display()
        )
    }

    fn socket(&self) -> &Path {
        self.home.path()
    }

    pub fn execute(&self, database: &str, sql: &str) {
        let done = PgConnection::establish(&self.address_of(database))
            .expect("a server that runs")
            .batch_execute(sql);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs a query of one text column, called `line`, and returns its only row.
    pub fn query_text(&self, sql: &str) -> String {
        let mut connection = PgConnection::establish(&self.address()).expect("a server that runs");
        let row: Line = diesel::sql_query(sql)
            .get_result(&mut connection)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        row.line
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn send(home: &Home, signal: &str, processes: &[&str]) {
    let sent = home
        .command("sh")
        .args(["-c", "signal=$0; kill -s \"$signal\" \"$@\"", signal])
        .args(processes)
        .status();
    assert!(sent.is_ok_and(|status| status.success()), "{processes:?}");
}
