//! Writes log lines to standard error on a thread of its own, so that a logging thread never waits
//! for the reader of the log. If the reader is gone, slow or out of disk space, lines are dropped
//! and counted.
//!
//! It replaces tracing-appender, which the server used before. Its channel took two allocations per
//! line and woke its thread for most lines. Together these cost more than the rest of a credential
//! check.

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

/// Maximum number of queued bytes: about 20,000 lines, more than half a second of a busy server.
const MAX_QUEUED_BYTES: usize = 4 * 1024 * 1024;
/// Maximum capacity that a buffer keeps from one batch to the next.
const MAX_KEPT_CAPACITY: usize = 256 * 1024;
/// The time for which the thread sleeps after each batch. Under load the next lines arrive during
/// the sleep, so the logging thread need not wake it, which would cost more than formatting the
/// line. A line is delayed by at most this time.
const FLUSH_INTERVAL: Duration = Duration::from_millis(2);
/// The time for which the end of the log waits for its last lines. A blocked reader must not keep
/// the program from exiting.
const SHUTDOWN_FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Lines dropped since the start of the process, which has one log.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Returns how many lines were dropped since the start of the process.
#[must_use]
pub fn lost() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// A handle to the queue of log lines.
#[derive(Clone)]
pub struct NonBlockingWriter(Arc<Queue>);

/// Writes the queued lines and ends the log when it is dropped.
pub struct FlushGuard {
    queue: Arc<Queue>,
    writer: Thread,
    done: mpsc::Receiver<Infallible>,
}

/// Starts the log. Returns the writer and the guard that flushes it when dropped.
///
/// # Errors
/// Fails if no thread can be started.
pub fn to_stderr() -> io::Result<(NonBlockingWriter, FlushGuard)> {
    start(io::stderr())
}

fn start(output: impl Write + Send + 'static) -> io::Result<(NonBlockingWriter, FlushGuard)> {
    let queue = Arc::new(Queue::default());
    let (closing, done) = mpsc::channel();
    let shared = Arc::clone(&queue);
    let thread = thread::Builder::new()
        .name("log-lines".to_owned())
        .spawn(move || {
            write_all(&shared, output);
            drop(closing);
        })?;
    let writer = thread.thread().clone();
    let guard = FlushGuard {
        queue: Arc::clone(&queue),
        writer,
        done,
    };
    Ok((NonBlockingWriter(queue), guard))
}

#[derive(Default)]
struct Queue {
    buffer: Mutex<Buffer>,
    closing: AtomicBool,
}

#[derive(Default)]
struct Buffer {
    text: Vec<u8>,
    /// The writing thread, while it is parked.
    writer: Option<Thread>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for NonBlockingWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

/// Each call passes whole lines, never a part of one.
impl Write for &NonBlockingWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock();
        if buffer.text.len() + lines.len() > MAX_QUEUED_BYTES {
            DROPPED.fetch_add(count(lines), Ordering::Relaxed);
            return Ok(lines.len());
        }
        buffer.text.extend_from_slice(lines);
        let parked = buffer.writer.take();
        drop(buffer);
        if let Some(writer) = parked {
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
        self.queue.closing.store(true, Ordering::SeqCst);
        self.writer.unpark();
        // Never receives a value. The end of the thread closes the channel.
        self.done.recv_timeout(SHUTDOWN_FLUSH_TIMEOUT).ok();
    }
}

/// Writes queued lines until the log ends.
fn write_all(queue: &Queue, mut output: impl Write) {
    let mut batch = Vec::new();
    loop {
        let closing = queue.closing.load(Ordering::SeqCst);
        let mut buffer = queue.lock();
        std::mem::swap(&mut buffer.text, &mut batch);
        if batch.is_empty() {
            if closing {
                return;
            }
            // Set under the lock, so that the next logging thread finds the thread to wake.
            buffer.writer = Some(thread::current());
            drop(buffer);
            thread::park();
            continue;
        }
        buffer.writer = None;
        drop(buffer);
        write_batch(&batch, &mut output);
        if batch.capacity() > MAX_KEPT_CAPACITY {
            batch = Vec::new();
        }
        batch.clear();
        if !closing {
            thread::sleep(FLUSH_INTERVAL);
        }
    }
}

/// Writes a batch. Lines that cannot be written are counted, and the next batch tries again.
fn write_batch(batch: &[u8], output: &mut impl Write) {
    let mut unwritten = batch;
    while !unwritten.is_empty() {
        match output.write(unwritten) {
            Ok(written @ 1..) => unwritten = unwritten.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The part of a line that was written before the disk was full stays in front of the
            // next line.
            Ok(0) | Err(_) => {
                DROPPED.fetch_add(count(unwritten), Ordering::Relaxed);
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

    /// A disk with limited space that reports each write.
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

    /// A single test, because the process has one count of dropped lines.
    #[test]
    fn lines_keep_their_order_and_dropped_ones_are_counted() {
        let (asked, written) = mpsc::channel();
        let (lines, guard) = start(Disk { room: 9, asked }).unwrap();
        (&lines).write_all(b"1\n").unwrap();
        // The thread parks between lines, and each line wakes it.
        assert_eq!(written.recv().unwrap(), b"1\n");
        (&lines).write_all(b"2\n").unwrap();
        assert_eq!(written.recv().unwrap(), b"2\n");
        // Two and a half of four lines that come together fit. The half line counts as dropped.
        (&lines).write_all(b"3\n4\n5\n6\n").unwrap();
        assert_eq!(written.recv().unwrap(), b"3\n4\n5");
        drop(guard);
        assert_eq!(lost(), 2);
        // Lines that are not read are queued up to the limit.
        let long = vec![b'\n'; MAX_QUEUED_BYTES];
        (&lines).write_all(&long).unwrap();
        assert_eq!(lost(), 2);
        (&lines).write_all(b"7\n").unwrap();
        assert_eq!(lost(), 3);
    }
}
