//! The caller of a route of the app.

use reqwest::Method;

use super::Shop;

const ADA: &str = "ada@example.com";

/// The routes that identify a caller, each by another public item.
const IDENTIFYING: [&str; 4] = ["/browser", "/by-hand", "/welcome", "/reports"];

#[tokio::test]
async fn session_of_the_pages_identifies_the_user() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    ada.get("/orders").await.expect_text("ada's orders");
    ada.get("/welcome").await.expect_text("Welcome, ada");
    ada.get("/by-hand").await.expect_text(ADA);
    ada.get("/reports").await.expect_text("A report");
    ada.get("/browser").await.expect_text("a browser");
}

#[tokio::test]
async fn token_identifies_the_user_with_its_abilities() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = shop.token_of(&ada, &["orders:read"]).await;
    token.get("/orders").await.expect_text("ada's orders");
    token.get("/api/orders").await.expect_status(200);
    token.get("/reports").await.expect_text("A report");
    token.get("/either").await.expect_text("either");
    token.get("/program").await.expect_text("a program");
    let place = token.request(Method::POST, "/api/orders").body("tea");
    token.send(place).await.expect_status(403);
    token.get("/both").await.expect_status(403);
}

#[tokio::test]
async fn body_reaches_the_handler_after_the_check() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    for item in ["tea".to_owned(), "x".repeat(200_000)] {
        let place = ada.request(Method::POST, "/orders").body(item.clone());
        let answer = ada.send(place).await.expect_status(200);
        assert_eq!(answer.text, format!("ada orders {item}"));
    }
}

#[tokio::test]
async fn revoked_credential_is_refused_at_once() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = shop.token_of(&ada, &["orders:read"]).await;
    token.get("/api/orders").await.expect_status(200);
    ada.call(
        Method::POST,
        "/api/v1/sign-out",
        Some(&serde_json::json!({})),
    )
    .await
    .expect_status(200);
    token.get("/api/orders").await.expect_status(401);
    let cookie_only = ada.request(Method::GET, "/browser");
    ada.send(cookie_only).await.expect_status(401);
}

#[tokio::test]
async fn cross_site_change_with_the_cookie_is_refused() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let ada = ada.with_fetch_site(Some("cross-site"));
    for path in IDENTIFYING {
        let evil = ada.request(Method::POST, path);
        let evil = evil.header("origin", "https://evil.example");
        ada.send(evil).await.expect_status(403);
    }
    let place = ada.request(Method::POST, "/orders").body("tea");
    ada.send(place).await.expect_status(403);
    ada.get("/orders").await.expect_text("ada's orders");
}

#[tokio::test]
async fn cross_site_web_socket_with_the_cookie_is_refused() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await.with_fetch_site(None);
    for (origin, status) in [("https://evil.example", 403), (shop.origin.as_str(), 200)] {
        let upgrade = ada.request(Method::GET, "/by-hand");
        let upgrade = upgrade
            .header("upgrade", "websocket")
            .header("origin", origin);
        ada.send(upgrade).await.expect_status(status);
    }
}

#[tokio::test]
async fn cross_site_request_with_a_token_is_accepted() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = shop.token_of(&ada, &["orders:write"]).await;
    let place = token.request(Method::POST, "/api/orders").body("tea");
    let place = place.header("origin", "https://evil.example");
    token.send(place).await.expect_text("ada orders tea");
}

#[tokio::test]
async fn request_for_another_host_is_refused() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = shop.token_of(&ada, &["orders:read"]).await;
    for path in IDENTIFYING {
        let rebound = ada
            .request(Method::GET, path)
            .header("host", "evil.example");
        ada.send(rebound).await.expect_status(421);
        let rebound = token
            .request(Method::GET, path)
            .header("host", "evil.example");
        token.send(rebound).await.expect_status(421);
    }
}

#[tokio::test]
async fn invalid_token_with_a_session_is_refused() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    for path in IDENTIFYING {
        let request = ada.request(Method::GET, path).bearer_auth("nrx_wrong");
        let answer = ada.send(request).await.expect_status(401);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
}

#[tokio::test]
async fn authorization_of_another_scheme_belongs_to_the_app() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let request = ada
        .request(Method::GET, "/orders")
        .basic_auth("staging", Some("x"));
    ada.send(request).await.expect_text("ada's orders");
}

#[tokio::test]
async fn page_for_everybody_accepts_a_stranger() {
    let shop = Shop::open();
    let stranger = shop.anonymous();
    stranger
        .get("/welcome")
        .await
        .expect_text("Welcome, stranger");
    stranger.get("/by-hand").await.expect_text("nobody");
}
