//! Accounts, tokens and revocations by the app.

use actix_web::{App, http::StatusCode, test};
use narthex::{ChangeKind, ErrorKind, NewUser, testing};

use super::{PlaceOrders, ReadOrders, routes};

const ADA: &str = "ada@example.com";
const PASSWORD: &str = testing::PASSWORD;

#[actix_web::test]
async fn account_is_created_found_and_deleted() {
    let narthex = testing::narthex::<()>();
    let users = narthex.users();
    let ada = users
        .create(NewUser::new(ADA, PASSWORD).name("Ada"))
        .await
        .unwrap();
    assert_eq!((ada.name.as_str(), ada.email.as_str()), ("Ada", ADA));
    let found = users
        .find_by_email("Ada@Example.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, ada.id);
    assert_eq!(users.find(ada.id).await.unwrap().unwrap().email, ADA);
    users.delete(ada.id).await.unwrap();
    assert!(users.find(ada.id).await.unwrap().is_none());
    assert!(users.find_by_email(ADA).await.unwrap().is_none());
    let error = users.delete(ada.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[actix_web::test]
async fn invalid_account_is_refused_by_field() {
    let narthex = testing::narthex::<()>();
    narthex.user(ADA).await;
    for (new, field) in [
        (NewUser::new("ada", PASSWORD), "email"),
        (NewUser::new(ADA, PASSWORD), "email"),
        (NewUser::new("bob@example.com", "short"), "password"),
        (NewUser::new("bob@example.com", PASSWORD).name(""), "name"),
    ] {
        let error = narthex.users().create(new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let fields: Vec<_> = error.fields().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [field]);
    }
}

#[actix_web::test]
async fn disabled_account_has_no_session_and_keeps_its_tokens() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user(ADA).await;
    ada.session().await;
    ada.with::<()>().await;
    let receipt = narthex.users().disable(ada.id()).await.unwrap();
    assert_eq!((receipt.sessions, receipt.tokens), (1, 0));
    narthex.users().enable(ada.id()).await.unwrap();
    assert_eq!(narthex.tokens(ada.id()).list().await.unwrap().len(), 1);
}

#[actix_web::test]
async fn token_is_issued_listed_and_revoked() {
    let narthex = testing::narthex::<(ReadOrders, PlaceOrders)>();
    let ada = narthex.user(ADA).await;
    let tokens = narthex.tokens(ada.id());
    let issued = tokens.issue::<ReadOrders>("CI", None).await.unwrap();
    assert!(!format!("{issued:?}").contains(issued.expose_secret()));
    let listed = tokens.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id, listed[0].name.as_str()),
        (issued.token.id, "CI")
    );
    assert_eq!(listed[0].abilities, ["orders:read"]);
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    let bearer = format!("Bearer {}", issued.expose_secret());
    let ask = || {
        let ask = test::TestRequest::get().uri("/api/orders");
        ask.insert_header(("authorization", bearer.clone()))
            .to_request()
    };
    assert_eq!(
        test::call_service(&app, ask()).await.status(),
        StatusCode::OK
    );
    let receipt = tokens.revoke(issued.token.id).await.unwrap();
    assert_eq!(receipt.credentials, [issued.token.id]);
    let status = test::call_service(&app, ask()).await.status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(tokens.list().await.unwrap().is_empty());
    assert_eq!(tokens.revoke(issued.token.id).await.unwrap().tokens, 0);
}

#[actix_web::test]
async fn invalid_token_is_refused_by_field() {
    let narthex = testing::narthex::<ReadOrders>();
    let ada = narthex.user(ADA).await;
    let tokens = narthex.tokens(ada.id());
    let error = tokens
        .issue_with("", &["orders:fly"], None)
        .await
        .unwrap_err();
    let fields: Vec<_> = error.fields().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "abilities"]);
    let nobody = narthex.tokens(narthex.user("bob@example.com").await.id());
    let other = tokens.issue::<ReadOrders>("CI", None).await.unwrap();
    let error = nobody.revoke(other.token.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[actix_web::test]
async fn preview_is_exactly_what_the_revocation_ends() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user(ADA).await;
    ada.session().await;
    ada.with::<()>().await;
    let tokens = narthex.sign_out(ada.id()).tokens();
    let preview = tokens.preview().await.unwrap();
    assert_eq!((preview.sessions, preview.tokens), (0, 1));
    ada.with::<()>().await;
    let error = tokens.end_previewed(&preview).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreviewOutdated);
    let preview = tokens.preview().await.unwrap();
    let receipt = tokens.end_previewed(&preview).await.unwrap();
    assert_eq!(receipt.credentials, preview.credentials);
    let everything = narthex.sign_out(ada.id()).everything().end().await.unwrap();
    assert_eq!((everything.sessions, everything.tokens), (1, 0));
}

#[actix_web::test]
async fn caller_signs_out_everything_else() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user(ADA).await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    let own = ada.session().await;
    ada.session().await;
    let answer = test::TestRequest::post().uri("/others").cookie(own.clone());
    let answer = test::call_and_read_body(&app, answer.to_request()).await;
    assert_eq!(answer, "1 session");
    let ask = test::TestRequest::get().uri("/browser").cookie(own);
    let status = test::call_service(&app, ask.to_request()).await.status();
    assert_eq!(status, StatusCode::OK);
}

#[actix_web::test]
async fn caller_is_verified_again() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user(ADA).await;
    let app = test::init_service(App::new().configure(routes).configure(narthex.routes())).await;
    let ask = test::TestRequest::post()
        .uri("/twice")
        .cookie(ada.session().await);
    let answer = test::call_and_read_body(&app, ask.to_request()).await;
    assert_eq!(answer, "true false");
}

#[actix_web::test]
async fn openapi_document_has_the_calls() {
    let narthex = testing::narthex::<()>();
    let document = narthex.openapi().unwrap();
    assert!(document["paths"]["/api/v1/user"].is_object());
}

#[actix_web::test]
async fn changes_of_accounts_are_read_in_order() {
    let narthex = testing::narthex::<()>();
    let ada = narthex.user(ADA).await;
    let created = narthex.changes(None).await.unwrap();
    assert_eq!(created.len(), 1);
    assert_eq!(
        (created[0].kind, created[0].user),
        (ChangeKind::Created, ada.id())
    );
    ada.session().await;
    let receipt = narthex.users().disable(ada.id()).await.unwrap();
    narthex.users().enable(ada.id()).await.unwrap();
    narthex.users().delete(ada.id()).await.unwrap();
    let later = narthex.changes(Some(created[0].cursor)).await.unwrap();
    let kinds: Vec<_> = later.iter().map(|change| change.kind).collect();
    let expected = [
        ChangeKind::Disabled,
        ChangeKind::Revoked,
        ChangeKind::Enabled,
        ChangeKind::Revoked,
        ChangeKind::Deleted,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(later[1].receipt, Some(receipt.id));
    assert!(later.iter().all(|change| change.user == ada.id()));
    let last = later[4].cursor;
    assert!(narthex.changes(Some(last)).await.unwrap().is_empty());
    let beyond = (last.to_string().parse::<i64>().unwrap() + 1).to_string();
    let beyond = narthex.changes(Some(beyond.parse().unwrap())).await;
    assert_eq!(beyond.unwrap_err().kind(), ErrorKind::NotFound);
}

#[actix_web::test]
async fn refused_account_is_no_change() {
    let narthex = testing::narthex::<()>();
    narthex.user(ADA).await;
    let before = narthex.changes(None).await.unwrap().len();
    let taken = narthex.users().create(NewUser::new(ADA, PASSWORD)).await;
    assert!(taken.is_err());
    assert_eq!(narthex.changes(None).await.unwrap().len(), before);
}
