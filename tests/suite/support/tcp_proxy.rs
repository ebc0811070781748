//! A network between Narthex and PostgreSQL, which a test can cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::database::{Database, Engine};
use super::postgres;

/// Listens on a port of its own and passes what comes to the test run's PostgreSQL.
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

/// A message with this query (PostgreSQL documentation, section 55.7).
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// An error with SQLSTATE 40003, and that the server is ready.
fn unknown_outcome() -> Vec<u8> {
    let fields = b"SERROR\0VERROR\0C40003\0Mresult is ambiguous\0\0";
    let length = u32::try_from(fields.len() + 4).expect("a short one");
    [b"E", &length.to_be_bytes()[..], fields, b"Z\0\0\0\x05I"].concat()
}

/// The same messages without NotificationResponse. A message that is cut off is passed on as it is.
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
    /// Whether the answer to the next commit is replaced.
    hides_next_commit: bool,
    drops_notifications: bool,
    open: Vec<TcpStream>,
}

impl TcpProxy {
    /// To this database; gives the address by which it is reached through the relay.
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

    /// To a new database with all tables, of PostgreSQL in whichever run.
    pub fn to_fresh_database(migrate: impl FnOnce(&str)) -> (Self, Database, String) {
        let database = Database::fresh_of(Engine::Postgres, migrate);
        let (proxy, address) = Self::to(&database);
        (proxy, database, address)
    }

    /// Cuts every connection; new ones are taken. As a server that is started again.
    pub fn reset_connections(&self) {
        for stream in self.shared.state.lock().unwrap().open.drain(..) {
            // Fails for one that ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Cuts every connection and refuses new ones. As a server that is down.
    pub fn refuse_connections(&self) {
        self.shared.state.lock().unwrap().refusing = true;
        // Wakes the listener, which sees that it is to end.
        drop(TcpStream::connect(self.address));
        let listening = self.listening.lock().unwrap().take();
        listening.expect("it listens").join().expect("a clean end");
        self.reset_connections();
    }

    /// After [`Self::refuse_connections`].
    pub fn accept_connections(&self) {
        self.shared.state.lock().unwrap().refusing = false;
        let listener = TcpListener::bind(self.address).expect("the port from before");
        *self.listening.lock().unwrap() = Some(self.shared.clone().listen(listener));
    }

    /// Replaces the server's answer to the next commit, which is made, by the error that it may have been. As
    /// an engine that does not know what its other nodes did.
    pub fn report_next_commit_as_unknown(&self) {
        self.shared.state.lock().unwrap().hides_next_commit = true;
    }

    /// Drops every notification from now on. As a pooler that lends the listening session to others.
    pub fn drop_notifications(&self) {
        self.shared.state.lock().unwrap().drops_notifications = true;
    }

    /// Takes everything and passes nothing on. As a server that hangs.
    pub fn stall(&self) {
        self.shared.set_stalled(true);
    }

    /// After [`Self::stall`]: passes on what it held back.
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

    /// Passes on what comes, or what `replaced` says instead.
    fn pass<W>(&self, mut from: impl Read, mut to: &W, replaced: impl Fn(&[u8]) -> Option<Vec<u8>>)
    where
        for<'a> &'a W: Write,
    {
        let mut bytes = [0; 8192];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let state = self.state.lock().unwrap();
            drop(self.changed.wait_while(state, |state| state.stalled));
            let came = &bytes[..read];
            let instead = replaced(came);
            if to.write_all(instead.as_deref().unwrap_or(came)).is_err() {
                return;
            }
        }
    }

    fn set_stalled(&self, stalled: bool) {
        self.state.lock().unwrap().stalled = stalled;
        self.changed.notify_all();
    }
}
