//! PgBouncer, as Debian packages it, in front of the test run's PostgreSQL.

use std::time::Duration;

use super::addresses::free_port;
use super::child_process::{ChildProcess, Home};
use super::database::Database;
use super::{postgres, programs};

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// A pooler on its own port.
pub struct PgBouncer {
    port: u16,
    socket: String,
    database: String,
    running: Option<ChildProcess>,
}

impl PgBouncer {
    /// Starts a pooler with these lines in the section `[pgbouncer]` of its configuration.
    pub fn start(database: &Database, settings: &str) -> Self {
        let (socket, name) = postgres::socket_and_name(database.address());
        let socket = socket.parent().expect("a directory").display().to_string();
        let mut pooler = Self {
            port: free_port(),
            socket,
            database: name.to_owned(),
            running: None,
        };
        pooler.restart(settings);
        pooler
    }

    /// Stops the pooler if it runs, and starts it on the same port with other settings.
    pub fn restart(&mut self, settings: &str) {
        if let Some(before) = self.running.take() {
            before.stop(STOPS_WITHIN);
        }
        let Self {
            port,
            socket,
            database,
            ..
        } = self;
        let home = Home::new("pgbouncer").for_user_instead_of_root("postgres");
        // Every client gets the role of the test run.
        let text = format!(
            "[databases]\n{database} = host={socket} user=narthex\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\n{settings}\n"
        );
        std::fs::write(home.path().join("pgbouncer.ini"), text).expect("room for a file");
        let program = programs::find("pgbouncer", "pgbouncer");
        let running = ChildProcess::start(&home, "TERM", &program, &["pgbouncer.ini"]);
        let ready = |line: &str| line.contains("process up").then_some(());
        running
            .output
            .wait_for(STARTS_WITHIN, ready)
            .unwrap_or_else(|| panic!("PgBouncer does not start:\n{}", running.output.so_far()));
        self.running = Some(running);
    }

    /// The value for `DATABASE_URL`.
    pub fn address(&self) -> String {
        let Self { port, database, .. } = self;
        format!("postgres://narthex@127.0.0.1:{port}/{database}")
    }
}
