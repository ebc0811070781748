//! The response to a caller that a route of the app refuses.

use std::time::Duration;

use actix_web::{App, http::StatusCode, test};
use narthex::testing;
use reqwest::{Method, RequestBuilder};

use super::{Shop, routes};
use crate::support::authenticator::Authenticator;
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";

fn page(browser: &Browser, method: Method, path: &str) -> RequestBuilder {
    browser
        .request(method, path)
        .header("accept", "text/html,*/*;q=0.8")
}

#[tokio::test]
async fn browser_is_redirected_to_sign_in_and_back() {
    let shop = Shop::open();
    shop.register(ADA).await;
    let browser = shop.browser();
    let answer = browser
        .send(page(&browser, Method::GET, "/orders?page=2"))
        .await;
    let answer = answer.expect_redirect("/login?next=%2Forders%3Fpage%3D2");
    let form = browser.follow(&answer).await.expect_status(200);
    assert_eq!(form.field("next"), "/orders?page=2");
    let sign_in = [
        ("email", ADA),
        ("password", crate::support::app::PASSWORD),
        ("next", "/orders?page=2"),
    ];
    let answer = browser.post("/login", &sign_in).await;
    answer.expect_redirect("/orders?page=2");
    browser
        .get("/orders?page=2")
        .await
        .expect_text("ada's orders");
}

#[tokio::test]
async fn refused_form_leads_back_to_its_page() {
    let shop = Shop::open();
    let browser = shop.browser();
    let form = page(&browser, Method::POST, "/orders").body("tea");
    let answer = browser
        .send(form.header("referer", format!("{}/orders?page=2", shop.origin)))
        .await;
    answer.expect_redirect("/login?next=%2Forders%3Fpage%3D2");
    let form = page(&browser, Method::POST, "/orders").body("tea");
    let answer = browser
        .send(form.header("referer", "https://evil.example/x"))
        .await;
    answer.expect_redirect("/login");
}

#[tokio::test]
async fn program_gets_a_challenge() {
    let shop = Shop::open();
    for path in ["/orders", "/api/orders", "/reports", "/browser"] {
        let answer = shop.anonymous().get(path).await.expect_status(401);
        let answer = answer.expect_header("www-authenticate", "Bearer realm=\"narthex\"");
        assert_eq!(answer.problem().kind, "/problems/not-signed-in");
    }
}

#[tokio::test]
async fn missing_ability_is_named() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = shop.token_of(&ada, &[]).await;
    for (path, scope) in [
        ("/api/orders", "orders:read"),
        ("/reports", "orders:read"),
        ("/both", "orders:read orders:write"),
        ("/either", "orders:read orders:write"),
    ] {
        let answer = token.get(path).await.expect_status(403);
        let challenge = answer.header("www-authenticate").unwrap();
        let scope = format!("scope=\"{scope}\"");
        assert!(challenge.contains(&scope), "{path}: {challenge}");
        assert_eq!(answer.problem().kind, "/problems/missing-ability");
    }
}

#[tokio::test]
async fn credential_of_the_other_class_is_refused() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = shop.token_of(&ada, &["orders:read"]).await;
    token.get("/browser").await.expect_status(403);
    ada.get("/program").await.expect_status(401);
}

#[actix_web::test]
async fn unconfirmed_session_is_redirected_to_confirm() {
    let narthex = testing::narthex::<()>();
    let session = narthex.user(ADA).await.session().await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    let ask = |accept| {
        let ask = test::TestRequest::get().uri("/confirmed?order=1");
        ask.cookie(session.clone())
            .insert_header(("accept", accept))
            .to_request()
    };
    narthex.advance(Duration::from_secs(3600));
    let answer = test::call_service(&app, ask("text/html")).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers().get("location").unwrap();
    assert_eq!(location, "/account/confirm?next=%2Fconfirmed%3Forder%3D1");
    let answer = test::call_service(&app, ask("*/*")).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn browser_gets_a_page_for_a_cross_site_request() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await.with_fetch_site(Some("cross-site"));
    let answer = ada.send(page(&ada, Method::POST, "/browser")).await;
    answer
        .expect_status(403)
        .expect_header("content-type", "text/html; charset=utf-8")
        .expect_header("cache-control", "no-store")
        .expect_text("<!doctype html>");
}

#[tokio::test]
async fn handler_can_answer_a_refusal_itself() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    ada.get("/own-answer").await.expect_text(ADA);
    let stranger = shop.anonymous().get("/own-answer").await;
    stranger.expect_status(200).expect_text("NotSignedIn");
}

#[tokio::test]
async fn caller_after_the_body_is_an_error_of_the_app() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let place = ada.request(Method::POST, "/body-first").body("tea");
    ada.send(place).await.expect_status(500);
}

#[tokio::test]
async fn caller_without_a_required_factor_is_refused() {
    let shop = Shop::open_with(|builder| builder.setting("require_second_factor", "all"));
    let ada = shop.register(ADA).await;
    let answer = ada.send(page(&ada, Method::GET, "/orders?page=2")).await;
    answer.expect_redirect("/account/security/totp?next=%2Forders%3Fpage%3D2");
    for path in ["/orders", "/api/orders", "/reports", "/browser"] {
        let refused = ada.get(path).await.expect_status(401);
        let kind = refused.problem().kind;
        assert_eq!(kind, "/problems/insufficient-user-authentication");
    }
    ada.get("/own-answer")
        .await
        .expect_text("SecondFactorMissing");
    // A page for everybody does not know the caller.
    ada.get("/welcome").await.expect_text("Welcome, stranger");
    ada.get("/by-hand").await.expect_text("nobody");
    let setup = ada.get("/account/security/totp").await.expect_status(200);
    let authenticator = Authenticator::scan(&setup);
    let form = [("code", &*authenticator.code_now(0))];
    ada.post("/account/security/totp", &form)
        .await
        .expect_status(303);
    ada.get("/orders").await.expect_text("ada's orders");
    ada.get("/welcome").await.expect_text("Welcome, ada");
}
