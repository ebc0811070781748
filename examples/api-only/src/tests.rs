//! The tests act as a user. No answer is a page, whatever the client accepts.

use std::time::Duration;

use actix_web::{
    App,
    dev::ServiceResponse,
    http::header,
    test::{self, TestRequest},
};
use narthex::{
    Narthex,
    testing::{self, TestNarthex},
};
use serde_json::Value;

use crate::{ReadNotes, routes};

const ADA: &str = "ada@example.com";
/// The header of every navigation of a browser.
const BROWSER: (header::HeaderName, &str) = (header::ACCEPT, "text/html,*/*;q=0.8");

async fn send(narthex: &TestNarthex, request: TestRequest) -> ServiceResponse {
    let app = App::new().configure(|config| routes(config, narthex));
    let app = test::init_service(app).await;
    test::call_service(&app, request.to_request()).await
}

/// Expects a problem with this status, and returns it.
async fn expect_problem(response: ServiceResponse, status: u16) -> Value {
    assert_eq!(response.status(), status);
    let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
    assert_eq!(content_type.expect("a body"), "application/problem+json");
    test::read_body_json(response).await
}

#[actix_web::test]
async fn token_is_accepted_without_pages() {
    let narthex = testing::narthex::<ReadNotes>();
    let ada = narthex.user(ADA).await;
    for uri in ["/notes", "/api/v1/user"] {
        let request = TestRequest::get().uri(uri);
        let request = request.insert_header(ada.with::<ReadNotes>().await);
        assert_eq!(send(&narthex, request).await.status(), 200, "{uri}");
    }
}

#[actix_web::test]
async fn browser_without_a_session_gets_a_problem() {
    let narthex = testing::narthex::<ReadNotes>();
    for uri in ["/notes", "/api/v1/user", "/auth/verify?redirect=on"] {
        let request = TestRequest::get().uri(uri).insert_header(BROWSER);
        let response = send(&narthex, request).await;
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
        let problem = expect_problem(response, 401).await;
        assert_eq!(problem["type"], "/problems/not-signed-in", "{uri}");
    }
}

#[actix_web::test]
async fn unconfirmed_session_gets_a_problem() {
    let narthex = testing::narthex::<ReadNotes>();
    let ada = narthex.user(ADA).await;
    let session = ada.session().await;
    narthex.advance(Duration::from_secs(3600));
    let request = TestRequest::delete().uri("/notes").cookie(session);
    let request = request.insert_header(BROWSER);
    let request = request.insert_header((header::ORIGIN, "http://localhost"));
    let problem = expect_problem(send(&narthex, request).await, 403).await;
    assert_eq!(problem["status"], 403);
}

#[test]
fn engine_that_is_not_compiled_in_is_refused() {
    let builder = Narthex::builder().database("postgres://localhost/notes");
    let error = builder.open().expect_err("no PostgreSQL").to_string();
    assert!(error.contains("turn on the feature postgres"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[actix_web::test]
async fn paths_of_the_pages_belong_to_the_app() {
    let narthex = testing::narthex::<ReadNotes>();
    for uri in [
        "/",
        "/login",
        "/register",
        "/account",
        "/problems/not-found",
    ] {
        let request = TestRequest::get().uri(uri).insert_header(BROWSER);
        let response = send(&narthex, request).await;
        assert_eq!(response.status(), 404, "{uri}");
        // The answer of actix-web, without a header of Narthex.
        assert!(
            !response
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        );
    }
}
