//! Set-up and assertions that many tests of the JSON API share.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::app::TestApp;
use super::client::{ApiClient, Browser};

/// All abilities that Narthex itself declares: enough for every call.
pub const EVERY_ABILITY: [&str; 6] = [
    "account:read",
    "tokens:read",
    "tokens:write",
    "sessions:read",
    "sessions:write",
    "tokens:introspect",
];

/// A token and an API client that sends it.
pub struct Token {
    pub id: String,
    pub secret: String,
    pub client: ApiClient,
}

impl TestApp {
    /// Creates a token for the browser's user.
    pub async fn token(&self, browser: &Browser, name: &str, abilities: &[&str]) -> Token {
        let body = json!({"name": name, "abilities": abilities});
        let made = browser.call(Method::POST, "/api/v1/tokens", Some(&body));
        self.token_from(&made.await.expect_status(201).json())
    }

    /// Signs a device in.
    pub async fn device(&self, email: &str, name: &str) -> Token {
        let body = json!({"email": email, "password": super::app::PASSWORD, "device_name": name});
        let made = self.anonymous();
        let made = made.post_json("/api/v1/sign-in", &body).await;
        self.token_from(&made.expect_status(201).json())
    }

    /// The token that a response body contains.
    pub fn token_from(&self, answer: &Value) -> Token {
        let secret = text(&answer["secret"]);
        Token {
            id: text(&answer["token"]["id"]),
            client: self.api_client(&secret),
            secret,
        }
    }

    /// An API client that has these abilities of the browser's user.
    pub async fn client(&self, browser: &Browser, abilities: &[&str]) -> ApiClient {
        self.token(browser, "Program", abilities).await.client
    }
}

impl Browser {
    /// The ID of the browser's session.
    pub async fn session_id(&self) -> String {
        let session = self.call(Method::GET, "/api/v1/sessions/current", None);
        text(&session.await.expect_status(200).json()["id"])
    }

    /// Returns whether the browser's session is active.
    pub async fn is_signed_in(&self) -> bool {
        let answer = self.call(Method::GET, "/api/v1/user", None).await;
        answer.status == 200
    }
}

impl ApiClient {
    /// Returns whether the client's token is active.
    pub async fn is_authenticated(&self) -> bool {
        self.get("/api/v1/user").await.status == 200
    }

    /// Sends a call, with a body for any method.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }
}

impl Answer {
    /// Expects a problem whose type ends with this slug.
    #[track_caller]
    pub fn expect_problem(self, status: u16, slug: &str) -> Self {
        let answer = self.expect_status(status);
        let kind = answer.problem().kind;
        assert!(kind.ends_with(&format!("/{slug}")), "{kind}: {answer}");
        answer
    }

    /// Expects `422` for exactly these fields, each with at least one message.
    #[track_caller]
    pub fn expect_invalid_fields(self, fields: &[&str]) -> Self {
        let answer = self.expect_problem(422, "invalid");
        let errors = answer.problem().errors;
        let named: Vec<_> = errors.keys().map(String::as_str).collect();
        assert_eq!(named, fields, "{answer}");
        for messages in errors.values() {
            let messages = messages.as_array().expect("a list of messages");
            assert!(
                messages.iter().all(|message| !text(message).is_empty()),
                "{answer}"
            );
        }
        answer
    }

    /// The IDs of a list, in its order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let value = self.json();
        let rows = value["data"]
            .as_array()
            .or_else(|| value["credentials"].as_array());
        let rows = rows.unwrap_or_else(|| panic!("not a list: {self}"));
        rows.iter().map(|row| text(&row["id"])).collect()
    }
}

/// A string in JSON.
#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value}"))
        .to_owned()
}

/// Expects exactly these members of an object, in the order of the contract.
#[track_caller]
pub fn expect_members(answer: &str, names: &[&str]) {
    let mut rest = answer;
    for name in names {
        let member = format!("\"{name}\":");
        let at = rest
            .find(&member)
            .unwrap_or_else(|| panic!("{name} is missing or out of order: {answer}"));
        rest = &rest[at + member.len()..];
    }
    let value: Value = serde_json::from_str(answer).expect("JSON");
    assert_eq!(
        value.as_object().expect("an object").len(),
        names.len(),
        "{answer}"
    );
}
