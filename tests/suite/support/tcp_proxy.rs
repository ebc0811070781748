//! A proxy between Narthex and PostgreSQL that can fail like a network or a server.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::database::{Database, Engine};
use super::postgres;

/// Listens on its own port and forwards to the PostgreSQL server of the test run.
pub struct TcpProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    socket: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

/// The message for this query (PostgreSQL documentation, section 55.7).
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// An error message with SQLSTATE 40003, and ReadyForQuery.
fn unknown_outcome() -> Vec<u8> {
    let fields = b"SERROR\0VERROR\0C40003\0Mresult is ambiguous\0\0";
    let length = u32::try_from(fields.len() + 4).expect("a short one");
    [b"E", &length.to_be_bytes()[..], fields, b"Z\0\0\0\x05I"].concat()
}

/// Removes NotificationResponse from these messages. A truncated message is kept as it is.
fn without_notifications(mut bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    while let [kind, a, b, c, d, ..] = *bytes {
        let length = u32::from_be_bytes([a, b, c, d]) as usize + 1;
        let Some((message, rest)) = bytes.split_at_checked(length) else {
            break;
        };
        if kind != b'A' {
            kept.extend_from_slice(message);
        }
        bytes = rest;
    }
    kept.extend_from_slice(bytes);
    kept
}

#[derive(Default)]
struct State {
    refusing: bool,
    stalled: bool,
    /// Whether the response to the next commit is replaced.
    hides_next_commit: bool,
    drops_notifications: bool,
    open: Vec<TcpStream>,
}

impl TcpProxy {
    /// Starts a proxy for this database. Returns also the address of the database behind the proxy.
    pub fn to(database: &Database) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (socket, name) = postgres::socket_and_name(database.address());
        let shared = Arc::new(Shared {
            socket,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let listening = Mutex::new(Some(shared.clone().listen(listener)));
        let proxy = Self {
            address,
            shared,
            listening,
        };
        let port = address.port();
        (proxy, format!("postgres://narthex@127.0.0.1:{port}/{name}"))
    }

    /// Starts a proxy for a new database with all tables, on PostgreSQL in every run.
    pub fn to_fresh_database(migrate: impl FnOnce(&str)) -> (Self, Database, String) {
        let database = Database::fresh_of(Engine::Postgres, migrate);
        let (proxy, address) = Self::to(&database);
        (proxy, database, address)
    }

    /// Closes every connection and accepts new ones, like a server that was restarted.
    pub fn reset_connections(&self) {
        for stream in self.shared.state.lock().unwrap().open.drain(..) {
            // Fails for a connection that has ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Closes every connection and refuses new ones, like a server that is down.
    pub fn refuse_connections(&self) {
        self.shared.state.lock().unwrap().refusing = true;
        // Wakes the listener, which then ends.
        drop(TcpStream::connect(self.address));
        let listening = self.listening.lock().unwrap().take();
        listening.expect("it listens").join().expect("a clean end");
        self.reset_connections();
    }

    /// Accepts connections again after [`Self::refuse_connections`].
    pub fn accept_connections(&self) {
        self.shared.state.lock().unwrap().refusing = false;
        let listener = TcpListener::bind(self.address).expect("the port from before");
        *self.listening.lock().unwrap() = Some(self.shared.clone().listen(listener));
    }

    /// Lets the next commit happen but replaces the server's response by the error "outcome
    /// unknown". A distributed engine that lost contact with its other nodes sends such an error.
    pub fn report_next_commit_as_unknown(&self) {
        self.shared.state.lock().unwrap().hides_next_commit = true;
    }

    /// Drops every notification from now on, like a pooler that shares the listening session.
    pub fn drop_notifications(&self) {
        self.shared.state.lock().unwrap().drops_notifications = true;
    }

    /// Reads but forwards nothing, like a server that hangs.
    pub fn stall(&self) {
        self.shared.set_stalled(true);
    }

    /// Forwards everything that was held back since [`Self::stall`].
    pub fn resume(&self) {
        self.shared.set_stalled(false);
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.resume();
        if self
            .listening
            .lock()
            .is_ok_and(|listening| listening.is_some())
        {
            self.refuse_connections();
        }
    }
}

impl Shared {
    fn listen(self: Arc<Self>, listener: TcpListener) -> JoinHandle<()> {
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if self.state.lock().unwrap().refusing {
                    return;
                }
                if let Ok(stream) = stream {
                    self.clone().connect(stream);
                }
            }
        })
    }

    fn connect(self: Arc<Self>, client: TcpStream) {
        let server = UnixStream::connect(&self.socket).expect("our own PostgreSQL");
        let clone_of = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
        self.state.lock().unwrap().open.push(clone_of(&client));
        let (to_server, to_client) = (server.try_clone().expect("a descriptor"), clone_of(&client));
        let (outbound, inbound) = (self.clone(), self);
        let committing = Arc::new(AtomicBool::new(false));
        let commits = Arc::clone(&committing);
        std::thread::spawn(move || {
            outbound.pass(client, &to_server, |bytes| {
                if bytes == COMMIT
                    && std::mem::take(&mut outbound.state.lock().unwrap().hides_next_commit)
                {
                    commits.store(true, Ordering::SeqCst);
                }
                None
            });
            let _ = to_server.shutdown(Shutdown::Both);
        });
        std::thread::spawn(move || {
            inbound.pass(server, &to_client, |bytes| {
                if committing.swap(false, Ordering::SeqCst) {
                    return Some(unknown_outcome());
                }
                let drops = inbound.state.lock().unwrap().drops_notifications;
                drops.then(|| without_notifications(bytes))
            });
            let _ = to_client.shutdown(Shutdown::Both);
        });
    }

    /// Forwards the bytes, or the replacement that `replaced` returns.
    fn pass<W>(&self, mut from: impl Read, mut to: &W, replaced: impl Fn(&[u8]) -> Option<Vec<u8>>)
    where
        for<'a> &'a W: Write,
    {
        let mut bytes = [0; 8192];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let state = self.state.lock().unwrap();
            drop(self.changed.wait_while(state, |state| state.stalled));
            let received = &bytes[..read];
            let replacement = replaced(received);
            if to
                .write_all(replacement.as_deref().unwrap_or(received))
                .is_err()
            {
                return;
            }
        }
    }

    fn set_stalled(&self, stalled: bool) {
        self.state.lock().unwrap().stalled = stalled;
        self.changed.notify_all();
    }
}
