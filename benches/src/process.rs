//! The measured programs: started, waited for, inspected and stopped.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Result, client::Client};

/// The account that owns everything.
pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "a long enough password";

/// An installation: a folder with a database and a log, removed when this value is dropped.
pub struct Installation {
    pub folder: PathBuf,
    program: PathBuf,
}

impl Installation {
    /// A new installation with the account of [`EMAIL`].
    pub fn new(program: &Path, name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("narthex-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let installation = Self {
            folder,
            program: fs::canonicalize(program)
                .map_err(|error| format!("{}: {error}", program.display()))?,
        };
        installation.add_user(EMAIL)?;
        Ok(installation)
    }

    pub fn database(&self) -> PathBuf {
        self.folder.join("narthex.db")
    }

    pub fn add_user(&self, email: &str) -> Result<()> {
        let words = ["user", "add", email, "--name", "Ada Lovelace"];
        self.command(&words, PASSWORD).map(drop)
    }

    /// Creates a token with every ability and returns its header.
    pub fn add_token(&self, email: &str) -> Result<String> {
        let words = ["token", "add", email, "--name", "bench"];
        let more = ["--ability", "*", "--never"];
        let secret = self.command(&[&words[..], &more].concat(), "")?;
        Ok(format!("Authorization: Bearer {}", secret.trim()))
    }

    fn command(&self, words: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new(&self.program);
        self.set_up(command.args(words));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{input}")?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!("narthex {}: {why}", words.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The common settings. All requests come from one address and change one account, so both
    /// limits are disabled.
    fn set_up(&self, command: &mut Command) {
        command
            .current_dir(&self.folder)
            .env("DATABASE_URL", "sqlite://narthex.db")
            .env("NARTHEX_THROTTLE_EXEMPT", "127.0.0.0/8")
            .env("NARTHEX_CHANGES_PER_MINUTE", "1000000");
    }

    /// Runs `narthex serve`. Returns also the time until it answered `path` with `header`.
    pub fn serve(&self, path: &str, header: &str) -> Result<(Server, Duration)> {
        self.serve_set_up(path, header, |_| {})
    }

    /// The same with rate limits for every address.
    pub fn serve_throttling(&self) -> Result<Server> {
        let remove_exemption = |command: &mut Command| {
            command.env_remove("NARTHEX_THROTTLE_EXEMPT");
        };
        Ok(self.serve_set_up("/readyz", "", remove_exemption)?.0)
    }

    /// The same with mails, each of which becomes a file.
    pub fn serve_with_mail(&self) -> Result<Server> {
        let write_mails = |command: &mut Command| {
            command.env("NARTHEX_SMTP_URL", "file:mails");
        };
        Ok(self.serve_set_up("/readyz", "", write_mails)?.0)
    }

    fn serve_set_up(
        &self,
        path: &str,
        header: &str,
        set_up: impl FnOnce(&mut Command),
    ) -> Result<(Server, Duration)> {
        let address = free_address()?;
        let mut command = Command::new(&self.program);
        self.set_up(command.arg("serve"));
        set_up(&mut command);
        command.env("NARTHEX_LISTEN", &address);
        command.stdout(Stdio::null()).stderr(self.log()?);
        let begun = Instant::now();
        let child = command.spawn()?;
        let server = Server {
            child,
            address: address.clone(),
            bare: String::new(),
        };
        let mut client = Client::patient(&address, Duration::from_secs(30))?;
        client.get(path, header)?.expect(200)?;
        Ok((server, begun.elapsed()))
    }

    /// The same together with constants that have the length of the response to `header`.
    pub fn serve_with_constants(&self, log: &str, header: &str) -> Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        self.set_up(command.arg("serve"));
        command
            .env("NARTHEX_LISTEN", free_address()?)
            .env("NARTHEX_LOG", log);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(self.log()?).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{header}")?;
        }
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let server = |address: &str, bare: &str| Server {
            child,
            address: address.to_owned(),
            bare: bare.to_owned(),
        };
        match line.trim().split_once(' ') {
            Some((address, bare)) if address.starts_with("127.") => Ok(server(address, bare)),
            _ => Err(format!("the server did not start: {line}").into()),
        }
    }

    /// A file for the log, which is written like in production.
    fn log(&self) -> Result<File> {
        Ok(File::create(self.folder.join("log"))?)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn free_address() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

/// A server, killed when this value is dropped.
pub struct Server {
    child: Child,
    pub address: String,
    /// The address of the bare server, if there is one.
    pub bare: String,
}

impl Server {
    /// A figure of `/proc/PID/status` in MiB: `VmRSS`, or `VmHWM` for the peak.
    pub fn mebibytes(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|rest| rest.split_whitespace().next());
        Ok(kibibytes.ok_or("no such figure")?.parse::<f64>()? / 1024.0)
    }

    /// The CPU time of all its threads, in microseconds. The sum of `/proc/PID/schedstat` of each
    /// thread, which has nanoseconds, while `stat` has hundredths of a second.
    pub fn microseconds(&self) -> Result<f64> {
        let mut sum = 0.0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end meanwhile.
            let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else {
                continue;
            };
            sum += text.split(' ').next().unwrap_or("0").parse::<f64>()? / 1000.0;
        }
        Ok(sum)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
