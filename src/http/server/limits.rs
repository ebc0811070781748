//! The limits of connections, each with its reason.

use std::{any::Any, time::Duration};

use actix_web::rt::net::TcpStream;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;

/// The time for the head of a request. It bounds idle connections that send nothing.
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that a response may wait for the client to read. Responses exceed the buffers of the
/// system by a page or two at most. So only a client that does not read reaches this limit.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The number of unsent bytes from which actix-http waits for the client before it asks for more of
/// a body. In the middle of a response, it waits in a busy loop once a client has sent 128 KiB of
/// further requests. This number exceeds [`UNCHECKED_BYTES`] and the API description, the largest
/// public response. So a request ends when its response is complete, and the next one waits for the
/// client. actix-http keeps a buffer of this size for each connection that needed it.
pub(super) const WRITE_BUFFER: usize = 192 << 10;
/// The bytes of responses after which the next request first waits until its client has read them.
pub(super) const UNCHECKED_BYTES: usize = 32 << 10;
/// The time for which an idle connection stays open. Proxies drop idle connections after 60
/// seconds. With a shorter time, a proxy would sometimes send a request into a connection that is
/// being closed.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The largest number of connections per worker. Further connections wait to be accepted. With
/// actix's limit of 25,000, idle connections could use up all file descriptors.
const MAX_CONNECTIONS_PER_WORKER: usize = 4096;
/// The file descriptors of a connection: one to read and write, one to close it, and one to wait for
/// a client that does not read.
const DESCRIPTORS_PER_CONNECTION: u64 = 3;
/// The file descriptors for other purposes: database files and sockets, the log, the workers.
const RESERVED_DESCRIPTORS: u64 = 128;
/// The time for which a shutdown waits for requests to finish, in seconds.
pub(super) const SHUTDOWN_TIMEOUT_SECS: u64 = 30;

/// Returns the largest number of connections of each of `workers`: 4096, or fewer if the system
/// permits fewer file descriptors. The soft limit of the process is raised to the hard limit first.
pub(super) fn connections_a_worker(workers: usize) -> usize {
    let limits = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limits.maximum,
        ..limits
    };
    // `None` means no limit.
    let descriptors = match setrlimit(Resource::Nofile, all) {
        Ok(()) => limits.maximum,
        Err(_) => limits.current,
    };
    let each = descriptors.map_or(u64::MAX, |all| {
        let connections = all.saturating_sub(RESERVED_DESCRIPTORS) / DESCRIPTORS_PER_CONNECTION;
        connections / workers.max(1) as u64
    });
    usize::try_from(each).map_or(MAX_CONNECTIONS_PER_WORKER, |each| {
        each.clamp(8, MAX_CONNECTIONS_PER_WORKER)
    })
}

/// Sets [`WRITE_TIMEOUT`] on a new connection. The operating system enforces it (RFC 5482; Linux
/// counts a closed receive window too), because actix-web has no such limit.
pub(super) fn bound_connection(connection: &dyn Any) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(WRITE_TIMEOUT))
    {
        tracing::warn!(cause = %error, "write timeout not set on a connection");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn accepted_connection_has_the_write_timeout() {
        let listener = actix_web::rt::net::TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, accepted) = futures_util::future::join(client, listener.accept()).await;
        let (accepted, _) = accepted.unwrap();
        bound_connection(&accepted);
        let of = |stream| SockRef::from(stream).tcp_user_timeout().unwrap();
        assert_eq!(of(&accepted), Some(WRITE_TIMEOUT));
        assert_eq!(of(&client.unwrap()), None);
    }
}
