//! The test helpers of an app.

use std::time::Duration;

use actix_web::{App, http::StatusCode, test, web};
use narthex::{Can, SessionOnly, TokenOnly, testing};

use super::{PlaceOrders, ReadOrders, browser_only, list, orders, place, routes};

#[actix_web::test]
async fn user_acts_with_a_token() {
    let narthex = testing::narthex::<(ReadOrders, PlaceOrders)>();
    let ada = narthex.user("ada@example.com").await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    for (with, status) in [
        (ada.with::<ReadOrders>().await, StatusCode::OK),
        (
            ada.with::<(ReadOrders, PlaceOrders)>().await,
            StatusCode::OK,
        ),
        (ada.with::<PlaceOrders>().await, StatusCode::FORBIDDEN),
        (ada.with::<()>().await, StatusCode::FORBIDDEN),
    ] {
        let ask = test::TestRequest::get()
            .uri("/api/orders")
            .insert_header(with);
        assert_eq!(
            test::call_service(&app, ask.to_request()).await.status(),
            status
        );
    }
}

#[actix_web::test]
async fn user_acts_with_a_session() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user("ada@example.com").await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    for path in ["/orders", "/browser", "/confirmed", "/account"] {
        let ask = test::TestRequest::get()
            .uri(path)
            .cookie(ada.session().await);
        let status = test::call_service(&app, ask.to_request()).await.status();
        assert_eq!(status, StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn clock_moves_only_when_the_test_moves_it() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user("ada@example.com").await;
    let session = ada.session().await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    let ask = || {
        test::TestRequest::get()
            .uri("/browser")
            .cookie(session.clone())
            .to_request()
    };
    assert_eq!(
        test::call_service(&app, ask()).await.status(),
        StatusCode::OK
    );
    narthex.advance(Duration::from_secs(13 * 3600));
    let status = test::call_service(&app, ask()).await.status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn handler_is_called_as_a_function() {
    let narthex = testing::narthex::<(ReadOrders, PlaceOrders)>();
    let ada = narthex.user("ada@example.com").await;
    assert_eq!(orders(ada.pretend()).await, "ada's orders");
    assert_eq!(list(ada.pretend()).await, ada.id().to_string());
    assert_eq!(
        place(ada.pretend(), "tea".to_owned()).await,
        "ada orders tea"
    );
    assert_eq!(browser_only(ada.pretend()).await, "a browser");
    let session: Can<SessionOnly> = ada.pretend();
    assert!(session.is_session() && session.can("orders:read"));
    let token: Can<(TokenOnly, ReadOrders)> = ada.pretend();
    assert!(!token.is_session() && token.can("orders:read") && !token.can("orders:write"));
}

#[actix_web::test]
async fn user_signs_in_with_the_test_password() {
    let narthex = testing::narthex::<()>();
    narthex.user("ada@example.com").await;
    let app = test::init_service(App::new().configure(narthex.routes())).await;
    let form = [
        ("email", "ada@example.com"),
        ("password", testing::PASSWORD),
    ];
    let ask = test::TestRequest::post().uri("/login").set_form(form);
    let status = test::call_service(&app, ask.to_request()).await.status();
    assert_eq!(status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn test_follows_the_link_of_a_mail() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user("ada@example.com").await;
    let session = ada.session().await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    assert_eq!(narthex.mails(), []);

    let ask = test::TestRequest::post()
        .uri("/password/forgot")
        .set_form([("email", "ada@example.com")]);
    test::call_service(&app, ask.to_request()).await;
    let mails = narthex.mails();
    let [mail] = mails.as_slice() else {
        panic!("one mail is expected: {mails:?}");
    };
    assert_eq!(mail.to, "ada@example.com");
    assert!(!mail.subject.is_empty() && mail.html.contains("<a href"));
    let link = mail.link("/password/reset").expect("a link");

    let ask = test::TestRequest::get().uri(link).to_request();
    let opened = test::call_service(&app, ask).await;
    let cookie = opened.response().cookies().next().expect("a cookie");
    let ask = test::TestRequest::post()
        .uri("/password/reset")
        .cookie(cookie.into_owned())
        .set_form([("password", "another long passphrase")]);
    let answer = test::call_service(&app, ask.to_request()).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let ask = test::TestRequest::get().uri("/browser").cookie(session);
    let status = test::call_service(&app, ask.to_request()).await.status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn notice_is_due_after_a_minute() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user("ada@example.com").await;
    let session = ada.session().await;
    let app = test::init_service(App::new().configure(narthex.routes())).await;
    let form = [
        ("current_password", testing::PASSWORD),
        ("password", "another long passphrase"),
    ];
    let ask = test::TestRequest::post()
        .uri("/account/password")
        .cookie(session)
        .set_form(form);
    test::call_service(&app, ask.to_request()).await;
    assert_eq!(narthex.mails(), []);
    narthex.advance(Duration::from_secs(60));
    let mails = narthex.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
}

#[actix_web::test]
async fn route_without_the_configuration_fails_closed() {
    let app = App::new().route("/orders", web::get().to(orders));
    let app = test::init_service(app).await;
    let ask = test::TestRequest::get().uri("/orders").to_request();
    let status = test::call_service(&app, ask).await.status();
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}
