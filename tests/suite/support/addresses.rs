//! Addresses and ports that only one test uses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};

/// Returns a new loopback address, so that each caller can use any port. It contains the process
/// ID, so that two runs can be active at once.
pub fn unique_loopback_address() -> IpAddr {
    static LAST: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    Ipv4Addr::new(127, high, low, number).into()
}

/// Returns an address that no other test gets, with a port that no client and hardly a server uses.
pub fn unused_address() -> SocketAddr {
    SocketAddr::new(unique_loopback_address(), 21_017)
}

/// Returns a port of 127.0.0.1 on which no process listens now. Another process can take it at any
/// time, so [`unused_address`] is better where the address may be another one.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
