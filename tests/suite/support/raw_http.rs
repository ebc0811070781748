//! Requests byte by byte, for requests that an HTTP client would not send.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

/// Sends the bytes unchanged and returns everything that the server sends until it closes.
pub fn exchange(origin: &str, request: &[u8]) -> String {
    let address = origin.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.write_all(request).expect("a server that reads");
    stream.shutdown(Shutdown::Write).expect("half a connection");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of a response.
#[track_caller]
pub fn status(answer: &str) -> u16 {
    let status = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3));
    status
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("not a response: {answer}"))
}
