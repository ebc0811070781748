//! Lines of a log, written to the standard error by a thread of their own: whoever writes one never
//! waits. Where the reader is gone, slow or out of disk, lines are lost and counted.

use std::{
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder};
pub use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};

/// How many lines wait for a reader that is slow: at 300 bytes a line some 5 MiB, and more than a
/// second of a server that has much to do.
const WAITING: usize = 16_384;

/// Lines that found the queue full, and those that could not be written. A process has one log.
static NOT_QUEUED: OnceLock<ErrorCounter> = OnceLock::new();
static NOT_WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Where to write lines, and what writes the last of them when it is dropped: for a second at most,
/// for a reader that is stuck must not keep the program from ending.
pub fn to_standard_error() -> (NonBlocking, WorkerGuard) {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING)
        .thread_name("log-lines")
        .finish(Counting(io::stderr()));
    drop(NOT_QUEUED.set(writer.error_counter()));
    (writer, guard)
}

/// How many lines were lost since the program began.
#[must_use]
pub fn lost() -> u64 {
    let not_queued = NOT_QUEUED.get().map_or(0, ErrorCounter::dropped_lines);
    NOT_WRITTEN.load(Ordering::Relaxed) + not_queued as u64
}

/// Counts a line that cannot be written and goes on.
struct Counting<W>(W);

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The part of a line that went out before the disk was full stays in front of the next.
        if self.0.write_all(line).is_err() {
            NOT_WRITTEN.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
