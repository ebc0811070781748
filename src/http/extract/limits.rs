//! What one client may take of the server: every bound on a request and on a connection, each with
//! its reason. The head's are actix-http's own: 128 KiB and 96 headers.

use std::{any::Any, time::Duration};

use actix_web::rt::net::TcpStream;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;

/// The most bytes of a form: its longest field is a password of 512 bytes, each byte written as
/// three, beside a hundred abilities.
pub const FORM: usize = 16 * 1024;
/// The most bytes of any other body: a selection that names a thousand ids has 40 KiB.
pub const BODY: usize = 64 * 1024;
/// How long a client has to send the head of its request. One that opens connections and says
/// nothing holds each no longer.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it has for the body: the largest in this time is 6 KiB a second.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may wait for a client to read on. No answer is longer than what the system
/// buffers by a page or two, so only a client that stopped reading meets it.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: longer than the 60 seconds after which a proxy drops one of
/// its own, or it would now and then send a request into a connection that is just being closed.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How many connections one worker holds at most. More than that wait to be accepted; actix's own
/// bound of 25,000 would let idle connections take every file descriptor.
const CONNECTIONS_A_WORKER: usize = 4096;
/// Descriptors of a connection: the one that is read and written, and the one by which it is ended.
const DESCRIPTORS_A_CONNECTION: u64 = 2;
/// Descriptors that are kept for what is no connection of a client: the databases' files and
/// sockets, the log, the workers' own.
const DESCRIPTORS_OF_OURS: u64 = 128;
/// How long requests under way have to finish when the server is told to stop, in seconds.
pub const SHUTDOWN_TIMEOUT_SECS: u64 = 30;

/// How many connections each of `workers` may hold: 4096, or fewer where the system
/// gives this process fewer descriptors. It is asked for all that it would give.
#[must_use]
pub fn connections_a_worker(workers: usize) -> usize {
    let limits = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limits.maximum,
        ..limits
    };
    // `None` is no limit at all.
    let descriptors = match setrlimit(Resource::Nofile, all) {
        Ok(()) => limits.maximum,
        Err(_) => limits.current,
    };
    let each = descriptors.map_or(u64::MAX, |all| {
        let connections = all.saturating_sub(DESCRIPTORS_OF_OURS) / DESCRIPTORS_A_CONNECTION;
        connections / workers.max(1) as u64
    });
    usize::try_from(each).map_or(CONNECTIONS_A_WORKER, |each| {
        each.clamp(8, CONNECTIONS_A_WORKER)
    })
}

/// Sets [`WRITE_TIMEOUT`] on a connection that was just accepted. The system keeps it (RFC 5482; Linux
/// counts a window that stays closed too): actix-web has no such bound.
pub fn bound_connection(connection: &dyn Any) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(WRITE_TIMEOUT))
    {
        tracing::warn!(cause = %error, "a connection is not bound in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn an_accepted_connection_is_bound_in_how_long_its_client_may_not_read() {
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
