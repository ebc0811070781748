//! The shop, with users of `narthex::testing`.

use actix_web::{
    App,
    dev::ServiceResponse,
    http::{StatusCode, header},
    test::{self, TestRequest},
};
use narthex::testing::TestNarthex;

use super::{NewOrder, Order, Orders, Place, Read, Sales, routes};

const ADA: &str = "ada@example.com";

fn narthex() -> TestNarthex {
    narthex::testing::narthex::<(Read, Place)>()
}

/// Sends one request to a shop without other requests.
async fn send(narthex: &TestNarthex, orders: &Orders, request: TestRequest) -> ServiceResponse {
    let app = App::new().configure(|config| routes(config, orders.clone(), narthex));
    let app = test::init_service(app).await;
    test::call_service(&app, request.to_request())
        .await
        .map_into_boxed_body()
}

fn location(answer: &ServiceResponse) -> &str {
    let location = answer.headers().get(header::LOCATION).unwrap();
    location.to_str().unwrap()
}

fn orders() -> Orders {
    Orders::open(":memory:").unwrap()
}

fn tea() -> NewOrder {
    NewOrder {
        item: "Tea".to_owned(),
    }
}

#[actix_web::test]
async fn user_reads_only_the_own_orders() {
    let (narthex, orders) = (narthex(), orders());
    let (ada, bob) = (
        narthex.user(ADA).await,
        narthex.user("bob@example.com").await,
    );
    let request = TestRequest::post().uri("/api/orders").set_json(tea());
    let request = request.insert_header(ada.with::<Place>().await);
    let placed: Order = test::read_body_json(send(&narthex, &orders, request).await).await;
    for (user, expected) in [(&ada, vec![placed]), (&bob, vec![])] {
        let request = TestRequest::get().uri("/api/orders");
        let request = request.insert_header(user.with::<Read>().await);
        let listed: Vec<Order> = test::read_body_json(send(&narthex, &orders, request).await).await;
        assert_eq!(listed, expected);
    }
}

#[actix_web::test]
async fn page_shows_the_name_and_the_account_links() {
    let (narthex, orders) = (narthex(), orders());
    let ada = narthex.user(ADA).await;
    let item = "<Tea>".to_owned();
    orders.place(ada.id(), NewOrder { item }).await.unwrap();
    let request = TestRequest::get().uri("/").cookie(ada.session().await);
    let page = test::read_body(send(&narthex, &orders, request).await).await;
    let page = String::from_utf8(page.to_vec()).unwrap();
    for part in [
        ">ada<",
        "href=\"/account\"",
        "href=\"/account/tokens\"",
        "action=\"/logout\"",
        "&#60;Tea&#62;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn token_without_the_ability_is_refused() {
    let (narthex, orders) = (narthex(), orders());
    let ada = narthex.user(ADA).await;
    let reader = ada.with::<Read>().await;
    let writer = ada.with::<Place>().await;
    for (request, token, status) in [
        (TestRequest::get().uri("/api/orders"), &writer, 403),
        (TestRequest::get().uri("/reports/sales"), &writer, 403),
        (TestRequest::get().uri("/reports/sales"), &reader, 200),
        (
            TestRequest::post().uri("/api/orders").set_json(tea()),
            &reader,
            403,
        ),
        (TestRequest::post().uri("/orders/cancel"), &writer, 403),
    ] {
        let answer = send(&narthex, &orders, request.insert_header(token.clone())).await;
        assert_eq!(answer.status().as_u16(), status, "{answer:?}");
    }
    assert_eq!(orders.sales().await.unwrap(), Vec::<Sales>::new());
}

#[actix_web::test]
async fn form_of_another_site_is_refused() {
    let (narthex, orders) = (narthex(), orders());
    let ada = narthex.user(ADA).await;
    for (origin, status) in [
        ("http://evil.example", StatusCode::FORBIDDEN),
        ("http://localhost", StatusCode::SEE_OTHER),
    ] {
        let request = TestRequest::post().uri("/orders").set_form(tea());
        let request = request.cookie(ada.session().await);
        let request = request.insert_header((header::ORIGIN, origin));
        assert_eq!(send(&narthex, &orders, request).await.status(), status);
    }
    assert_eq!(orders.of(ada.id()).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn cancellation_needs_a_recent_password() {
    let (narthex, orders) = (narthex(), orders());
    let ada = narthex.user(ADA).await;
    let session = ada.session().await;
    orders.place(ada.id(), tea()).await.unwrap();
    let cancel = |session| {
        let request = TestRequest::post().uri("/orders/cancel");
        let request = request.insert_header((header::ORIGIN, "http://localhost"));
        request
            .insert_header((header::ACCEPT, "text/html"))
            .cookie(session)
    };
    narthex.advance(std::time::Duration::from_secs(3600));
    let browser = cancel(session);
    let answer = send(&narthex, &orders, browser).await;
    assert_eq!(location(&answer), "/account/confirm");
    assert_eq!(orders.of(ada.id()).await.unwrap().len(), 1);

    let session = ada.session().await;
    let answer = send(&narthex, &orders, cancel(session)).await;
    assert_eq!(location(&answer), "/");
    assert_eq!(orders.of(ada.id()).await.unwrap().len(), 0);
}

#[actix_web::test]
async fn user_signed_out_everywhere_is_refused() {
    let (narthex, orders) = (narthex(), orders());
    let ada = narthex.user(ADA).await;
    let (session, token) = (ada.session().await, ada.with::<Read>().await);
    let by_session = || {
        TestRequest::get()
            .uri("/api/orders")
            .cookie(session.clone())
    };
    let by_token = || {
        TestRequest::get()
            .uri("/api/orders")
            .insert_header(token.clone())
    };
    for request in [by_session(), by_token()] {
        assert_eq!(
            send(&narthex, &orders, request).await.status(),
            StatusCode::OK
        );
    }
    narthex.sign_out(ada.id()).everything().end().await.unwrap();
    for request in [by_session(), by_token()] {
        let answer = send(&narthex, &orders, request).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
}
