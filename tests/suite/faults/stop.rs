//! A server that is told to stop while it has much to do.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::ada_with_a_token;
use crate::raw::status;
use crate::support::binary::Narthex;
use crate::support::client::ApiClient;

/// How many requests are half sent when it is told.
const UNDER_WAY: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_stop_finishes_what_was_begun() {
    let narthex = Narthex::installed().with("NARTHEX_LAST_USED_EVERY", "1h");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    client.get("/api/v1/user").await.expect_status(200);
    let address = serving.url.strip_prefix("http://").unwrap().to_owned();

    let body = super::a_token("in the last moment").to_string();
    let head = format!(
        "POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        client.secret(),
        body.len()
    );
    let (first, rest) = body.as_bytes().split_at(1);
    let mut begun: Vec<TcpStream> = (0..UNDER_WAY)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            // The server says that it has the head and waits for more.
            let mut go_on = [0; 25];
            stream.read_exact(&mut go_on).unwrap();
            assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
            stream.write_all(first).unwrap();
            stream
        })
        .collect();
    serving.ask_to_stop();
    // It takes nobody new from now on.
    while TcpStream::connect(&address).is_ok() {
        tokio::task::yield_now().await;
    }
    for stream in &mut begun {
        stream.write_all(rest).unwrap();
    }
    for mut stream in begun {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(status(&answer), 201, "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let made: Value = serde_json::from_str(body).expect("a whole answer");
        assert!(made["secret"].is_string(), "{made}");
    }
    serving.outcome().expect_code(0);

    let serving = narthex.serve();
    let client = ApiClient::at(&serving.url, client.secret());
    let tokens = client.get("/api/v1/tokens?limit=100").await.json();
    let tokens = tokens["data"].as_array().unwrap();
    assert_eq!(tokens.len(), UNDER_WAY + 1);
    // Only this program used its token; the others were never used.
    let used = tokens
        .iter()
        .filter(|token| !token["last_used_at"].is_null());
    assert_eq!(used.count(), 1, "when it was used is known: {tokens:?}");
}
