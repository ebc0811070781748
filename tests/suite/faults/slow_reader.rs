//! Clients that do not read their responses.

use std::io::Write as _;
use std::net::TcpStream;

use super::ada_with_a_token;
use crate::support::binary::Narthex;

/// Enough requests that unread responses fill every buffer on the way.
const REQUESTS: usize = 2_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn client_that_never_reads_is_disconnected() {
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let before = serving.most_memory();
    let address = serving.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let writer = tokio::task::spawn_blocking(move || {
        // When every buffer is full, the write blocks. It fails when the server closes the
        // connection.
        (0..REQUESTS).find_map(|_| {
            let request = b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n";
            stream.write_all(request).err()
        })
    });
    let error = writer.await.unwrap();
    assert!(
        error.is_some(),
        "the server accepted two million requests of a client that does not read"
    );
    client.get("/api/v1/user").await.expect_status(200);
    let peak = serving.most_memory();
    assert!(peak <= before + 48, "{peak} MiB, {before} MiB before");
    serving.stop().expect_code(0);
}
