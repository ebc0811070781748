//! What a child process writes, read as it comes.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The lines a pipe has brought so far. A thread of its own reads them for as long as the pipe is
/// open, so the writer never waits for a reader.
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

    /// The first thing that `find` finds in a line, now or within that time; `None` when the time
    /// is up, or when the pipe ended without it.
    pub fn wait_for<T>(&self, within: Duration, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut looked_at = 0;
        let mut found = None;
        let lines = self.0.read.lock().unwrap();
        let (_lines, _timeout) = self
            .0
            .more
            .wait_timeout_while(lines, within, |so_far| {
                found = so_far.lines[looked_at..].iter().find_map(|line| find(line));
                looked_at = so_far.lines.len();
                found.is_none() && !so_far.ended
            })
            .unwrap();
        found
    }

    /// Everything up to the end of the pipe; `None` when it is still open after that time.
    pub fn read_to_end(&self, within: Duration) -> Option<String> {
        let lines = self.0.read.lock().unwrap();
        let (lines, timeout) = self
            .0
            .more
            .wait_timeout_while(lines, within, |so_far| !so_far.ended)
            .unwrap();
        (!timeout.timed_out()).then(|| lines.lines.concat())
    }

    /// What came so far.
    pub fn so_far(&self) -> String {
        self.0.read.lock().unwrap().lines.concat()
    }
}
