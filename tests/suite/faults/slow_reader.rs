//! Clients that do not read their responses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};

use socket2::{Domain, Socket, Type};

use super::ada_with_a_token;
use crate::support::binary::{Narthex, PROCESS_TIMEOUT, RunningServer};
use crate::support::raw_http::exchange;

/// Enough requests that unread responses fill every buffer on the way.
const REQUESTS: usize = 2_000_000;
/// The log message about a client that sends far ahead of the responses.
const PIPELINED: &str = "connection closed: too many pipelined requests";

/// Connects as over a network: small segments, which keep the server's send buffer small, and the
/// smallest receive buffer.
fn connect(serving: &RunningServer) -> TcpStream {
    let address = serving.url.strip_prefix("http://").unwrap();
    let mut addresses = address.to_socket_addrs().unwrap();
    let address = addresses.find(SocketAddr::is_ipv4).unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_tcp_mss(536).unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    // Only a server that never goes on reaches it.
    socket.set_read_timeout(Some(PROCESS_TIMEOUT)).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.into()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Without the limit, actix-http would wait for the client in a busy loop, until the write timeout.
#[tokio::test(flavor = "multi_thread")]
async fn client_that_never_reads_is_disconnected() {
    // A page, an answer without a body, a small one, and one that is larger than the default write
    // buffer of actix-http.
    for path in ["/login", "/account", "/healthz", "/openapi.json"] {
        let narthex = Narthex::installed();
        let serving = narthex.serve();
        let client = ada_with_a_token(&serving.url).await;
        let before = serving.most_memory();
        let mut stream = connect(&serving);
        let writer = tokio::task::spawn_blocking(move || {
            let request = request(path);
            // When every buffer is full, the write blocks. It fails when the server closes the
            // connection.
            (0..REQUESTS).find_map(|_| stream.write_all(request.as_bytes()).err())
        });
        let error = writer.await.unwrap();
        assert!(
            error.is_some(),
            "{path}: the server accepted two million requests of a client that does not read"
        );
        assert!(serving.logs(PIPELINED), "{path}");
        client.get("/api/v1/user").await.expect_status(200);
        let peak = serving.most_memory();
        assert!(
            peak <= before + 48,
            "{path}: {peak} MiB, {before} MiB before"
        );
        serving.stop().expect_code(0);
    }
}

#[test]
fn client_that_reads_late_gets_every_pipelined_response() {
    // More than the buffers of both sockets hold, in requests of less than 128 KiB.
    const RESPONSES: usize = 200;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let path = "/openapi.json";
    // The first request allocates memory that stays.
    exchange(&serving.url, request(path).as_bytes());
    let before = serving.most_memory();
    let mut stream = connect(&serving);
    let pipelined = request(path).repeat(RESPONSES);
    stream.write_all(pipelined.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    for number in 0..RESPONSES {
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            assert_ne!(line, "", "the connection ended before response {number}");
            if let Some(text) = line.to_lowercase().strip_prefix("content-length: ") {
                length = text.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        assert!(body.ends_with(b"}"), "response {number}");
        assert!(length > 100_000, "response {number} has {length} bytes");
    }
    let peak = serving.most_memory();
    assert!(peak <= before + 8, "{peak} MiB, {before} MiB before");
    serving.stop().expect_code(0);
}
