//! Limits of time and size for one request.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::app::TestApp;
use crate::support::raw_http::{exchange, status};

fn connect(origin: &str) -> TcpStream {
    TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap()
}

/// Sends the beginning of a request, keeps the connection open and returns the response.
fn stall_after(origin: &str, beginning: &str) -> String {
    let mut stream = connect(origin);
    stream.write_all(beginning.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Returns when the server closes the connection. If it never does, the test times out.
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_request_head_times_out_with_408() {
    let app = TestApp::start_at_root(&[]);
    let answer = stall_after(&app.origin, "GET /login HTTP/1.1\r\nHost: localhost\r\n");
    assert_eq!(status(&answer), 408);
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_request_body_times_out_with_a_problem() {
    let app = TestApp::start_at_root(&[]);
    let head = "POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let answer = stall_after(&app.origin, head);
    assert_eq!(status(&answer), 408);
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("/too-slow"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_request_head_is_rejected() {
    let app = TestApp::start_at_root(&[]);
    let many: String = (0..97).map(|n| format!("X-{n}: 1\r\n")).collect();
    let head = |headers: &str| format!("GET /login HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    let answer = exchange(&app.origin, head(&many).as_bytes());
    assert_eq!(status(&answer), 431);

    // The server closes the connection before it has read everything, so the response may be lost.
    let long = head(&format!("X-Long: {}\r\n", "x".repeat(1024 * 1024)));
    let mut stream = connect(&app.origin);
    let sent = stream.write_all(long.as_bytes());
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        sent.is_err() || read.is_err() || !answer.contains(" 200 "),
        "{answer}"
    );
    app.anonymous().get("/login").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_body_is_rejected_by_pages_and_api() {
    let app = TestApp::start();
    let long = "x".repeat(65 * 1024);
    let form = [("email", "ada@example.com"), ("password", &*long)];
    app.anonymous()
        .post("/login", &form)
        .await
        .expect_status(413);
    let body =
        serde_json::json!({"email": "ada@example.com", "password": long, "device_name": "x"});
    let answer = app.anonymous().post_json("/api/v1/sign-in", &body).await;
    answer.expect_problem(413, "too-large");
}
