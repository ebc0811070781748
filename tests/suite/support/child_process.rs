//! Servers that a test run starts once (PostgreSQL, chromedriver) and that must not outlive it.
//!
//! They are kept in a `static`, whose `drop` never runs, and a run can be killed. Therefore a small
//! shell supervises each server. It reads from a pipe that the test process holds open. When the
//! pipe closes, however the test process ended, the shell stops the server and removes its
//! directory.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::memory;
use super::output::Output;

/// `$1` is the signal that stops the server, `$2` its directory, the rest its command line. The
/// shell closes its own output, so that the output ends when the server does. It leads a process
/// group of its own: a Ctrl-C at the terminal does not reach it, and the signal reaches the
/// server's children, too.
const SUPERVISOR: &str = r#"
signal=$1 home=$2; shift 2
"$@" </dev/null 2>&1 &
exec >/dev/null 2>&1
read -r _
trap '' "$signal"; kill -s "$signal" 0; wait
rm -rf "$home"
"#;

/// A server that ends when the test process does.
pub struct ChildProcess {
    /// Both outputs of the server.
    pub output: Output,
    /// The shell. The system closes its input when the test process ends. Nothing is written to it.
    supervisor: Child,
}

impl ChildProcess {
    /// Starts a server in `home`, which is removed with it. `signal` stops the server.
    pub fn start(home: &Home, signal: &str, program: &Path, arguments: &[&str]) -> Self {
        let mut supervisor = home
            .command("sh")
            .args(["-c", SUPERVISOR, "watch", signal])
            .args([home.path(), program])
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a POSIX shell");
        Self {
            output: Output::of(supervisor.stdout.take().expect("its output is a pipe")),
            supervisor,
        }
    }

    /// Stops the server and waits until it has ended.
    pub fn stop(self, within: Duration) {
        drop(self.supervisor);
        let ended = self.output.read_to_end(within);
        assert!(
            ended.is_some(),
            "the server still runs: {}",
            self.output.so_far()
        );
    }
}

/// The directory of a server.
pub struct Home {
    path: PathBuf,
    user: Option<User>,
}

struct User {
    uid: u32,
    gid: u32,
}

impl Home {
    /// Creates a directory, owned by the user of the test run.
    pub fn new(name: &str) -> Self {
        Self::below(&std::env::temp_dir(), name)
    }

    /// Creates a directory in memory, if there is room. A database of PostgreSQL has a thousand
    /// files, and a file system on a disk needs seconds to create and remove so many.
    pub fn in_memory(name: &str) -> Self {
        Self::below(&memory::folder(), name)
    }

    fn below(directory: &Path, name: &str) -> Self {
        let path = tempfile::Builder::new()
            .prefix(&format!("narthex-{name}."))
            .tempdir_in(directory)
            .expect("a directory for temporary files")
            .keep();
        Self { path, user: None }
    }

    /// Gives the directory to that user if the test run is root. Programs that are started in it
    /// then run as that user.
    pub fn for_user_instead_of_root(mut self, name: &str) -> Self {
        let is_root = std::fs::metadata(&self.path).expect("our directory").uid() == 0;
        if is_root {
            let user = User::named(name);
            chown(&self.path, Some(user.uid), Some(user.gid)).expect("root may change the owner");
            self.user = Some(user);
        }
        self
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A program that will run in this directory, as its owner.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.path)
            .env("HOME", &self.path)
            .env("TMPDIR", &self.path);
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }
}

impl User {
    fn named(name: &str) -> Self {
        let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
        users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields[0] == name)
            .map(|fields| Self {
                uid: fields[2].parse().expect("a number"),
                gid: fields[3].parse().expect("a number"),
            })
            .unwrap_or_else(|| panic!("this machine has no user {name}"))
    }
}
