//! The end that an import gave the secrets of other systems.

use std::time::Duration;

use narthex::util::clock::Timestamp;
use reqwest::Method;

use super::foreign::{accepting, call, change_secret, hint_of, import, sanctum_token};
use crate::support::app::{TestApp, secret_in};
use crate::support::client::Browser;
use crate::support::operator::Operator;
use crate::support::page::newest_token;
use crate::support::sql::execute;

const ADA: &str = "ada@example.com";
const HOUR: Duration = Duration::from_secs(3600);

/// Gives the imported secrets an end an hour after their creation.
const END: &str =
    "UPDATE secrets SET accepted_until = created_at + 3600000000 WHERE form = 'sanctum'";

/// An app with a user, whose imported token ends in an hour.
async fn with_an_end() -> (TestApp, Browser, String) {
    let app = accepting("sanctum");
    let ada = app.register(ADA).await;
    let token = sanctum_token();
    import(&app, &ada, &token).await;
    execute(&app, END);
    (app, ada, token)
}

async fn rotate(browser: &Browser, path: &str, overlap: &str) -> String {
    let form_key = browser.get(path).await.field("form_key");
    let form = [("form_key", &*form_key), ("overlap", overlap)];
    let rotated = browser.post(&format!("{path}/rotate"), &form).await;
    secret_in(&rotated.expect_status(200).text)
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_secret_is_refused_from_its_end_on() {
    let (app, ada, token) = with_an_end().await;
    let client = app.anonymous();
    let path = format!("/account/tokens/{}", newest_token(&ada).await);
    // From the database, and then from the cache.
    for _ in 0..3 {
        call(&client, "Bearer", &token).await.expect_status(200);
    }
    ada.get(&path).await.expect_text("accepted until");
    let list = ada.get("/api/v1/tokens").await.json();
    let end = list["data"][0]["secret_accepted_until"].as_str().unwrap();
    assert!(Timestamp::parse(end).is_some(), "{end}");

    app.advance(HOUR);
    for _ in 0..3 {
        call(&client, "Bearer", &token).await.expect_status(401);
    }
    ada.get(&path).await.expect_text("not accepted since");
    let list = ada.get("/account/tokens").await;
    list.expect_text("Imported, not accepted any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_token_stays_valid_after_imported_secret_expires() {
    let (app, ada, token) = with_an_end().await;
    let client = app.anonymous();
    let path = format!("/account/tokens/{}", newest_token(&ada).await);
    let new = rotate(&ada, &path, "24h").await;
    call(&client, "Bearer", &token).await.expect_status(200);
    app.advance(HOUR);
    // The end comes before the end of the grace period.
    call(&client, "Bearer", &token).await.expect_status(401);
    call(&client, "Bearer", &new).await.expect_status(200);
    let list = ada.get("/api/v1/tokens").await.json();
    assert!(list["data"][0].get("secret_accepted_until").is_none());
    ada.get(&path).await.expect_no_text("Imported");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_can_be_rotated_after_the_end_of_its_secret() {
    let (app, ada, token) = with_an_end().await;
    let client = app.anonymous();
    let path = format!("/account/tokens/{}", newest_token(&ada).await);
    app.advance(HOUR);
    let ada = app.sign_in(ADA).await;
    let new = rotate(&ada, &path, "24h").await;
    call(&client, "Bearer", &token).await.expect_status(401);
    call(&client, "Bearer", &new).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_names_the_end_of_an_imported_secret() {
    let (app, ada, token) = with_an_end().await;
    let server = app.token_of(&ada, "server", &["tokens:introspect"]).await;
    let server = app.api_client(&server);
    let ask = || {
        let request = server.request(Method::POST, "/oauth/introspect");
        request.form(&[("token", &token)])
    };
    let active = server.send(ask()).await.json();
    let [issued, end] = ["iat", "exp"].map(|name| active[name].as_i64().unwrap());
    assert_eq!(end - issued, 3600, "{active}");
    app.advance(HOUR);
    let over = server.send(ask()).await.json();
    assert_eq!(over["active"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_after_its_end_still_revokes_its_token() {
    let (app, ada, token) = with_an_end().await;
    app.advance(HOUR);
    let client = app.anonymous();
    let request = client.request(Method::POST, "/oauth/revoke");
    client
        .send(request.form(&[("token", &token)]))
        .await
        .expect_status(200);
    let list = ada.get("/api/v1/tokens").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 0, "{list}");
}

#[test]
fn operator_identifies_an_imported_secret_after_its_end() {
    let operator = Operator::new().with("NARTHEX_FOREIGN_TOKENS", "sanctum");
    operator.add_user(ADA);
    let own = operator.add_token(ADA, "imported", &[]);
    let token = sanctum_token();
    operator.execute(&change_secret(hint_of(&own), &token, None));
    for (end, state, text) in [
        ("253000000000000000", "live", "active: it was imported"),
        ("1", "secret_expired", "over: it was imported"),
    ] {
        operator.execute(&format!("UPDATE secrets SET accepted_until = {end}"));
        let identify = |flags: &[&str]| {
            let arguments = [&["token", "identify"], flags].concat();
            let outcome = operator.narthex.run_with_input(&arguments, &token);
            outcome.expect_code(0).stdout
        };
        let found: serde_json::Value = serde_json::from_str(&identify(&["--json"])).unwrap();
        assert_eq!(found["state"], state);
        assert!(found["secret_valid_until"].is_string(), "{found}");
        let printed = identify(&[]);
        assert!(printed.contains(text), "{printed}");
    }
}
