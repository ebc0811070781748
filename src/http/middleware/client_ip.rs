//! The client's address: the peer's, or what a trusted proxy says that it is.

use std::{any::Any, borrow::Cow, net::IpAddr, sync::Once};

use actix_web::{
    HttpMessage as _, HttpRequest,
    dev::{Extensions, ServiceRequest},
    http::header::{self, HeaderMap},
    rt::net::UnixStream,
};

use crate::util::networks::{Networks, canonical, client_prefix};

#[derive(Clone, Copy)]
struct ClientAddress(IpAddr);

/// The peer connected to our Unix socket: a proxy on this machine, which the socket's mode let in.
#[derive(Clone, Copy)]
struct UnixPeer;

/// Notes of a connection that was just accepted whether its peer is trusted without an address. (A TCP
/// connection that was reset has no peer address either, and is not.)
pub fn note_peer(connection: &dyn Any, data: &mut Extensions) {
    if connection.is::<UnixStream>() {
        data.insert(UnixPeer);
    }
}

/// Works out the client's address once, for [`client_address`] to give to whoever asks. What nobody is
/// believed about is not read, and there is nothing to be noted then.
pub fn note(request: &ServiceRequest, trusted: &Networks) {
    let peer = peer(request.request());
    if !is_from_a_trusted_proxy(request.request(), trusted) {
        warn_of_proxy(peer, request.headers());
    } else if let Some(client) = behind_proxies(peer, &named(request.headers()), trusted) {
        request.extensions_mut().insert(ClientAddress(client));
    }
}

/// Warns once in a process of a peer that sends what only proxies send and is not trusted: if it is the
/// operator's proxy, all clients share its address, its rate limit and its line in the list of sessions.
fn warn_of_proxy(peer: Option<IpAddr>, headers: &HeaderMap) {
    static WARNED: Once = Once::new();
    if WARNED.is_completed() {
        return;
    }
    let sent = [header::X_FORWARDED_FOR, header::FORWARDED]
        .into_iter()
        .find(|name| headers.contains_key(name));
    if let (Some(header), Some(peer)) = (sent, peer) {
        WARNED.call_once(|| {
            tracing::warn!(
                %header,
                peer = %client_prefix(peer),
                "ignored the client address in a header from a peer that is not trusted; if the peer \
                 is your proxy, name it in NARTHEX_TRUSTED_PROXIES (this is logged once)"
            );
        });
    }
}

fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| canonical(peer.ip()))
}

/// What proxies say of the hops before them. Most write `X-Forwarded-For` and pass a `Forwarded` on as
/// the client sent it, so that is read only where it stands alone.
fn named(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let name = if headers.contains_key(header::X_FORWARDED_FOR) {
        header::X_FORWARDED_FOR
    } else {
        header::FORWARDED
    };
    // An entry that is no text cannot be read. It hides no entry that a proxy added on the same line.
    let values = headers.get_all(name);
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect()
}

/// The client's address; none where a proxy on the Unix socket named none.
#[must_use]
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let noted = request.extensions().get::<ClientAddress>().copied();
    noted.map(|client| client.0).or_else(|| peer(request))
}

/// Whether the peer is one of the proxies that are believed.
#[must_use]
pub fn is_from_a_trusted_proxy(request: &HttpRequest, trusted: &Networks) -> bool {
    match peer(request) {
        Some(peer) => trusted.contain(peer),
        None => request.conn_data::<UnixPeer>().is_some(),
    }
}

/// Walks from the right, past every proxy that is trusted, to the first address that is not: all
/// that stands to the left of it may have been written by anybody. The first entry, which many
/// servers take, is the one that the client itself can choose. A peer without an address is trusted.
fn behind_proxies(
    peer: Option<IpAddr>,
    lines: &[impl AsRef<str>],
    trusted: &Networks,
) -> Option<IpAddr> {
    let mut client = peer;
    let hops: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.as_ref().split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        if client.is_some_and(|client| !trusted.contain(client)) {
            break;
        }
        match read_hop(hop) {
            Some(address) => client = Some(canonical(address)),
            // What cannot be read was not written by the proxy that we trust: go no further.
            None => break,
        }
    }
    client
}

/// `192.0.2.7`, `192.0.2.7:1234`, `[2001:db8::1]:1234`, or an element of `Forwarded` with `for=`
/// (RFC 7239, section 4).
fn read_hop(hop: &str) -> Option<IpAddr> {
    let node = hop
        .split(';')
        .find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            name.eq_ignore_ascii_case("for").then_some(value)
        })
        .unwrap_or(hop)
        .trim()
        .trim_matches('"');
    node.parse()
        .ok()
        .or_else(|| {
            node.parse::<std::net::SocketAddr>()
                .ok()
                .map(|address| address.ip())
        })
        .or_else(|| node.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted = Networks::parse("10.0.0.0/8, ::1").unwrap();
        let peer = peer.parse().ok();
        behind_proxies(peer, lines, &trusted).map_or_else(String::new, |client| client.to_string())
    }

    #[test]
    fn peer_of_a_unix_socket_is_a_proxy_that_names_the_client() {
        const UNIX: &str = "";
        assert_eq!(client(UNIX, &[]), "");
        assert_eq!(client(UNIX, &["unknown"]), "");
        assert_eq!(client(UNIX, &["203.0.113.1"]), "203.0.113.1");
        assert_eq!(
            client(UNIX, &["198.51.100.66, 203.0.113.1, 10.0.0.2"]),
            "203.0.113.1"
        );
    }

    #[test]
    fn a_byte_of_the_client_hides_no_hop_of_the_proxy() {
        let trusted = Networks::parse("10.0.0.0/8").unwrap();
        for (name, line) in [
            (header::X_FORWARDED_FOR, &b"caf\xe9, 203.0.113.1"[..]),
            (header::X_FORWARDED_FOR, "café, 203.0.113.1".as_bytes()),
            (header::FORWARDED, b"for=\"\xe9\", for=203.0.113.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, header::HeaderValue::from_bytes(line).unwrap());
            let client = behind_proxies("10.0.0.1".parse().ok(), &named(&headers), &trusted);
            assert_eq!(client, "203.0.113.1".parse().ok(), "{line:?}");
        }
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_the_client_whatever_it_says() {
        assert_eq!(client("192.0.2.9", &["203.0.113.1"]), "192.0.2.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_the_last_hop_only() {
        assert_eq!(
            client("10.0.0.1", &["198.51.100.66, 203.0.113.1"]),
            "203.0.113.1"
        );
        assert_eq!(
            client("10.0.0.1", &["198.51.100.66", "203.0.113.1, 10.0.0.2"]),
            "203.0.113.1"
        );
        assert_eq!(
            client(
                "10.0.0.1",
                &["for=198.51.100.66, for=\"[2001:db8::1]:80\";proto=https"]
            ),
            "2001:db8::1"
        );
        assert_eq!(client("::1", &["::ffff:203.0.113.1"]), "203.0.113.1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk() {
        assert_eq!(client("10.0.0.1", &["203.0.113.1, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
