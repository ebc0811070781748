//! Servers that a test run starts once (PostgreSQL, chromedriver) and that must not outlive it.
//!
//! They live in a `static`, whose `drop` never runs, and a run can be killed as well. So a small
//! shell stands between: it reads from a pipe that the test process holds open, and when that pipe
//! closes, however the test process ended, it stops the server and removes the server's directory.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::output::Output;

/// `$1` is the signal that stops the server, `$2` its directory, the rest its command line. The
/// shell lets go of the output, so that the output ends when the server does. It leads a process
/// group of its own: that keeps a Ctrl-C at the terminal from it, and lets the signal reach what
/// the server started too.
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
    /// What the server says, on both of its outputs.
    pub output: Output,
    /// The system closes its input when the test process ends. Nothing is ever written to it.
    supervisor: Child,
}

impl ChildProcess {
    /// Starts a server that works in `home`, which is removed with it. `signal` is what stops it.
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
        assert!(ended.is_some(), "it runs on: {}", self.output.so_far());
    }
}

/// The directory that a server has for itself.
pub struct Home {
    path: PathBuf,
    user: Option<User>,
}

struct User {
    uid: u32,
    gid: u32,
}

impl Home {
    /// A new directory, ours.
    pub fn new(name: &str) -> Self {
        let path = tempfile::Builder::new()
            .prefix(&format!("narthex-{name}."))
            .tempdir()
            .expect("a directory for temporary files")
            .keep();
        Self { path, user: None }
    }

    /// Gives the directory to that user, and runs what is started in it as that user, if we are
    /// root; otherwise everything stays ours.
    pub fn for_user_instead_of_root(mut self, name: &str) -> Self {
        let we_are_root = std::fs::metadata(&self.path).expect("our directory").uid() == 0;
        if we_are_root {
            let user = User::named(name);
            chown(&self.path, Some(user.uid), Some(user.gid)).expect("root may give it away");
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
