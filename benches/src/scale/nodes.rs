//! Several nodes of Narthex on one PostgreSQL, behind HAProxy with the settings of
//! `docs/haproxy.cfg`.

use std::{
    fs::{self, File},
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{postgres::Postgres, processes};
use crate::{Result, client::Client};

/// The database with many tokens.
pub const DATABASE: &str = "narthex";

/// 64 bytes in base64. The value does not matter.
const KEY: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// An installation, which all nodes share.
pub struct Deployment {
    folder: PathBuf,
    program: PathBuf,
    database: String,
    /// The port of the load balancer.
    port: u16,
}

/// A process, stopped when this value is dropped. It is not killed, because the next revocations
/// would wait for a killed node.
pub struct Process(Child);

impl Process {
    pub fn seconds(&self) -> Result<f64> {
        processes::seconds(self.0.id())
    }

    pub fn resident(&self) -> Result<f64> {
        processes::resident(self.0.id())
    }

    fn signal(&self, name: &str) -> Result<()> {
        let id = self.0.id().to_string();
        // The standard library can only kill.
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &id])
            .status()?;
        sent.success()
            .then_some(())
            .ok_or_else(|| format!("no process {id}").into())
    }

    /// Suspends the process.
    pub fn freeze(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Resumes the process.
    pub fn thaw(&self) -> Result<()> {
        self.signal("CONT")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.signal("TERM").is_err() {
            drop(self.0.kill());
        }
        drop(self.0.wait());
    }
}

/// Several nodes with a load balancer.
pub struct Cluster {
    pub nodes: Vec<(Process, String)>,
    pub balancer: Process,
    /// The address of the load balancer.
    pub address: String,
}

impl Deployment {
    pub fn new(program: &Path, postgres: &Postgres) -> Result<Self> {
        let folder = postgres.home().join("nodes");
        fs::create_dir_all(&folder)?;
        let program =
            fs::canonicalize(program).map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(Self {
            folder,
            program,
            database: postgres.address(DATABASE),
            port: free_port()?,
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `narthex …` until it ends.
    pub fn run(&self, database: &str, words: &[&str]) -> Result<()> {
        let output = self
            .command()
            .env("DATABASE_URL", database)
            .args(words)
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&output.stderr);
        Err(format!("narthex {}: {why}", words.join(" ")).into())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .env("DATABASE_URL", &self.database)
            .env("NARTHEX_SECRET_KEY", KEY)
            // No public URL, because requests go to the address of each node and to that of the
            // load balancer.
            .env("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")
            .env("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8")
            .env("NARTHEX_CHANGES_PER_MINUTE", "1000000")
            // The cost of a log line for each request is measured in `checks`.
            .env("NARTHEX_LOG", "warn");
        command
    }

    /// Starts the nodes and waits until each is ready.
    pub fn start(&self, count: usize) -> Result<Cluster> {
        let mut nodes = Vec::new();
        for number in 0..count {
            let address = format!("127.0.0.1:{}", free_port()?);
            let log = File::create(self.folder.join(format!("log{number}")))?;
            let child = self
                .command()
                .arg("serve")
                .env("NARTHEX_LISTEN", &address)
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()?;
            let node = Process(child);
            Client::patient(&address, STARTS_WITHIN)?
                .get("/readyz", "")?
                .expect(200)?;
            nodes.push((node, address));
        }
        let addresses: Vec<&str> = nodes.iter().map(|(_, address)| &**address).collect();
        let balancer = self.balance(&addresses)?;
        let address = format!("127.0.0.1:{}", self.port);
        Client::patient(&address, STARTS_WITHIN)?;
        Ok(Cluster {
            nodes,
            balancer,
            address,
        })
    }

    /// Starts HAProxy with the documented file, with these servers and another port.
    fn balance(&self, addresses: &[&str]) -> Result<Process> {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/haproxy.cfg");
        let text = fs::read_to_string(docs)?;
        let (before, _) = text
            .split_once("    server ")
            .ok_or("haproxy.cfg has no servers")?;
        let bind = format!("bind 127.0.0.1:{}", self.port);
        let file = self.folder.join("haproxy.cfg");
        let mut written = File::create(&file)?;
        written.write_all(before.replace("bind 127.0.0.1:8000", &bind).as_bytes())?;
        for (number, address) in addresses.iter().enumerate() {
            writeln!(written, "    server node{number} {address}")?;
        }
        let log = File::create(self.folder.join("balancer"))?;
        let child = Command::new("haproxy")
            .args(["-db", "-f"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Process(child))
    }
}

/// CPU seconds so far: of all nodes together, of the load balancer, of PostgreSQL.
#[derive(Clone, Copy)]
pub struct CpuTimes {
    pub nodes: f64,
    pub balancer: f64,
    pub postgres: f64,
}

impl CpuTimes {
    /// The CPU time since `before`, divided by `parts`, in microseconds.
    pub fn since(self, before: Self, parts: f64) -> Self {
        let each = |now: f64, then: f64| (now - then) * 1e6 / parts;
        Self {
            nodes: each(self.nodes, before.nodes),
            balancer: each(self.balancer, before.balancer),
            postgres: each(self.postgres, before.postgres),
        }
    }
}

impl Cluster {
    /// The address of the node for this turn.
    pub fn address_of(&self, turn: usize) -> Result<&str> {
        let turn = turn % self.nodes.len().max(1);
        let (_, address) = self.nodes.get(turn).ok_or("no node")?;
        Ok(address)
    }

    pub fn cpu_times(&self, postgres: &Postgres) -> Result<CpuTimes> {
        let mut nodes = 0.0;
        for (node, _) in &self.nodes {
            nodes += node.seconds()?;
        }
        Ok(CpuTimes {
            nodes,
            balancer: self.balancer.seconds()?,
            postgres: postgres.seconds()?,
        })
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
