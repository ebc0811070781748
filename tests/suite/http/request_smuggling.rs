//! Request smuggling: a request that a proxy could delimit in another way is refused, so that no
//! client can hide a request inside another one.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::app::TestApp;
use crate::support::raw_http::{exchange, status};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
/// A request inside a body. A server that takes it for a separate request sends a second status
/// line.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn login(headers: &str, body: &str) -> Vec<u8> {
    format!("POST /login HTTP/1.1\r\nHost: localhost\r\n{FORM}{headers}\r\n{body}").into_bytes()
}

fn count_responses(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn body_with_an_ambiguous_length_is_refused() {
    let app = TestApp::start_at_root(&[]);
    let length = HIDDEN.len();
    for headers in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n"),
        format!("Content-Length: 0, {length}\r\n"),
        format!("Content-Length: +{length}\r\n"),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: 0x10\r\n".to_owned(),
        "Content-Length: 18446744073709551616\r\n".to_owned(),
        "Content-Length:\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "Transfer-Encoding: gzip, chunked\r\n".to_owned(),
    ] {
        let body = format!("0\r\n\r\n{HIDDEN}");
        let answer = exchange(&app.origin, &login(&headers, &body));
        assert_eq!(status(&answer), 400, "{headers}: {answer}");
        assert_eq!(count_responses(&answer), 1, "{headers}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_chunk_ends_the_connection() {
    let app = TestApp::start_at_root(&[]);
    for chunks in [
        "x\r\n\r\n",
        "-1\r\n\r\n",
        "ffffffffffffffffff\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n",
        "0x1\r\na\r\n0\r\n\r\n",
    ] {
        let body = format!("{chunks}{HIDDEN}");
        let answer = exchange(&app.origin, &login("Transfer-Encoding: chunked\r\n", &body));
        assert_eq!(status(&answer), 400, "{chunks:?}: {answer}");
        assert_eq!(count_responses(&answer), 1, "{chunks:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_head_is_refused() {
    let app = TestApp::start_at_root(&[]);
    for head in [
        "GET /login HTTP/1.1\r\nHost: localhost\r\nX-Folded: a\r\n b\r\n\r\n",
        "GET /login HTTP/1.1\r\nHost: localhost\r\nX-Name : a\r\n\r\n",
        "GET /login HTTP/1.1\r\nHost: localhost\r\nX-Nul: a\0b\r\n\r\n",
        "GET /login HTTP/1.1\r\nHost: localhost\r\nX-Return: a\rb\r\n\r\n",
        "GET /login HTTP/1.1\r\nHost: localhost\r\n: nameless\r\n\r\n",
        "GET /login HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
        "GET  /login HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /lo gin HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /login\r\n\r\n",
        "GET /login HTTP/3.0\r\nHost: localhost\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = exchange(&app.origin, head.as_bytes());
        assert_eq!(status(&answer), 400, "{head:?}: {answer}");
    }
}

/// If a body was not read, the rest of it must not be taken for a request.
#[tokio::test(flavor = "multi_thread")]
async fn unread_body_is_not_taken_for_a_request() {
    let app = TestApp::start_at_root(&[]);
    let length = HIDDEN.len();
    for (head, refused) in [
        ("POST /no-such-page", 404),
        ("PUT /login", 405),
        ("GET /login", 200),
        ("POST /account/profile", 303),
        ("DELETE /api/v1/tokens/current", 401),
    ] {
        let request = format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\n{FORM}Content-Length: {length}\r\n\r\n{HIDDEN}"
        );
        let answer = exchange(&app.origin, request.as_bytes());
        assert_eq!(status(&answer), refused, "{head}: {answer}");
        assert_eq!(count_responses(&answer), 1, "{head}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_order() {
    let app = TestApp::start_at_root(&[]);
    let mut stream = TcpStream::connect(app.origin.trim_start_matches("http://")).unwrap();
    let body = "email=ada%40example.com&password=x";
    let first = format!("Content-Length: {}\r\n", body.len());
    stream.write_all(&login(&first, body)).unwrap();
    let last = "GET /no-such-page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(last.as_bytes()).unwrap();
    let mut both = String::new();
    stream.read_to_string(&mut both).unwrap();
    assert_eq!(count_responses(&both), 2, "{both}");
    assert_eq!(status(&both), 422, "{both}");
    let second = &both[both.rfind("HTTP/1.1 ").unwrap()..];
    assert_eq!(status(second), 404, "{both}");
}
