//! Requests byte by byte, where an HTTP client would not send them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

/// Sends the bytes as they are and gives all that comes back until the server closes.
pub fn exchange(origin: &str, request: &[u8]) -> String {
    let address = origin.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.write_all(request).expect("a server that reads");
    stream.shutdown(Shutdown::Write).expect("half a connection");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an answer.
#[track_caller]
pub fn status(answer: &str) -> u16 {
    let status = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3));
    status
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("not an answer: {answer}"))
}
