//! The address of a client behind proxies. The first line of the input is the peer, the others are
//! headers. A line without a name is an `X-Forwarded-For`.
#![no_main]

use std::{
    net::{IpAddr, SocketAddr},
    sync::LazyLock,
};

use actix_web::{
    http::header::{HeaderName, HeaderValue},
    test::TestRequest,
};
use libfuzzer_sys::fuzz_target;
use narthex::{
    http::middleware::client_ip::{client_address, is_from_a_trusted_proxy, record},
    util::networks::{Networks, canonical},
};

static TRUSTED: LazyLock<Networks> =
    LazyLock::new(|| Networks::parse("10.0.0.0/8, ::1, fd00::/8").expect("networks"));

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let peer = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    // If the line is no address, the peer is a trusted proxy, because most code runs only behind
    // one.
    let peer: IpAddr = peer
        .and_then(|line| line.parse().ok())
        .unwrap_or(IpAddr::from([10, 0, 0, 1]));
    let Some(headers) = lines.map(header).collect::<Option<Vec<_>>>() else {
        return;
    };
    let (client, trusted) = client(peer, &headers);
    assert_eq!(client, canonical(client));
    assert_eq!(trusted, TRUSTED.contain(canonical(peer)));
    if !trusted {
        assert_eq!(client, canonical(peer));
    }
    // The address of an untrusted client is the one that our proxy saw. Values that the client or
    // an earlier hop wrote to the left change nothing.
    if !TRUSTED.contain(client) {
        for spoofed in ["198.51.100.66", "10.9.9.9", "for=198.51.100.66", "\"", "?"] {
            for name in ["x-forwarded-for", "forwarded"] {
                let name = HeaderName::from_static(name);
                // The client cannot choose which of the two headers is read, because a proxy always
                // writes the same one.
                if !headers.is_empty() && !headers.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                let mut more = vec![(name, HeaderValue::from_static(spoofed))];
                more.extend(headers.iter().cloned());
                assert_eq!(
                    self::client(peer, &more).0,
                    client,
                    "{headers:?} after {spoofed}"
                );
            }
        }
    }
});

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = match line.strip_prefix(b"f:") {
        Some(value) => ("forwarded", value),
        None => ("x-forwarded-for", line),
    };
    let value = HeaderValue::from_bytes(value).ok()?;
    Some((HeaderName::from_static(name), value))
}

fn client(peer: IpAddr, headers: &[(HeaderName, HeaderValue)]) -> (IpAddr, bool) {
    let request = TestRequest::default().peer_addr(SocketAddr::new(peer, 1));
    let request = headers.iter().fold(request, |request, header| {
        request.append_header(header.clone())
    });
    let request = request.to_srv_request();
    record(request.request(), &TRUSTED);
    let address = client_address(request.request()).expect("a peer has an address");
    (
        address,
        is_from_a_trusted_proxy(request.request(), &TRUSTED),
    )
}
