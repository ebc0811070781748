//! `narthex health`: asks the running server on this machine, for images without an HTTP client.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    time::Duration,
};

use super::{CliError, output};
use crate::{
    config::{ListenAddress, Settings},
    http::paths,
};

/// A server answers `/readyz` within ten seconds even if its database does not answer.
const TIMEOUT: Duration = Duration::from_secs(12);
/// Only the status line is read.
const STATUS_LINE: u64 = 64;

pub(super) fn health(settings: &Settings, live: bool) -> Result<(), CliError> {
    let path = if live { paths::HEALTH } else { paths::READY };
    let listen = &settings.server.listen;
    let status = ask(listen, path)
        .map_err(|error| CliError::message(format!("{listen} does not answer: {error}")))?;
    match status {
        200 => output::line(format!("{listen} answers 200 at {path}")),
        status => Err(CliError::message(format!(
            "{listen} answers {status} at {path}"
        ))),
    }
}

fn ask(listen: &ListenAddress, path: &str) -> io::Result<u16> {
    match listen {
        ListenAddress::Unix(socket) => {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            exchange(stream, path)
        }
        ListenAddress::Tcp(address) if address.port() == 0 => Err(io::Error::other(
            "its port is chosen at each start; set one in NARTHEX_LISTEN",
        )),
        ListenAddress::Tcp(address) => {
            let stream = connect(*address)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            exchange(stream, path)
        }
    }
}

/// A server that listens on every address is asked on the loopback addresses.
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let connect = |ip: IpAddr| TcpStream::connect_timeout(&(ip, address.port()).into(), TIMEOUT);
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => connect(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            connect(Ipv4Addr::LOCALHOST.into()).or_else(|_| connect(Ipv6Addr::LOCALHOST.into()))
        }
        ip => connect(ip),
    }
}

/// Sends the request and returns the status of the response (RFC 9112, section 4).
fn exchange(mut stream: impl Read + Write, path: &str) -> io::Result<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = Vec::new();
    stream.take(STATUS_LINE).read_to_end(&mut line)?;
    let line = String::from_utf8_lossy(&line);
    line.strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .ok_or_else(|| io::Error::other("the answer is not HTTP"))
}
