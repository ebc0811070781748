//! The app around Narthex keeps its own routes, headers and errors.

use super::Shop;

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
