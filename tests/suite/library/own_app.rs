//! The app around Narthex keeps its own routes, headers and errors.

use reqwest::Method;

use super::Shop;

/// The text `tea`, compressed.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x49\x4d\x04\x00\xb2\xd7\x86\x8e\x03\x00\x00\x00";

#[tokio::test]
async fn routes_of_the_app_stay_as_they_are() {
    let shop = Shop::open();
    let stranger = shop.anonymous();
    stranger
        .get("/")
        .await
        .expect_text("The front page of the shop");
    stranger
        .get("/after")
        .await
        .expect_text("Registered after Narthex");
    let unknown = stranger.get("/unknown").await.expect_status(404);
    unknown.expect_text("The shop has no such page.");
    let unknown = stranger.get("/account/unknown").await.expect_status(404);
    unknown.expect_text("The shop has no such page.");
}

#[tokio::test]
async fn headers_of_the_app_stay_as_they_are() {
    let shop = Shop::open();
    let answer = shop.anonymous().get("/").await;
    let answer = answer.expect_header("content-security-policy", "shop");
    for name in ["cache-control", "x-frame-options", "referrer-policy"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn pages_of_narthex_have_their_own_headers() {
    let shop = Shop::open();
    let page = shop.anonymous().get("/login").await.expect_status(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = page.expect_header("cache-control", "no-store");
    let style = page
        .text
        .split("href=\"")
        .find(|part| part.starts_with("/static/"));
    let style = style.and_then(|part| part.split('"').next()).unwrap();
    shop.anonymous().get(style).await.expect_status(200);
    shop.anonymous()
        .get("/api/v1/user")
        .await
        .expect_status(401);
    shop.anonymous()
        .get("/openapi.json")
        .await
        .expect_status(200);
}

#[tokio::test]
async fn abilities_of_the_app_are_offered_for_tokens() {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    ada.get("/account/tokens/new")
        .await
        .expect_text("Read your orders");
}

#[tokio::test]
async fn compressed_body_reaches_the_app_decompressed() {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:write"]).await;
    let request = token.request(Method::POST, "/api/orders").body(GZIP);
    let request = request.header("content-encoding", "gzip");
    token.send(request).await.expect_text("ada orders tea");
}

#[tokio::test]
async fn limit_for_raw_bodies_is_applied_to_them_alone() {
    let shop = Shop::open();
    let ada = shop.register("ada@example.com").await;
    let token = shop.token_of(&ada, &["orders:write"]).await;
    let request = token.request(Method::POST, "/own-limits");
    let request = request.header("content-type", "application/json");
    let answer = token.send(request.body("\"green tea\"")).await;
    answer.expect_text("ada orders green tea");
}
