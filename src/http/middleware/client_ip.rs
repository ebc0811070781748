//! The client's address: the address of the peer, or the address that a trusted proxy reports.

use std::{any::Any, borrow::Cow, net::IpAddr, sync::Once};

use actix_web::{
    HttpMessage as _, HttpRequest,
    dev::Extensions,
    http::header::{self, HeaderMap},
    rt::net::UnixStream,
};

use crate::util::networks::{Networks, canonical, client_prefix};

#[derive(Clone, Copy)]
struct ClientAddress(IpAddr);

/// A peer on the Unix socket: a proxy on this machine. The permissions of the socket authorize it.
#[derive(Clone, Copy)]
struct UnixPeer;

/// Marks a new connection if its peer is trusted without an address. (A TCP connection that was
/// reset has no peer address either. It is not trusted.)
pub fn record_peer(connection: &dyn Any, data: &mut Extensions) {
    if connection.is::<UnixStream>() {
        data.insert(UnixPeer);
    }
}

/// Determines the client's address once, for [`client_address`]. Headers of a peer that is not
/// trusted are ignored, and then nothing is stored.
pub fn record(request: &HttpRequest, trusted: &Networks) {
    let peer = peer(request);
    if !is_from_a_trusted_proxy(request, trusted) {
        warn_about_proxy(peer, request.headers());
    } else if let Some(client) =
        behind_proxies(peer, &forwarding_headers(request.headers()), trusted)
    {
        request.extensions_mut().insert(ClientAddress(client));
    }
}

/// Warns once per process about a peer that sends headers of a proxy but is not trusted. If the
/// peer is the operator's proxy, all clients share its address, its rate limit and its entry in the
/// list of sessions.
fn warn_about_proxy(peer: Option<IpAddr>, headers: &HeaderMap) {
    static WARNED: Once = Once::new();
    if WARNED.is_completed() {
        return;
    }
    let found = [header::X_FORWARDED_FOR, header::FORWARDED]
        .into_iter()
        .find(|name| headers.contains_key(name));
    if let (Some(header), Some(peer)) = (found, peer) {
        WARNED.call_once(|| {
            tracing::warn!(
                %header,
                peer = %client_prefix(peer),
                "client address in a header ignored because the peer is not trusted; if the peer \
                 is your proxy, name it in NARTHEX_TRUSTED_PROXIES (this is logged once)"
            );
        });
    }
}

fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| canonical(peer.ip()))
}

/// Returns the headers in which proxies report the hops before them. Most proxies write
/// `X-Forwarded-For` and pass on `Forwarded` as the client sent it, so `Forwarded` is read only if
/// it is alone.
fn forwarding_headers(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let name = if headers.contains_key(header::X_FORWARDED_FOR) {
        header::X_FORWARDED_FOR
    } else {
        header::FORWARDED
    };
    // An entry with invalid UTF-8 cannot be parsed. It must not hide an entry that a proxy added to
    // the same line.
    let values = headers.get_all(name);
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect()
}

/// Returns the client's address. `None` if a proxy on the Unix socket reported none.
#[must_use]
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let recorded = request.extensions().get::<ClientAddress>().copied();
    recorded.map(|client| client.0).or_else(|| peer(request))
}

/// Returns whether the peer is a trusted proxy.
#[must_use]
pub fn is_from_a_trusted_proxy(request: &HttpRequest, trusted: &Networks) -> bool {
    match peer(request) {
        Some(peer) => trusted.contain(peer),
        None => request.conn_data::<UnixPeer>().is_some(),
    }
}

/// Goes from right to left through the reported hops, past each trusted proxy, to the first address
/// that is not trusted. A client can write everything to the left of it. Many servers take the
/// first entry, which the client can choose. A peer without an address is trusted.
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
            // The trusted proxy did not write an entry that cannot be parsed, so the search ends
            // here.
            None => break,
        }
    }
    client
}

/// Parses `192.0.2.7`, `192.0.2.7:1234`, `[2001:db8::1]:1234`, or an element of `Forwarded` with
/// `for=` (RFC 7239, section 4).
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
    fn peer_on_unix_socket_is_a_trusted_proxy() {
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
    fn invalid_byte_of_the_client_hides_no_hop_of_the_proxy() {
        let trusted = Networks::parse("10.0.0.0/8").unwrap();
        for (name, line) in [
            (header::X_FORWARDED_FOR, &b"caf\xe9, 203.0.113.1"[..]),
            (header::X_FORWARDED_FOR, "café, 203.0.113.1".as_bytes()),
            (header::FORWARDED, b"for=\"\xe9\", for=203.0.113.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, header::HeaderValue::from_bytes(line).unwrap());
            let client = behind_proxies(
                "10.0.0.1".parse().ok(),
                &forwarding_headers(&headers),
                &trusted,
            );
            assert_eq!(client, "203.0.113.1".parse().ok(), "{line:?}");
        }
    }

    #[test]
    fn untrusted_peer_is_the_client() {
        assert_eq!(client("192.0.2.9", &["203.0.113.1"]), "192.0.2.9");
    }

    #[test]
    fn trusted_proxy_determines_the_last_hop_only() {
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
    fn invalid_entry_ends_the_search() {
        assert_eq!(client("10.0.0.1", &["203.0.113.1, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
