//! More concurrent requests than the server can process.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ADA, ada_with_a_token};
use crate::support::addresses::unused_address;
use crate::support::binary::{Narthex, RunningServer};
use crate::support::client::{AnonymousClient, Browser};

/// The memory of one password hash, in MiB.
const HASH_MIB: u64 = 19;

fn connect(serving: &RunningServer) -> TcpStream {
    let address = serving.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).expect("a server that listens")
}

#[tokio::test(flavor = "multi_thread")]
async fn flood_of_sign_ins_bounds_memory_and_delays_no_other_call() {
    const SIGN_INS: usize = 200;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let before = serving.most_memory();

    let body = json!({"email": ADA, "password": "a wrong password", "device_name": "x"});
    let clients: Vec<_> = (0..SIGN_INS)
        .map(|_| AnonymousClient::at(&serving.url))
        .collect();
    let flood = join_all(
        clients
            .iter()
            .map(|anonymous| anonymous.post_json("/api/v1/sign-in", &body)),
    );
    let authenticated = async {
        for _ in 0..20 {
            client.get("/api/v1/user").await.expect_status(200);
        }
    };
    let (answers, ()) = futures_util::future::join(flood, authenticated).await;
    let mut rejected = 0;
    for answer in answers {
        if answer.status == 401 {
            continue;
        }
        assert!([429, 503].contains(&answer.status), "{answer}");
        assert!(answer.header("retry-after").is_some(), "{answer}");
        rejected += 1;
    }
    assert!(rejected > 0, "no sign-in was rejected");

    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    let limit = before + cores * HASH_MIB + 64;
    let peak = serving.most_memory();
    assert!(
        peak <= limit,
        "{peak} MiB exceed {limit} MiB; {before} MiB before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn overload_rejections_are_counted_and_logged_as_info() {
    const SIGN_INS: usize = 60;
    let metrics = unused_address().to_string();
    let narthex = Narthex::installed()
        .with("NARTHEX_LOG_FORMAT", "json")
        .with("NARTHEX_METRICS_LISTEN", &metrics);
    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    let sign_in_as = async |number: usize| {
        let email = format!("user{number}@example.com");
        let body = json!({"email": email, "password": "a wrong password", "device_name": "x"});
        anonymous.post_json("/api/v1/sign-in", &body).await
    };
    let answers = join_all((0..SIGN_INS).map(sign_in_as)).await;
    let rejected = answers.iter().filter(|answer| answer.status == 503).count();
    assert!(rejected > 0, "no sign-in was rejected");

    let metrics = AnonymousClient::at(&format!("http://{metrics}"));
    let counted = format!("narthex_rejections_total{{reason=\"busy\"}} {rejected}\n");
    metrics.get("/metrics").await.expect_text(&counted);
    let log = serving.stop().expect_code(0).stderr;
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON");
    let busy_lines: Vec<_> = lines
        .iter()
        .filter(|line| line["refused"] == "busy")
        .collect();
    assert_eq!(busy_lines.len(), rejected);
    for line in lines {
        assert_eq!(line["level"], "INFO", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_do_not_exhaust_descriptors() {
    const DESCRIPTORS: usize = 400;
    let line = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    let narthex = Narthex::installed()
        .started_by(&["sh", "-c", &line])
        // Without a limit per client, like connections of as many clients.
        .with("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;

    let silent: Vec<TcpStream> = (0..2 * DESCRIPTORS).map(|_| connect(&serving)).collect();
    // An established connection is served as usual, from a database that must open files.
    for answer in join_all((0..4).map(|_| client.get("/auth/verify"))).await {
        answer.expect_status(200);
    }
    sign_in_again(&serving).await;
    drop(silent);
    let outcome = serving.stop().expect_code(0);
    for error in ["Too many open files", "unable to open", "error accepting"] {
        assert!(!outcome.stderr.contains(error), "{}", outcome.stderr);
    }
}

/// Signs in over a new connection, which must wait until the silent ones are closed.
async fn sign_in_again(serving: &RunningServer) {
    super::sign_in(&serving.url).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn client_with_many_connections_leaves_room_for_others() {
    const DESCRIPTORS: usize = 600;
    const CONNECTIONS: usize = 800;
    // A quarter of the connections for which these descriptors suffice.
    const SHARE: usize = (DESCRIPTORS - 128) / 2 / 4;
    let line = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    let narthex = Narthex::installed().started_by(&["sh", "-c", &line]);
    let serving = narthex.serve();

    // Each connection gets a response and then sends half of a head, which no timer of actix-http
    // ends.
    let open: Vec<TcpStream> = (0..CONNECTIONS)
        .filter_map(|_| hold_connection(&serving))
        .collect();
    assert!((8..=SHARE).contains(&open.len()), "{}", open.len());
    let other = Browser::at(&serving.url).on_machine([127, 0, 0, 2].into());
    for _ in 0..SHARE {
        other.get("/login").await.expect_status(200);
    }
    drop(open);
    let outcome = serving.stop().expect_code(0);
    for error in ["Too many open files", "error accepting"] {
        assert!(!outcome.stderr.contains(error), "{}", outcome.stderr);
    }
}

/// A connection that got one response and has sent half of the next head. `None` if the server
/// closes it.
fn hold_connection(serving: &RunningServer) -> Option<TcpStream> {
    let mut stream = connect(serving);
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n";
    stream.write_all(request).ok()?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).ok()?;
    assert_eq!(&status, b"HTTP/1.1 200");
    Some(stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limit_rejection_closes_the_connection() {
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let body = json!({"email": ADA, "password": "a wrong password", "device_name": "x"});
    let anonymous = AnonymousClient::at(&serving.url);
    for _ in 0..6 {
        let answer = anonymous.post_json("/api/v1/sign-in", &body).await;
        answer.expect_status(401);
    }
    let body = body.to_string();
    let request = format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = connect(&serving);
    stream.write_all(request.repeat(3).as_bytes()).unwrap();
    let mut answers = String::new();
    // Ends with an error if the server closes the connection with unread bytes.
    drop(stream.read_to_string(&mut answers));
    assert_eq!(answers.matches("HTTP/1.1 429").count(), 1, "{answers}");
    assert!(
        answers.to_lowercase().contains("connection: close"),
        "{answers}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_long_heads_use_only_their_own_memory() {
    const HEADS: usize = 400;
    const LONG: usize = 127 * 1024;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let before = serving.most_memory();

    let start = "GET /login HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
    let head = format!("{start}{}", "x".repeat(LONG - start.len()));
    let mut heads: Vec<TcpStream> = (0..HEADS).map(|_| connect(&serving)).collect();
    for stream in &mut heads {
        stream
            .write_all(head.as_bytes())
            .expect("a server that reads");
    }
    client.get("/api/v1/user").await.expect_status(200);
    for stream in &mut heads {
        let mut answer = Vec::new();
        // The server closes the connection in the end, with a response or without.
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    // A buffer that grows by doubling has up to twice the size of its content.
    let limit = before + (HEADS * 2 * 128).div_ceil(1024) as u64 + 48;
    let peak = serving.most_memory();
    assert!(
        peak <= limit,
        "{peak} MiB exceed {limit} MiB; {before} MiB before"
    );
    client.get("/api/v1/user").await.expect_status(200);
}
