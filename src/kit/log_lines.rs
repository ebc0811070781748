//! Lines of a log, written to the standard error by a thread of their own: whoever writes one never
//! waits. Where the reader is gone, slow or out of disk, lines are lost and counted.

use std::{
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
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
        .finish(Batch::of(io::stderr()));
    drop(NOT_QUEUED.set(writer.error_counter()));
    (writer, guard)
}

/// How many lines were lost since the program began.
#[must_use]
pub fn lost() -> u64 {
    let not_queued = NOT_QUEUED.get().map_or(0, ErrorCounter::dropped_lines);
    NOT_WRITTEN.load(Ordering::Relaxed) + not_queued as u64
}

/// Gathers the lines that wait and writes them with one call: tracing-appender flushes when there is no
/// more. Counts those that cannot be written and goes on.
struct Batch<W> {
    writer: W,
    text: Vec<u8>,
    lines: u64,
}

/// How long this thread rests after it wrote. Under load the next lines find it awake, and whoever writes
/// one need not wake it: that would cost more than making the line. A line is late by so much at most.
const REST: Duration = Duration::from_millis(2);
/// How many bytes are gathered at most.
const BATCH: usize = 64 * 1024;

impl<W: Write> Batch<W> {
    fn of(writer: W) -> Self {
        Self {
            writer,
            text: Vec::with_capacity(BATCH),
            lines: 0,
        }
    }
}

impl<W: Write> Write for Batch<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.text.len() + line.len() > BATCH {
            self.flush()?;
        }
        self.text.extend_from_slice(line);
        self.lines += 1;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The part that went out before the disk was full stays in front of what comes next.
        if self.writer.write_all(&self.text).is_err() {
            NOT_WRITTEN.fetch_add(self.lines, Ordering::Relaxed);
        }
        self.text.clear();
        self.lines = 0;
        thread::sleep(REST);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that takes what it is given as long as it has room, and counts how often it is asked.
    struct Disk {
        room: usize,
        calls: usize,
    }

    impl Write for &mut Disk {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            match self.room.checked_sub(text.len()) {
                Some(room) => self.room = room,
                None => return Err(io::ErrorKind::StorageFull.into()),
            }
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_wait_together_are_written_at_once_and_each_that_is_lost_is_counted() {
        let mut disk = Disk { room: 6, calls: 0 };
        let mut batch = Batch::of(&mut disk);
        for _ in 0..3 {
            batch.write_all(b"1\n").unwrap();
        }
        batch.flush().unwrap();
        let before = NOT_WRITTEN.load(Ordering::Relaxed);
        for _ in 0..2 {
            batch.write_all(b"2\n").unwrap();
        }
        batch.flush().unwrap();
        assert_eq!(NOT_WRITTEN.load(Ordering::Relaxed), before + 2);
        assert_eq!((disk.room, disk.calls), (0, 2));
    }
}
