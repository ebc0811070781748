//! Clients that do not read what they asked for.

use std::io::Write as _;
use std::net::TcpStream;

use super::ada_with_a_token;
use crate::support::binary::Narthex;

/// Enough for every buffer on the way to be full of answers that nobody reads.
const REQUESTS: usize = 2_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_on_and_on_and_never_reads_is_cut_off() {
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let before = serving.most_memory();
    let address = serving.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let asking = tokio::task::spawn_blocking(move || {
        // Once everything is full this waits, and ends when the server has had enough.
        (0..REQUESTS).find_map(|_| {
            let request = b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n";
            stream.write_all(request).err()
        })
    });
    let cut_off = asking.await.unwrap();
    assert!(cut_off.is_some(), "it took two million requests unread");
    client.get("/api/v1/user").await.expect_status(200);
    let took = serving.most_memory();
    assert!(took <= before + 48, "{took} MiB, {before} before");
    serving.stop().expect_code(0);
}
