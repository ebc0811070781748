//! Stopping a server that has many requests in progress.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::ada_with_a_token;
use crate::support::binary::Narthex;
use crate::support::client::ApiClient;
use crate::support::raw_http::status;

/// The number of half-sent requests when the server receives the signal.
const IN_PROGRESS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn server_finishes_requests_in_progress_at_sigterm() {
    expect_finished_requests_at("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_finishes_requests_in_progress_at_sighup() {
    expect_finished_requests_at("HUP").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_signals_lose_no_request() {
    let started_by_nohup = ["env", "--ignore-signal=HUP"];
    let narthex = Narthex::installed().started_by(&started_by_nohup);
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let body = super::token_body("one").to_string();
    let mut stream = start_request(&serving.url, client.secret(), &body);
    for signal in ["USR1", "USR2", "HUP"] {
        serving.signal(signal);
        client.get("/api/v1/user").await.expect_status(200);
    }
    stream.write_all(&body.as_bytes()[1..]).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
    serving.stop().expect_code(0);
}

/// Sends the head of a request that creates a token, and the first byte of its body.
fn start_request(url: &str, secret: &str, body: &str) -> TcpStream {
    let head = format!(
        "POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // The server confirms that it has read the head.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body.as_bytes()[..1]).unwrap();
    stream
}

async fn expect_finished_requests_at(signal: &str) {
    let defaults = ["env", "--default-signal"];
    let narthex = Narthex::installed()
        .started_by(&defaults)
        .with("NARTHEX_LAST_USED_EVERY", "1h");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    client.get("/api/v1/user").await.expect_status(200);
    let address = serving.url.strip_prefix("http://").unwrap().to_owned();

    let body = super::token_body("in the last moment").to_string();
    let mut open_requests: Vec<TcpStream> = (0..IN_PROGRESS)
        .map(|_| start_request(&serving.url, client.secret(), &body))
        .collect();
    serving.signal(signal);
    // From now on the server accepts no new connection.
    while TcpStream::connect(&address).is_ok() {
        tokio::task::yield_now().await;
    }
    for stream in &mut open_requests {
        stream.write_all(&body.as_bytes()[1..]).unwrap();
    }
    for mut stream in open_requests {
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
    assert_eq!(tokens.len(), IN_PROGRESS + 1);
    // Only this client used its token.
    let used = tokens
        .iter()
        .filter(|token| !token["last_used_at"].is_null());
    assert_eq!(
        used.count(),
        1,
        "the time of last use is stored: {tokens:?}"
    );
}
