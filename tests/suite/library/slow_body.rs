//! A body that arrives after the revocation of its credential is not processed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::Method;

use super::Shop;
use crate::support::raw_http::status;

/// Sends the head of a request and a part of its body.
fn begin(shop: &Shop, path: &str, secret: &str, length: usize) -> TcpStream {
    let address = shop.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\nt"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

async fn status_after_revocation(path: &str, length: usize) -> u16 {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:write"]).await;
    let mut slow = begin(&shop, path, token.secret(), length);
    // Both workers have read the head once each has answered later requests.
    for _ in 0..20 {
        shop.anonymous().get("/healthz").await.expect_status(200);
    }
    ada.call(Method::DELETE, "/api/v1/tokens?all=true", None)
        .await
        .expect_status(200);
    slow.write_all("e".repeat(length - 1).as_bytes()).unwrap();
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    status(&String::from_utf8_lossy(&answer))
}

#[tokio::test]
async fn small_body_after_revocation_is_refused() {
    assert_eq!(status_after_revocation("/api/orders", 3).await, 401);
}

#[tokio::test]
async fn large_body_after_revocation_is_not_processed() {
    assert_eq!(status_after_revocation("/api/orders", 100_000).await, 400);
}

#[tokio::test]
async fn early_check_by_the_app_does_not_replace_the_later_one() {
    assert_eq!(status_after_revocation("/logged/orders", 3).await, 401);
}
