//! Limits the connections per client and closes idle connections.
//!
//! actix-web limits the connections of a worker but not of a client. It limits the time for the
//! head of the first request, and the pause before the first byte of the next one. If a client
//! sends half of a second head, neither limit applies. So this module closes idle connections.

mod request;

use std::{
    any::Any,
    collections::HashMap,
    io,
    net::{IpAddr, Shutdown},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    dev::Extensions,
    rt::{
        net::{TcpStream, UnixStream},
        time::timeout,
    },
};
use ipnet::IpNet;
use rustix::event::{PollFd, PollFlags, Timespec};
use socket2::{SockRef, Socket};

pub use self::request::InProgress;
use super::limits::{self, HEADER_TIMEOUT, KEEP_ALIVE};
use crate::{
    config::Settings,
    util::networks::{self, Networks},
};

/// The interval of the search for idle connections.
pub const TICK: Duration = Duration::from_secs(5);
/// The number of ticks without a request after which a connection is idle. A correct connection
/// would have ended before, or would have sent a complete head.
const IDLE_TICKS: u64 =
    (KEEP_ALIVE.as_secs() + HEADER_TIMEOUT.as_secs()).div_ceil(TICK.as_secs()) + 1;
/// One client may hold at most this fraction of all connections, regardless of the settings.
const CLIENT_SHARE: usize = 4;
/// The smallest limit per client. A browser opens six connections.
const MIN_PER_CLIENT: usize = 8;

/// The connections of a server.
pub struct Connections {
    max: usize,
    max_per_client: usize,
    unlimited: [Networks; 2],
    ticks: AtomicU64,
    open: AtomicUsize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next_id: u64,
    by_client: HashMap<IpNet, usize>,
    watched: HashMap<u64, Arc<Activity>>,
}

/// The last use of a connection, and a second descriptor to close it.
struct Activity {
    socket: Socket,
    requests: AtomicUsize,
    last_tick: AtomicU64,
    /// Whether a response has announced the end of the connection.
    is_closing: AtomicBool,
    /// The bytes of the responses, heads included, since the last check that the client reads them.
    unchecked_bytes: AtomicUsize,
}

/// One connection. actix-web stores it with the connection until the connection ends.
struct Connection {
    connections: Arc<Connections>,
    id: u64,
    client: Option<IpNet>,
    activity: Arc<Activity>,
}

/// Closes the connections that are idle for too long, at each tick.
pub(super) async fn end_idle_connections(connections: Arc<Connections>) {
    loop {
        actix_web::rt::time::sleep(TICK).await;
        connections.end_idle();
    }
}

impl Connections {
    /// Creates the state of a server with at most `max` connections.
    #[must_use]
    pub fn new(max: usize, settings: &Settings) -> Self {
        let share = (max / CLIENT_SHARE).max(MIN_PER_CLIENT);
        Self {
            max,
            max_per_client: settings.server.connections_per_client.min(share),
            unlimited: [
                settings.server.trusted_proxies.clone(),
                settings.rate_limits.exempt.clone(),
            ],
            ticks: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            table: Mutex::default(),
        }
    }

    /// Registers a new connection, or closes it if its client has too many.
    pub fn accept(self: &Arc<Self>, connection: &dyn Any, data: &mut Extensions) {
        limits::bound_connection(connection);
        let Some((socket, peer)) = socket(connection) else {
            return;
        };
        match self.register(&socket, peer) {
            Some(connection) => drop(data.insert(connection)),
            None => {
                metrics::counter!("narthex_connections_rejected_total").increment(1);
                // Fails if the client has closed it already.
                drop(socket.shutdown(Shutdown::Both));
            }
        }
    }

    fn register(
        self: &Arc<Self>,
        socket: &SockRef<'_>,
        peer: Option<IpAddr>,
    ) -> Option<Connection> {
        let is_limited = |peer: &IpAddr| {
            !self
                .unlimited
                .iter()
                .any(|networks| networks.contain(*peer))
        };
        let client = peer
            .map(networks::canonical)
            .filter(is_limited)
            .map(networks::site_prefix);
        let mut table = self.lock();
        let open_connections = client.and_then(|client| table.by_client.get(&client).copied());
        let open_connections = open_connections.unwrap_or_default();
        if open_connections >= self.max_per_client {
            return None;
        }
        let socket = socket
            .try_clone()
            .inspect_err(|error| tracing::warn!(cause = %error, "connection refused"))
            .ok()?;
        let activity = Arc::new(Activity {
            socket,
            requests: AtomicUsize::new(0),
            last_tick: AtomicU64::new(self.tick()),
            is_closing: AtomicBool::new(false),
            unchecked_bytes: AtomicUsize::new(0),
        });
        if let Some(client) = client {
            table.by_client.insert(client, open_connections + 1);
        }
        let id = table.next_id;
        table.next_id += 1;
        table.watched.insert(id, Arc::clone(&activity));
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(Connection {
            connections: Arc::clone(self),
            id,
            client,
            activity,
        })
    }

    /// Closes the connections that are idle for too long. Call it each [`TICK`].
    pub fn end_idle(&self) {
        let now = self.ticks.fetch_add(1, Ordering::Relaxed) + 1;
        for activity in self.lock().watched.values() {
            if activity.is_idle(now) {
                activity.end();
            }
        }
    }

    /// Returns whether so many connections are open that idle ones should be closed.
    fn are_near_limit(&self) -> bool {
        self.open.load(Ordering::Relaxed) > self.max / 4 * 3
    }

    fn tick(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    fn release(&self, id: u64, client: Option<IpNet>) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        let mut table = self.lock();
        table.watched.remove(&id);
        if let Some(client) = client
            && let Some(open_connections) = table.by_client.get_mut(&client)
        {
            *open_connections = open_connections.saturating_sub(1);
            if *open_connections == 0 {
                table.by_client.remove(&client);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the socket of a connection, and its peer's address unless it is a Unix socket.
fn socket(connection: &dyn Any) -> Option<(SockRef<'_>, Option<IpAddr>)> {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        let peer = stream.peer_addr().ok().map(|peer| peer.ip());
        return Some((SockRef::from(stream), peer));
    }
    let stream = connection.downcast_ref::<UnixStream>()?;
    Some((SockRef::from(stream), None))
}

impl Activity {
    fn touch(&self, tick: u64) {
        self.last_tick.store(tick, Ordering::Relaxed);
    }

    fn end(&self) {
        // Fails if the connection has ended already.
        drop(self.socket.shutdown(Shutdown::Both));
    }

    /// Returns whether the send buffer has room. An error counts as room: the next write reports it.
    fn is_writable(&self) -> bool {
        let now = Timespec::default();
        let mut sockets = [PollFd::new(&self.socket, PollFlags::OUT)];
        rustix::event::poll(&mut sockets, Some(&now)).map_or(true, |ready| ready > 0)
    }

    /// Waits until the send buffer has room.
    ///
    /// # Errors
    /// An error if the system has no further descriptor, or if the client reads nothing for the
    /// write timeout. A Unix socket has no such timeout of its own.
    async fn becomes_writable(&self) -> io::Result<()> {
        // Few connections wait, so each socket is registered only for its wait. A Unix socket, too,
        // may be wrapped as a `TcpStream`, because nothing is read or written.
        let socket = TcpStream::from_std(self.socket.try_clone()?.into())?;
        timeout(limits::WRITE_TIMEOUT, socket.writable()).await?
    }

    fn is_idle(&self, now: u64) -> bool {
        self.requests.load(Ordering::Relaxed) == 0
            && now.saturating_sub(self.last_tick.load(Ordering::Relaxed)) >= IDLE_TICKS
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.release(self.id, self.client);
    }
}

#[cfg(test)]
mod tests;
