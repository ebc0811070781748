//! The standards that Narthex says it keeps, section by section.

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
const METADATA: &str = "/.well-known/oauth-authorization-server";

async fn introspect(asker: &ApiClient, token: &str) -> Answer {
    let request = asker
        .request(Method::POST, INTROSPECT)
        .form(&[("token", token)]);
    asker.send(request).await.expect_status(200)
}

/// Somebody with a token, and a resource server that may ask about it.
struct Two {
    browser: Browser,
    secret: String,
    asker: ApiClient,
    /// The asker's own.
    asking: String,
}

async fn two(app: &TestApp) -> Two {
    let browser = app.register("ada@example.com").await;
    let secret = app
        .token_of(&browser, "CI", &["orders:read", "account:read"])
        .await;
    let operator = app.register("operator@example.com").await;
    let asking = app
        .token_of(&operator, "resource server", &["tokens:introspect"])
        .await;
    Two {
        browser,
        secret,
        asker: app.api_client(&asking),
        asking,
    }
}

/// An error as OAuth's clients read it (RFC 6749, section 5.2).
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
    assert!(description.bytes().all(may_be_described), "{description}");
    answer
}

/// `%x20-21 / %x23-5B / %x5D-7E`, for descriptions in RFC 6749 and RFC 6750.
fn may_be_described(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

/// A challenge: its scheme, and its parameters by name, each of which may come once.
#[track_caller]
fn challenge(answer: &Answer) -> (String, Vec<(String, String)>) {
    let text = answer.header("www-authenticate");
    let text = text.unwrap_or_else(|| panic!("no challenge: {answer}"));
    let (scheme, parameters) = text.split_once(' ').expect("a scheme and parameters");
    let mut found: Vec<(String, String)> = Vec::new();
    for parameter in parameters.split("\", ") {
        let (name, value) = parameter.split_once("=\"").expect("name=\"value\"");
        assert!(
            found.iter().all(|(known, _)| known != name),
            "{name} twice: {text}"
        );
        let value = value.trim_end_matches('"');
        assert!(value.bytes().all(may_be_described), "{text}");
        found.push((name.to_owned(), value.to_owned()));
    }
    (scheme.to_owned(), found)
}
