//! The parts of a PostgreSQL URL that concern transport security: whether the connection leaves the
//! machine, and whether it is encrypted and authenticated.
//!
//! libpq parses the URL itself (PostgreSQL documentation, section 34.1.1.2). This module answers
//! only two questions before that. Does the URL require TLS that this build lacks? Should the
//! operator be warned about an unprotected connection?

use std::{borrow::Cow, net::IpAddr};

use url::form_urlencoded;

/// Whether TLS is compiled in: the feature `pg-tls`.
pub const TLS: bool = cfg!(feature = "pg-tls");

/// The transport by which a URL reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The connection does not leave the machine: a Unix socket or a loopback address.
    Local,
    /// Encrypted, and the server is the one that the URL names (`sslmode=verify-full`).
    Verified,
    /// Encrypted, to any server with a certificate of the authority (`sslmode=verify-ca`).
    VerifiedByAuthority,
    /// Encrypted, to an unauthenticated server (`sslmode=require`).
    Encrypted,
    /// Unencrypted, unless the server offers encryption (`sslmode=prefer`, the default).
    Unprotected,
}

/// Returns how `url` reaches the server. libpq takes missing values from environment variables
/// (`PGHOST`, `PGSSLMODE`). They are ignored here, so a missing host counts as a socket.
#[must_use]
pub fn transport(url: &str) -> Transport {
    if hosts(url).iter().all(|host| is_on_this_machine(host)) {
        return Transport::Local;
    }
    match &*mode(url) {
        "verify-full" => Transport::Verified,
        "verify-ca" => Transport::VerifiedByAuthority,
        "require" => Transport::Encrypted,
        _ => Transport::Unprotected,
    }
}

/// Returns whether `url` must not be used without TLS. A named certificate counts as well, because
/// libpq without TLS would ignore it and connect unencrypted.
#[must_use]
pub fn asks_for_tls(url: &str) -> bool {
    let named = ["sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir"];
    matches!(&*mode(url), "require" | "verify-ca" | "verify-full")
        || parameter(url, "sslnegotiation").is_some_and(|way| way == "direct")
        || named.iter().any(|name| parameter(url, name).is_some())
}

/// Returns `sslmode` or its equivalent. `ssl=true` of Java's drivers means `require`. With the
/// system's authorities (`sslrootcert=system`) the default is `verify-full`.
fn mode(url: &str) -> Cow<'_, str> {
    if let Some(mode) = parameter(url, "sslmode") {
        return mode;
    }
    let is = |name, value| parameter(url, name).is_some_and(|found| found == value);
    if is("sslrootcert", "system") {
        "verify-full".into()
    } else if is("ssl", "true") {
        "require".into()
    } else {
        "prefer".into()
    }
}

/// Returns every host that libpq tries. An address in `hostaddr` takes precedence over the name.
fn hosts(url: &str) -> Vec<String> {
    let given = |name| parameter(url, name).filter(|hosts| !hosts.is_empty());
    let list = given("hostaddr").or_else(|| given("host"));
    let list = list.unwrap_or_else(|| parts(url).0.into());
    list.split(',').map(str::to_owned).collect()
}

/// Returns whether `host`, with or without its port, is on this machine.
fn is_on_this_machine(host: &str) -> bool {
    let is_a_socket = host.starts_with(['/', '@']) || host.to_ascii_lowercase().starts_with("%2f");
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next(),
        // An IPv6 address has no brackets in a parameter without a port.
        None if host.parse::<IpAddr>().is_ok() => Some(host),
        None => host.split(':').next(),
    };
    let name = name.unwrap_or_default();
    let address = name.parse::<IpAddr>();
    is_a_socket
        || name.is_empty()
        || name == "localhost"
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Returns a parameter's value. The last one of a repeated name counts.
fn parameter<'a>(url: &'a str, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(parts(url).1.as_bytes())
        .filter(|(known, _)| known == name)
        .last()
        .map(|(_, value)| value)
}

/// Splits a URL into hosts and parameters. A password may contain `?`, but neither `@` nor `/`.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let rest = match rest.split_once('@') {
        Some((user, after)) if !user.contains('/') => after,
        _ => rest,
    };
    let hosts = rest.split(['/', '?']).next().unwrap_or_default();
    let parameters = rest
        .split_once('?')
        .map_or("", |(_, parameters)| parameters);
    (hosts, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_hosts_are_recognised() {
        for url in [
            "postgres:///narthex",
            "postgres://",
            "postgres://ada@/narthex",
            "postgres://ada:secret@localhost/narthex",
            "postgres://ada:what?@localhost:5433/narthex",
            "postgres://127.0.0.1:5432/narthex",
            "postgres://[::1]:5432/narthex?sslmode=disable",
            "postgres://%2Fvar%2Frun%2Fpostgresql/narthex",
            "postgres:///narthex?host=/var/run/postgresql&user=narthex",
            "postgres:///narthex?host=%2Fvar%2Frun",
            "postgres:///narthex?host=@abstract",
            "postgres:///narthex?host=::1",
            "postgres://db.example.com/narthex?hostaddr=127.0.0.2",
            "postgres://localhost,127.0.0.1/narthex",
        ] {
            assert_eq!(transport(url), Transport::Local, "{url}");
        }
        for url in [
            "postgres://db.example.com/narthex",
            "postgres://ada:localhost@db.example.com/narthex",
            "postgres://ada@192.0.2.7:5432/narthex?sslmode=prefer",
            "postgres://[2001:db8::1]/narthex?sslmode=allow",
            "postgres:///narthex?host=db.example.com",
            "postgres://localhost/narthex?hostaddr=192.0.2.7",
            "postgres://localhost,db.example.com/narthex",
            "postgres://localhost.example.com/narthex",
            "postgres://db.example.com?sslmode=verify-full&sslmode=disable",
        ] {
            assert_eq!(transport(url), Transport::Unprotected, "{url}");
        }
    }

    #[test]
    fn sslmode_decides_the_protection() {
        for (parameters, expected) in [
            ("sslmode=require", Transport::Encrypted),
            ("ssl=true", Transport::Encrypted),
            (
                "sslmode=verify-ca&sslrootcert=/ca",
                Transport::VerifiedByAuthority,
            ),
            ("sslrootcert=/ca&sslmode=verify-full", Transport::Verified),
            ("sslmode=verify%2Dfull", Transport::Verified),
            ("sslrootcert=system", Transport::Verified),
            ("sslrootcert=/ca", Transport::Unprotected),
        ] {
            for place in ["db.example.com", "ada:a?b@db.example.com:5432/narthex"] {
                let url = format!("postgres://{place}?{parameters}");
                assert_eq!(transport(&url), expected, "{url}");
            }
        }
    }

    #[test]
    fn urls_that_require_tls_are_recognised() {
        for (parameters, asks) in [
            ("", false),
            ("sslmode=disable", false),
            ("sslmode=allow", false),
            ("sslmode=prefer", false),
            ("sslmode=require", true),
            ("sslmode=verify-ca", true),
            ("sslmode=verify-full", true),
            ("ssl=true", true),
            ("sslrootcert=/etc/ssl/ca.pem", true),
            ("sslcert=/etc/ssl/narthex.pem", true),
            ("sslnegotiation=direct", true),
            ("sslnegotiation=postgres", false),
            ("options=sslmode%3Drequire", false),
        ] {
            for host in ["db.example.com", "localhost", ""] {
                let url = format!("postgres://ada@{host}/narthex?{parameters}");
                assert_eq!(asks_for_tls(&url), asks, "{url}");
            }
        }
        assert!(!asks_for_tls("postgres://sslmode=require@db/narthex"));
    }
}
