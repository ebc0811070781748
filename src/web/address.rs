//! The client's address: the peer's, or what a trusted proxy says that it is.

use std::net::IpAddr;

use actix_web::{
    HttpMessage as _, HttpRequest,
    dev::ServiceRequest,
    http::header::{self, HeaderMap},
};

use crate::kit::network::{Networks, canonical};

#[derive(Clone, Copy)]
struct ClientAddress(IpAddr);

/// Works out the client's address once, for [`client_address`] to give to whoever asks. What nobody is
/// believed about is not read, and there is nothing to be noted then.
pub fn note(request: &ServiceRequest, trusted: &Networks) {
    if let Some(peer) = peer(request.request())
        && trusted.contain(peer)
    {
        let client = behind_proxies(peer, &named(request.headers()), trusted);
        request.extensions_mut().insert(ClientAddress(client));
    }
}

fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| canonical(peer.ip()))
}

/// What proxies say of the hops before them. Most write `X-Forwarded-For` and pass a `Forwarded` on as
/// the client sent it, so that is read only where it stands alone.
fn named(headers: &HeaderMap) -> Vec<&str> {
    let name = if headers.contains_key(header::X_FORWARDED_FOR) {
        header::X_FORWARDED_FOR
    } else {
        header::FORWARDED
    };
    // What is no text is an entry that cannot be read, not one that is not there.
    let values = headers.get_all(name);
    values.map(|value| value.to_str().unwrap_or("?")).collect()
}

/// The client's address; none where the connection has none (a Unix socket).
#[must_use]
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let noted = request.extensions().get::<ClientAddress>().copied();
    noted.map(|client| client.0).or_else(|| peer(request))
}

/// Whether the peer is one of the proxies that are believed.
#[must_use]
pub fn is_from_a_trusted_proxy(request: &HttpRequest, trusted: &Networks) -> bool {
    peer(request).is_some_and(|peer| trusted.contain(peer))
}

/// Walks from the right, past every proxy that is trusted, to the first address that is not: all
/// that stands to the left of it may have been written by anybody. The first entry, which many
/// servers take, is the one that the client itself can choose.
fn behind_proxies(peer: IpAddr, lines: &[&str], trusted: &Networks) -> IpAddr {
    let mut client = peer;
    let hops: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).collect();
    for hop in hops.into_iter().rev() {
        if !trusted.contain(client) {
            break;
        }
        match read_hop(hop) {
            Some(address) => client = canonical(address),
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
        behind_proxies(peer.parse().unwrap(), lines, &trusted).to_string()
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
