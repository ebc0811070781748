//! A PostgreSQL server with the settings of a careful operator: a confirmed commit is on the disk.

use std::{
    env, fs,
    io::Write,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::processes;
use crate::Result;

/// Settings that differ from PostgreSQL's defaults, which are for old machines: a quarter of a
/// small machine's memory, a log large enough that checkpoints are timed, and the page cost of a
/// solid-state disk.
const SETTINGS: [&str; 9] = [
    "--listen_addresses=",
    "--max_connections=300",
    "--fsync=on",
    "--synchronous_commit=on",
    "--full_page_writes=on",
    "--shared_buffers=4GB",
    "--maintenance_work_mem=1GB",
    "--max_wal_size=8GB",
    "--random_page_cost=1.1",
];

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// The server. It is stopped, and its folder removed, when this value is dropped.
pub struct Postgres {
    home: PathBuf,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    server: Option<Child>,
}

impl Postgres {
    pub fn start() -> Result<Self> {
        let home = env::temp_dir().join(format!("narthex-scale-{}", std::process::id()));
        fs::create_dir_all(&home)?;
        let mut postgres = Self {
            user: instead_of_root(&home)?,
            home,
            programs: programs()?,
            server: None,
        };
        let made = postgres
            .command("initdb")
            .args(["--pgdata=data", "--username=narthex", "--auth=trust"])
            .args(["--encoding=UTF8", "--no-locale"])
            .output()?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)).into());
        }
        let log = fs::File::create(postgres.home.join("log"))?;
        let socket = format!("--unix_socket_directories={}", postgres.home.display());
        let server = postgres
            .command("postgres")
            .args(["-D", "data", &socket])
            .args(SETTINGS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        postgres.server = Some(server);
        let begun = Instant::now();
        while postgres.ask("postgres", "SELECT 1").is_err() {
            if begun.elapsed() > STARTS_WITHIN {
                return Err(fs::read_to_string(postgres.home.join("log"))?.into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(postgres)
    }

    /// One of PostgreSQL's programs, to run in the server's folder as its owner.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("PGHOST", &self.home)
            .env("PGUSER", "narthex");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The value for `DATABASE_URL`.
    pub fn address(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&user=narthex",
            self.home.display()
        )
    }

    /// The first column of the first row of the last statement.
    pub fn ask(&self, database: &str, sql: &str) -> Result<String> {
        self.psql(database, |input| Ok(input.write_all(sql.as_bytes())?))
    }

    /// The same as a number.
    pub fn number(&self, database: &str, sql: &str) -> Result<f64> {
        Ok(self.ask(database, sql)?.parse()?)
    }

    /// Runs psql with the input that `write` produces, and returns its output.
    pub fn psql(
        &self,
        database: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<String> {
        let mut psql = self
            .command("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set=ON_ERROR_STOP=1", "--dbname", database])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = psql.stdin.take().ok_or("no way to psql")?;
        let written = write(&mut input);
        drop(input);
        let output = psql.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        written?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    pub fn version(&self) -> Result<String> {
        let version = "SELECT split_part(current_setting('server_version'), ' ', 1)";
        Ok(format!("PostgreSQL {}", self.ask("postgres", version)?))
    }

    /// The CPU time of all its processes so far.
    pub fn seconds(&self) -> Result<f64> {
        let server = self.server.as_ref().ok_or("no server")?;
        processes::seconds(server.id())
    }

    /// The number of transactions of a database so far.
    pub fn transactions(&self, database: &str) -> Result<f64> {
        // A process reports its work when it is idle, or after a second at the latest.
        thread::sleep(Duration::from_millis(1200));
        let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = ";
        self.number("postgres", &format!("{sql}'{database}'"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = self
            .command("pg_ctl")
            .args(["--pgdata=data", "--mode=immediate", "--silent", "stop"])
            .status();
        drop(stopped);
        if let Some(server) = &mut self.server {
            drop(server.wait());
        }
        drop(fs::remove_dir_all(&self.home));
    }
}

/// The directory of PostgreSQL's programs. Debian keeps them off the PATH, in one directory for
/// each version.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")?
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| "PostgreSQL is missing".into())
}

/// PostgreSQL refuses to run as root. If the user is root, the folder is given to the user
/// `postgres`, whose IDs are returned.
fn instead_of_root(home: &Path) -> Result<Option<(u32, u32)>> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    if fs::metadata(home)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line.ok_or("there is no user postgres")?.split(':').skip(2);
    let mut number = || -> Result<u32> { Ok(fields.next().ok_or("no number")?.parse()?) };
    let (user, group) = (number()?, number()?);
    chown(home, Some(user), Some(group))?;
    Ok(Some((user, group)))
}
