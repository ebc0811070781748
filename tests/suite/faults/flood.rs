//! More at once than can be served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ADA, ada_with_a_token};
use crate::support::binary::{Narthex, RunningServer, free_port};
use crate::support::client::{AnonymousClient, Browser};

/// What one password hash takes, in MiB.
const HASH: u64 = 19;

fn connect(serving: &RunningServer) -> TcpStream {
    let address = serving.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).expect("a server that listens")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_sign_ins_takes_the_memory_of_a_few_and_holds_nobody_else_up() {
    const SIGN_INS: usize = 200;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let before = serving.most_memory();

    let body = json!({"email": ADA, "password": "a wrong password", "device_name": "x"});
    let strangers: Vec<_> = (0..SIGN_INS)
        .map(|_| AnonymousClient::at(&serving.url))
        .collect();
    let flood = join_all(
        strangers
            .iter()
            .map(|anonymous| anonymous.post_json("/api/v1/sign-in", &body)),
    );
    let known = async {
        for _ in 0..20 {
            client.get("/api/v1/user").await.expect_status(200);
        }
    };
    let (answers, ()) = futures_util::future::join(flood, known).await;
    let mut turned_away = 0;
    for answer in answers {
        if answer.status == 401 {
            continue;
        }
        assert!([429, 503].contains(&answer.status), "{answer}");
        assert!(answer.header("retry-after").is_some(), "{answer}");
        turned_away += 1;
    }
    assert!(
        turned_away > 0,
        "a machine that hashes 200 passwords at once"
    );

    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    let most = before + cores * HASH + 64;
    let took = serving.most_memory();
    assert!(
        took <= most,
        "{took} MiB, where {most} are enough; {before} before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_in_a_flood_is_counted_and_no_error_in_the_log() {
    const SIGN_INS: usize = 60;
    let metrics = format!("127.0.0.1:{}", free_port());
    let narthex = Narthex::installed()
        .with("NARTHEX_LOG_FORMAT", "json")
        .with("NARTHEX_METRICS_LISTEN", &metrics);
    let serving = narthex.serve();
    let anonymous = AnonymousClient::at(&serving.url);
    let one = async |number: usize| {
        let email = format!("user{number}@example.com");
        let body = json!({"email": email, "password": "a wrong password", "device_name": "x"});
        anonymous.post_json("/api/v1/sign-in", &body).await
    };
    let answers = join_all((0..SIGN_INS).map(one)).await;
    let turned_away = answers.iter().filter(|answer| answer.status == 503).count();
    assert!(
        turned_away > 0,
        "a machine that hashes 60 passwords at once"
    );

    let metrics = AnonymousClient::at(&format!("http://{metrics}"));
    let counted = format!("narthex_refused_total{{reason=\"busy\"}} {turned_away}\n");
    metrics.get("/metrics").await.expect_text(&counted);
    let log = serving.stop().expect_code(0).stderr;
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON");
    let of_them: Vec<_> = lines
        .iter()
        .filter(|line| line["refused"] == "busy")
        .collect();
    assert_eq!(of_them.len(), turned_away);
    for line in lines {
        assert_eq!(line["level"], "INFO", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_take_no_more_descriptors_than_there_are() {
    const DESCRIPTORS: usize = 400;
    let line = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    let narthex = Narthex::installed()
        .started_by(&["sh", "-c", &line])
        // As many clients, of which each may have its share.
        .with("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1");
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;

    let silent: Vec<TcpStream> = (0..2 * DESCRIPTORS).map(|_| connect(&serving)).collect();
    // Who was connected before is served as if nothing were, from a database that has to open files.
    for answer in join_all((0..4).map(|_| client.get("/auth/verify"))).await {
        answer.expect_status(200);
    }
    sign_in_again(&serving).await;
    drop(silent);
    let outcome = serving.stop().expect_code(0);
    for trouble in ["Too many open files", "unable to open", "error accepting"] {
        assert!(!outcome.stderr.contains(trouble), "{}", outcome.stderr);
    }
}

/// Over a new connection, which has to wait until the silent ones are cut off.
async fn sign_in_again(serving: &RunningServer) {
    super::sign_in(&serving.url).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn client_that_holds_all_it_can_get_leaves_room_for_others() {
    const DESCRIPTORS: usize = 600;
    const CONNECTIONS: usize = 800;
    // Of the connections that these descriptors are enough for, a quarter.
    const SHARE: usize = (DESCRIPTORS - 128) / 2 / 4;
    let line = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    let narthex = Narthex::installed().started_by(&["sh", "-c", &line]);
    let serving = narthex.serve();

    // Each has an answer, and goes on with half of a head: no timer of actix-http ends it.
    let held: Vec<TcpStream> = (0..CONNECTIONS)
        .filter_map(|_| holds_a_connection(&serving))
        .collect();
    assert!((8..=SHARE).contains(&held.len()), "{}", held.len());
    let other = Browser::at(&serving.url).on_machine([127, 0, 0, 2].into());
    for _ in 0..SHARE {
        other.get("/login").await.expect_status(200);
    }
    drop(held);
    let outcome = serving.stop().expect_code(0);
    for trouble in ["Too many open files", "error accepting"] {
        assert!(!outcome.stderr.contains(trouble), "{}", outcome.stderr);
    }
}

/// A connection that was answered once and now has half of a head; none where the server ends it.
fn holds_a_connection(serving: &RunningServer) -> Option<TcpStream> {
    let mut stream = connect(serving);
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n";
    stream.write_all(request).ok()?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).ok()?;
    assert_eq!(&status, b"HTTP/1.1 200");
    Some(stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_end_the_connection_that_insists() {
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
    // Ends with an error where the server left something unread.
    drop(stream.read_to_string(&mut answers));
    assert_eq!(answers.matches("HTTP/1.1 429").count(), 1, "{answers}");
    assert!(
        answers.to_lowercase().contains("connection: close"),
        "{answers}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn long_heads_that_never_end_take_only_what_they_are_long() {
    const HEADS: usize = 400;
    const LONG: usize = 127 * 1024;
    let narthex = Narthex::installed();
    let serving = narthex.serve();
    let client = ada_with_a_token(&serving.url).await;
    let before = serving.most_memory();

    let begun = "GET /login HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
    let head = format!("{begun}{}", "x".repeat(LONG - begun.len()));
    let mut heads: Vec<TcpStream> = (0..HEADS).map(|_| connect(&serving)).collect();
    for stream in &mut heads {
        stream
            .write_all(head.as_bytes())
            .expect("a server that reads");
    }
    client.get("/api/v1/user").await.expect_status(200);
    for stream in &mut heads {
        let mut answer = Vec::new();
        // Cut off in the end, with an answer or without.
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    // A buffer that grows by doubling has twice what is in it.
    let most = before + (HEADS * 2 * 128).div_ceil(1024) as u64 + 48;
    let took = serving.most_memory();
    assert!(
        took <= most,
        "{took} MiB, where {most} are enough; {before} before"
    );
    client.get("/api/v1/user").await.expect_status(200);
}
