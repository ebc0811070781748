//! The `narthex` program as an operator runs it: in a directory, with an environment and arguments.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::output::Output;
use super::secret_scan;

/// A limit that no working program reaches. Only a program that hangs does.
pub const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

/// An installation: an empty directory and an empty environment. Everything that is run or served
/// here finds the files of earlier runs, so that a restart is a second call of `serve`.
pub struct Narthex {
    program: PathBuf,
    directory: TempDir,
    environment: Vec<(String, String)>,
    before: Vec<String>,
}

impl Narthex {
    pub fn installed() -> Self {
        Self {
            program: PathBuf::from(env!("CARGO_BIN_EXE_narthex")),
            directory: tempfile::tempdir().expect("a directory for temporary files"),
            environment: Vec::new(),
            before: Vec::new(),
        }
    }

    /// Installs a build with the feature `pg-tls`. `scripts/test` builds it and names it in
    /// `NARTHEX_TEST_TLS_PROGRAM`, so that the suite itself is built only once.
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment of the run names the program, not a setting of Narthex"
    )]
    pub fn installed_with_tls() -> Self {
        let program = std::env::var_os("NARTHEX_TEST_TLS_PROGRAM")
            .expect("NARTHEX_TEST_TLS_PROGRAM, the path of a build with --features pg-tls");
        Self {
            program: PathBuf::from(program),
            ..Self::installed()
        }
    }

    /// Prefixes the command line with these words: a program that prepares the environment and then
    /// starts `narthex`.
    pub fn started_by(mut self, words: &[&str]) -> Self {
        self.before = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Sets this variable in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes this file into the directory.
    pub fn with_file(self, name: &str, content: &str) -> Self {
        std::fs::write(self.directory().join(name), content).expect("room for a file");
        self
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs `narthex …` with an empty standard input until it ends.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, "")
    }

    /// Runs `narthex …` with this standard input until it ends.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut running = RunningProcess::start(self.command(arguments).stdin(Stdio::piped()));
        let mut stdin = running.child.stdin.take().expect("its input is a pipe");
        match stdin.write_all(input.as_bytes()) {
            Ok(()) => drop(stdin),
            // A program that rejects its arguments does not read its input.
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe),
        }
        running.outcome()
    }

    /// Runs `narthex serve` on a port that the system chooses, and returns when the server is
    /// ready.
    pub fn serve(&self) -> RunningServer {
        self.try_serve(&[])
            .unwrap_or_else(|outcome| panic!("it does not start: {outcome:#?}"))
    }

    /// Runs `narthex serve …`, and returns its outcome if it does not start.
    pub fn try_serve(&self, arguments: &[&str]) -> Result<RunningServer, Outcome> {
        let mut command = self.command(&["serve"]);
        if !self
            .environment
            .iter()
            .any(|(name, _)| name == "NARTHEX_LISTEN")
        {
            command.env("NARTHEX_LISTEN", "127.0.0.1:0");
        }
        let running = RunningProcess::start(command.args(arguments));
        let address = running.stdout.wait_for(PROCESS_TIMEOUT, |line| {
            Some(line.trim_end().strip_prefix("Narthex is at ")?.to_owned())
        });
        match address {
            Some(url) => Ok(RunningServer { url, running }),
            None => Err(running.killed().outcome()),
        }
    }

    /// The command `narthex …` with an empty standard input, to be changed before it is started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let before = self.before.iter().map(OsStr::new);
        let mut words = before.chain([self.program.as_os_str()]);
        let mut command = Command::new(words.next().expect("a program"));
        command
            .args(words)
            .args(arguments)
            .current_dir(self.directory())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }
}

/// The result of a run of the program.
#[derive(Debug)]
pub struct Outcome {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Expects a failure: exit code 1, an empty standard output and one line on the standard error.
    /// Returns that line without its prefix.
    #[track_caller]
    pub fn expect_error(self) -> String {
        let outcome = self.expect_code(1);
        assert_eq!(outcome.stdout, "", "{outcome:#?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:#?}");
        let line = outcome.stderr.trim_end().strip_prefix("narthex: ");
        line.unwrap_or_else(|| panic!("the line lacks the prefix `narthex: `: {outcome:#?}"))
            .to_owned()
    }
}

/// A running server. Dropping this value kills it.
pub struct RunningServer {
    /// The address that the server printed: `http://127.0.0.1:PORT`.
    pub url: String,
    running: RunningProcess,
}

impl RunningServer {
    /// Stops the server (SIGTERM) and waits until it has ended.
    pub fn stop(self) -> Outcome {
        signal(&self.running.child, "TERM");
        Self::ended(self.running)
    }

    fn ended(running: RunningProcess) -> Outcome {
        let outcome = running.outcome();
        secret_scan::record_log(&outcome.stderr);
        outcome
    }

    /// Suspends the process (SIGSTOP) until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        signal(&self.running.child, "STOP");
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process()));
            stat.expect("Linux and a live process").contains(") T ")
        };
        while !state() {
            std::thread::yield_now();
        }
    }

    /// Resumes the process (SIGCONT).
    pub fn thaw(&self) {
        signal(&self.running.child, "CONT");
    }

    /// Sends a signal (`TERM`) and does not wait.
    pub fn signal(&self, name: &str) {
        signal(&self.running.child, name);
    }

    /// Waits for a log line with this text. Returns `false` if the time is up or the log ends.
    pub fn logs(&self, text: &str) -> bool {
        let found = |line: &str| line.contains(text).then_some(());
        self.running
            .stderr
            .wait_for(PROCESS_TIMEOUT, found)
            .is_some()
    }

    /// Waits until the server ends by itself.
    pub fn outcome(self) -> Outcome {
        self.running.outcome()
    }

    /// The ID of the process.
    pub fn process(&self) -> u32 {
        self.running.child.id()
    }

    /// The peak of the resident memory, in MiB.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process()));
        let status = status.expect("Linux and a live process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).expect(&status) / 1024
    }

    /// Kills the process (SIGKILL).
    pub fn kill(self) -> Outcome {
        Self::ended(self.running.killed())
    }
}

struct RunningProcess {
    child: Child,
    stdout: Output,
    stderr: Output,
}

impl RunningProcess {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program that cargo built");
        Self {
            stdout: Output::of(child.stdout.take().expect("its output is a pipe")),
            stderr: Output::of(child.stderr.take().expect("its log is a pipe")),
            child,
        }
    }

    fn killed(mut self) -> Self {
        self.child.kill().expect("a child of ours");
        self
    }

    fn outcome(mut self) -> Outcome {
        let (stdout, stderr) = (
            self.stdout.read_to_end(PROCESS_TIMEOUT),
            self.stderr.read_to_end(PROCESS_TIMEOUT),
        );
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            panic!(
                "the program hangs; its log so far:\n{}",
                self.stderr.so_far()
            );
        };
        Outcome {
            code: self.child.wait().expect("a child of ours").code(),
            stdout,
            stderr,
        }
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        // Both calls fail for a program that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal. The standard library can only kill.
#[track_caller]
pub fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$1\"", name, &id])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "no process {id} for SIG{name}"
    );
}
