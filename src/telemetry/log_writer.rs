//! Lines of a log, written to the standard error by a thread of their own: whoever writes one never
//! waits for whoever reads them. Where the reader is gone, slow or out of disk, lines are lost and counted.
//!
//! In place of tracing-appender, which this was: its channel cost each line two allocations and woke its
//! thread for most, together more than all else that a check does.

use std::{
    convert::Infallible,
    io::{self, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, Thread},
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// How many bytes wait for a reader that is slow: some 20,000 lines, more than half a second of a server
/// that has much to do.
const WAITING: usize = 4 * 1024 * 1024;
/// How many bytes of room are kept from one batch to the next.
const KEPT: usize = 256 * 1024;
/// How long the thread rests after it wrote. Under load the next lines find it awake, and whoever writes
/// one need not wake it: that would cost more than making the line. A line is late by so much at most.
const REST: Duration = Duration::from_millis(2);
/// For how long whoever ends the log waits for its last lines: a reader that is stuck must not keep the
/// program from ending.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Lines that were lost since the program began. A process has one log.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines were lost since the program began.
#[must_use]
pub fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Where lines are written to.
#[derive(Clone)]
pub struct NonBlockingWriter(Arc<Queue>);

/// Ends the log when it is dropped, its last lines written.
pub struct FlushGuard {
    queue: Arc<Queue>,
    writer: Thread,
    done: mpsc::Receiver<Infallible>,
}

/// Where to write lines, and what writes the last of them when it is dropped.
///
/// # Errors
/// When there can be no more threads.
pub fn to_standard_error() -> io::Result<(NonBlockingWriter, FlushGuard)> {
    start(io::stderr())
}

fn start(to: impl Write + Send + 'static) -> io::Result<(NonBlockingWriter, FlushGuard)> {
    let queue = Arc::new(Queue::default());
    let (ends, done) = mpsc::channel();
    let shared = Arc::clone(&queue);
    let thread = thread::Builder::new()
        .name("log-lines".to_owned())
        .spawn(move || {
            write_all(&shared, to);
            drop(ends);
        })?;
    let writer = thread.thread().clone();
    let last = FlushGuard {
        queue: Arc::clone(&queue),
        writer,
        done,
    };
    Ok((NonBlockingWriter(queue), last))
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    ends: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    /// Who writes, where it sleeps.
    writer: Option<Thread>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for NonBlockingWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

/// One call is one line or several, never a part of one.
impl Write for &NonBlockingWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock();
        if waiting.text.len() + lines.len() > WAITING {
            LOST.fetch_add(count(lines), Ordering::Relaxed);
            return Ok(lines.len());
        }
        waiting.text.extend_from_slice(lines);
        let asleep = waiting.writer.take();
        drop(waiting);
        if let Some(writer) = asleep {
            writer.unpark();
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        self.queue.ends.store(true, Ordering::SeqCst);
        self.writer.unpark();
        // Nothing is sent: the thread's end closes the channel.
        self.done.recv_timeout(LAST_LINES).ok();
    }
}

/// Writes what waits, as often as something does, until the log ends.
fn write_all(queue: &Queue, mut to: impl Write) {
    let mut batch = Vec::new();
    loop {
        let ends = queue.ends.load(Ordering::SeqCst);
        let mut waiting = queue.lock();
        std::mem::swap(&mut waiting.text, &mut batch);
        if batch.is_empty() {
            if ends {
                return;
            }
            // Under the lock: whoever writes the next line finds whom to wake.
            waiting.writer = Some(thread::current());
            drop(waiting);
            thread::park();
            continue;
        }
        waiting.writer = None;
        drop(waiting);
        write_batch(&batch, &mut to);
        if batch.capacity() > KEPT {
            batch = Vec::new();
        }
        batch.clear();
        if !ends {
            thread::sleep(REST);
        }
    }
}

/// What cannot be written is counted, and the next batch tries again.
fn write_batch(batch: &[u8], to: &mut impl Write) {
    let mut rest = batch;
    while !rest.is_empty() {
        match to.write(rest) {
            Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The part that went out before the disk was full stays in front of what comes next.
            Ok(0) | Err(_) => {
                LOST.fetch_add(count(rest), Ordering::Relaxed);
                return;
            }
        }
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that takes what it has room for, and says when it was asked.
    struct Disk {
        room: usize,
        asked: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Disk {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = text.len().min(self.room);
            self.room -= taken;
            drop(self.asked.send(text[..taken].to_vec()));
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// One test: what is lost is counted once in a process.
    #[test]
    fn lines_are_written_in_their_order_and_each_that_is_lost_is_counted() {
        let (asked, written) = mpsc::channel();
        let (lines, last) = start(Disk { room: 9, asked }).unwrap();
        (&lines).write_all(b"1\n").unwrap();
        // It sleeps again and again between lines, and is woken by each.
        assert_eq!(written.recv().unwrap(), b"1\n");
        (&lines).write_all(b"2\n").unwrap();
        assert_eq!(written.recv().unwrap(), b"2\n");
        // Of four that come together two and a half have room: the half one counts as lost.
        (&lines).write_all(b"3\n4\n5\n6\n").unwrap();
        assert_eq!(written.recv().unwrap(), b"3\n4\n5");
        drop(last);
        assert_eq!(lost(), 2);
        // What nobody takes waits up to a bound.
        let long = vec![b'\n'; WAITING];
        (&lines).write_all(&long).unwrap();
        assert_eq!(lost(), 2);
        (&lines).write_all(b"7\n").unwrap();
        assert_eq!(lost(), 3);
    }
}
