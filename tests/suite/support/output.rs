//! The output of a child process, read while it is written.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The lines that a pipe has delivered so far. A thread reads them while the pipe is open, so that
/// the writer never waits for a reader.
#[derive(Clone)]
pub struct Output(Arc<Shared>);

struct Shared {
    read: Mutex<Lines>,
    more: Condvar,
}

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    ended: bool,
}

impl Output {
    pub fn of(pipe: impl Read + Send + 'static) -> Self {
        let output = Self(Arc::new(Shared {
            read: Mutex::default(),
            more: Condvar::new(),
        }));
        let reader = output.clone();
        std::thread::spawn(move || reader.read_from(pipe));
        output
    }

    fn read_from(&self, pipe: impl Read) {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            self.0.read.lock().unwrap().lines.push(text);
            self.0.more.notify_all();
            line.clear();
        }
        self.0.read.lock().unwrap().ended = true;
        self.0.more.notify_all();
    }

    /// Waits for the first line in which `find` finds something, and returns that. `None` if the
    /// time is up or the pipe ends first.
    pub fn wait_for<T>(&self, within: Duration, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut checked = 0;
        let mut found = None;
        let lines = self.0.read.lock().unwrap();
        let (_lines, _timeout) = self
            .0
            .more
            .wait_timeout_while(lines, within, |so_far| {
                found = so_far.lines[checked..].iter().find_map(|line| find(line));
                checked = so_far.lines.len();
                found.is_none() && !so_far.ended
            })
            .unwrap();
        found
    }

    /// Waits for the end of the pipe and returns everything. `None` if it is still open after that
    /// time.
    pub fn read_to_end(&self, within: Duration) -> Option<String> {
        let lines = self.0.read.lock().unwrap();
        let (lines, timeout) = self
            .0
            .more
            .wait_timeout_while(lines, within, |so_far| !so_far.ended)
            .unwrap();
        (!timeout.timed_out()).then(|| lines.lines.concat())
    }

    /// Everything so far.
    pub fn so_far(&self) -> String {
        self.0.read.lock().unwrap().lines.concat()
    }
}
