//! A body that arrives after the revocation of its credential is not processed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::Method;

use super::Shop;
use crate::support::raw_http::status;

const TEXT: &str = "text/plain";
const MULTIPART: &str = "multipart/form-data; boundary=edge";

/// A multipart body with one file.
fn multipart(file: &str) -> String {
    format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{file}\r\n\
         --edge--\r\n"
    )
}

/// Sends the head of a request.
fn begin(shop: &Shop, path: &str, secret: &str, media_type: &str, length: usize) -> TcpStream {
    let address = shop.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\
         Connection: close\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn status_of(mut stream: TcpStream) -> u16 {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    status(&String::from_utf8_lossy(&answer))
}

/// Sends the first byte of a body, revokes the credential, and sends the rest. `missing` bytes of the
/// announced length are never sent.
async fn status_after_revocation(path: &str, media_type: &str, body: &str, missing: usize) -> u16 {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:write"]).await;
    let length = body.len() + missing;
    let mut slow = begin(&shop, path, token.secret(), media_type, length);
    let (first, rest) = body.as_bytes().split_at(1);
    slow.write_all(first).unwrap();
    // Both workers have read the head once each has answered later requests.
    for _ in 0..20 {
        shop.anonymous().get("/healthz").await.expect_status(200);
    }
    ada.call(Method::DELETE, "/api/v1/tokens?all=true", None)
        .await
        .expect_status(200);
    slow.write_all(rest).unwrap();
    status_of(slow)
}

#[tokio::test]
async fn small_body_after_revocation_is_refused() {
    let status = status_after_revocation("/api/orders", TEXT, "tea", 0).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn large_body_after_revocation_is_not_processed() {
    let body = "t".repeat(100_000);
    let status = status_after_revocation("/api/orders", TEXT, &body, 0).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn early_check_by_the_app_does_not_replace_the_later_one() {
    let status = status_after_revocation("/logged/orders", TEXT, "tea", 0).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn multipart_body_after_revocation_is_not_processed() {
    for (file, expected) in [("tea".to_owned(), 401), ("t".repeat(100_000), 400)] {
        let status = status_after_revocation("/upload", MULTIPART, &multipart(&file), 0).await;
        assert_eq!(status, expected);
    }
}

/// The extractor stops at the last boundary, so it does not wait for the end of the body.
#[tokio::test]
async fn multipart_body_without_an_end_is_checked_in_each_part() {
    let body = multipart(&"t".repeat(100_000));
    let status = status_after_revocation("/upload", MULTIPART, &body, 1).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn multipart_body_of_an_accepted_caller_is_received() {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:write"]).await;
    for length in [3, 200_000] {
        let upload = token.request(Method::POST, "/upload");
        let upload = upload.header("content-type", MULTIPART);
        let upload = upload.body(multipart(&"t".repeat(length)));
        let answer = token.send(upload).await.expect_status(200);
        answer.expect_text(&format!("ada sent {length} bytes"));
    }
}

#[tokio::test]
async fn large_upload_is_refused_before_its_body() {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:read"]).await;
    for (secret, expected) in [(token.secret(), 403), ("nrx_wrong", 401)] {
        // The body is announced and never sent.
        let head = begin(&shop, "/upload", secret, MULTIPART, 1_000_000);
        assert_eq!(status_of(head), expected);
    }
}
