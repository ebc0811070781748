//! The OAuth standards that Narthex implements, section by section.

mod bearer;
mod introspection;
mod metadata;
mod revocation;

use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::{ApiClient, Browser};

const INTROSPECT: &str = "/oauth/introspect";
const REVOKE: &str = "/oauth/revoke";
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";

async fn introspect(resource_server: &ApiClient, token: &str) -> Answer {
    let request = resource_server
        .request(Method::POST, INTROSPECT)
        .form(&[("token", token)]);
    resource_server.send(request).await.expect_status(200)
}

/// A user with a token, and a resource server that may introspect it.
struct Fixture {
    browser: Browser,
    secret: String,
    resource_server: ApiClient,
    /// The token of the resource server.
    resource_server_secret: String,
}

async fn fixture(app: &TestApp) -> Fixture {
    let browser = app.register("ada@example.com").await;
    let secret = app
        .token_of(&browser, "CI", &["orders:read", "account:read"])
        .await;
    let operator = app.register("operator@example.com").await;
    let resource_server_secret = app
        .token_of(&operator, "resource server", &["tokens:introspect"])
        .await;
    Fixture {
        browser,
        secret,
        resource_server: app.api_client(&resource_server_secret),
        resource_server_secret,
    }
}

/// Expects an error in the format of RFC 6749, section 5.2.
#[track_caller]
fn expect_oauth_error(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer
        .expect_status(status)
        .expect_header("content-type", "application/json")
        .expect_header("cache-control", "no-store");
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"], "{answer}");
    assert_eq!(body["error"], code, "{answer}");
    let description = body["error_description"].as_str().unwrap();
    assert!(
        description.bytes().all(is_description_byte),
        "{description}"
    );
    answer
}

/// The bytes of a description in RFC 6749 and RFC 6750: `%x20-21 / %x23-5B / %x5D-7E`.
fn is_description_byte(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

/// Returns the scheme and the parameters of the challenge. Each parameter may occur once.
#[track_caller]
fn challenge(answer: &Answer) -> (String, Vec<(String, String)>) {
    let text = answer.header("www-authenticate");
    let text = text.unwrap_or_else(|| panic!("no challenge: {answer}"));
    let (scheme, parameters) = text.split_once(' ').expect("a scheme and parameters");
    let mut found: Vec<(String, String)> = Vec::new();
    for parameter in parameters.split("\", ") {
        let (name, value) = parameter.split_once("=\"").expect("name=\"value\"");
        assert!(
            found.iter().all(|(existing, _)| existing != name),
            "{name} twice: {text}"
        );
        let value = value.trim_end_matches('"');
        assert!(value.bytes().all(is_description_byte), "{text}");
        found.push((name.to_owned(), value.to_owned()));
    }
    (scheme.to_owned(), found)
}
