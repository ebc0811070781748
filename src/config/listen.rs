//! The address on which a server listens.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// A Unix socket's path has at most 107 bytes on Linux and 103 elsewhere (unix(7)). The socket is
/// created under a longer name first: with a dot and the process ID, which has at most seven
/// digits.
const MAX_PATH_BYTES: usize = 95;

/// The address of a listening socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// Address and port over TCP.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl ListenAddress {
    /// Parses `127.0.0.1:8080`, `localhost:8080`, `:8080` or `unix:/run/narthex.sock`.
    ///
    /// # Errors
    /// Returns a description of a valid value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(path) = text.strip_prefix("unix:") else {
            return tcp(text).map(Self::Tcp).ok_or(
                "give an address and a port, such as 127.0.0.1:8080, or a Unix socket, such as \
                 unix:/run/narthex.sock",
            );
        };
        if !Path::new(path).is_absolute() || path.ends_with('/') {
            return Err("give the absolute path of the socket, such as unix:/run/narthex.sock");
        }
        if path.len() > MAX_PATH_BYTES {
            return Err(
                "the path is too long for a Unix socket; give one of at most 95 bytes, such as \
                 unix:/run/narthex.sock",
            );
        }
        Ok(Self::Unix(path.into()))
    }

    /// Returns the address and port of a TCP socket.
    #[must_use]
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Returns the address of a TCP socket.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.tcp().map(|address| address.ip())
    }

    /// Returns the address for a browser on this machine. It has the name `localhost` in place of
    /// `127.0.0.1`, because passkeys need a host name (WebAuthn level 3, section 5.1.2).
    #[must_use]
    pub fn url(&self) -> String {
        match self.tcp() {
            Some(address) if address.ip() == Ipv4Addr::LOCALHOST => {
                format!("http://localhost:{}", address.port())
            }
            _ => format!("http://{self}"),
        }
    }

    /// Returns whether only programs on this machine can connect.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.ip().is_none_or(|ip| ip.is_loopback())
    }
}

/// Formats the address as in `NARTHEX_LISTEN`.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Parses address and port. A port alone means every address of the machine, IPv4 and IPv6.
/// `localhost` is 127.0.0.1. No other name is resolved, because its address may change before the
/// next start.
pub(super) fn tcp(text: &str) -> Option<SocketAddr> {
    if let Some(port) = text.strip_prefix(':') {
        return Some((Ipv6Addr::UNSPECIFIED, port.parse().ok()?).into());
    }
    match text.rsplit_once(':') {
        Some((name, port)) if name.eq_ignore_ascii_case("localhost") => {
            Some((Ipv4Addr::LOCALHOST, port.parse().ok()?).into())
        }
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses_are_parsed() {
        for (text, written) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::1]:8080", "[::1]:8080"),
            (":8080", "[::]:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("LocalHost:0", "127.0.0.1:0"),
            ("unix:/run/narthex.sock", "unix:/run/narthex.sock"),
        ] {
            let read = ListenAddress::parse(text).map(|address| address.to_string());
            assert_eq!(read.as_deref(), Ok(written), "{text}");
        }
        let long = format!("unix:/{}", "x".repeat(MAX_PATH_BYTES));
        for text in [
            "8080",
            ":",
            ":70000",
            "localhost",
            "narthex.example:8080",
            "unix:",
            "unix:narthex.sock",
            "unix:/run/",
            &long,
        ] {
            assert!(ListenAddress::parse(text).is_err(), "{text}");
        }
    }
}
