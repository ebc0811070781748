//! Bearer tokens (RFC 6750).

use reqwest::Method;

use super::{INTROSPECT, challenge};
use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::{AnonymousClient, ApiClient};
use crate::support::operator::Operator;

const ADA: &str = "ada@example.com";

/// One endpoint of each sort that authenticates a caller: API, forward auth, introspection.
const ENDPOINTS: [(&str, &str); 3] = [
    ("GET", "/api/v1/events"),
    ("GET", "/auth/verify?ability=account:read"),
    ("POST", INTROSPECT),
];

async fn answers(app: &TestApp, headers: &[(&str, &str)]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (method, path) in ENDPOINTS {
        let anonymous = app.anonymous();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = anonymous.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answers.push(anonymous.send(request).await);
    }
    answers
}

fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let (scheme, parameters) = challenge(answer);
    assert_eq!(scheme, "Bearer", "section 3: {answer}");
    let realms = parameters.iter().filter(|(key, _)| key == "realm");
    assert_eq!(realms.count(), 1, "section 3: {answer}");
    let found = parameters.into_iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value)
}

#[tokio::test]
async fn section_2_token_is_accepted_in_the_header_only() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let secret = app.token_of(&ada, "CI", &["account:read"]).await;
    let anonymous = app.anonymous();
    let path = format!("/api/v1/events?access_token={secret}");
    anonymous.get(&path).await.expect_status(401);
    let form = [("access_token", &*secret), ("token", &*secret)];
    anonymous.post(INTROSPECT, &form).await.expect_status(401);
    let path = format!("/auth/verify?access_token={secret}");
    let answer = anonymous.get(&path).await;
    assert!([401, 422].contains(&answer.status), "{answer}");
}

#[tokio::test]
async fn section_3_1_request_without_bearer_token_gets_no_error_code() {
    let app = TestApp::start();
    let other = ("authorization", "Digest username=\"ada\"");
    for headers in [&[][..], &[other]] {
        for answer in answers(&app, headers).await {
            let answer = answer.expect_status(401);
            for name in ["error", "error_description", "scope"] {
                assert_eq!(parameter(&answer, name), None, "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn section_3_1_rejected_token_gets_invalid_token() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let revoked = app.token_of(&ada, "Ended", &["account:read"]).await;
    let client = app.api_client(&revoked);
    client.delete("/api/v1/tokens/current").await;
    for token in [&*revoked, "nrx_malformed", "", "a b", "\"quoted\""] {
        let bearer = format!("Bearer {token}");
        for answer in answers(&app, &[("authorization", &bearer)]).await {
            let answer = answer.expect_status(401);
            let code = parameter(&answer, "error");
            assert_eq!(code.as_deref(), Some("invalid_token"), "{answer}");
            assert!(parameter(&answer, "error_description").is_some());
        }
    }
}

#[tokio::test]
async fn section_3_1_missing_ability_is_named_as_scope() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let secret = app.token_of(&ada, "CI", &["orders:read"]).await;
    let bearer = format!("Bearer {secret}");
    let missing_scopes = ["account:read", "account:read", "tokens:introspect"];
    let answers = answers(&app, &[("authorization", &bearer)]).await;
    for (answer, scope) in answers.into_iter().zip(missing_scopes) {
        let answer = answer.expect_status(403);
        let code = parameter(&answer, "error");
        assert_eq!(code.as_deref(), Some("insufficient_scope"), "{answer}");
        assert_eq!(parameter(&answer, "scope").as_deref(), Some(scope));
    }
}

#[tokio::test]
async fn section_3_1_two_credentials_are_an_invalid_request() {
    let app = TestApp::start();
    let ada = app.register("ada@example.com").await;
    let abilities = ["account:read", "tokens:introspect"];
    let secret = app.token_of(&ada, "CI", &abilities).await;
    let bearer = format!("Bearer {secret}");
    for second in [&*bearer, "Basic YTpi"] {
        let headers = [("authorization", &*bearer), ("authorization", second)];
        for answer in answers(&app, &headers).await {
            // A proxy treats every other status than 401 and 403 as a failure of forward auth.
            let is_forward_auth = answer.request.contains("/auth/verify");
            let answer = answer.expect_status(if is_forward_auth { 401 } else { 400 });
            let code = parameter(&answer, "error");
            assert_eq!(code.as_deref(), Some("invalid_request"), "{answer}");
        }
    }
}

/// The setting decides the prefix of new tokens. Tokens with an earlier prefix stay valid.
#[tokio::test(flavor = "multi_thread")]
async fn token_stays_valid_after_its_prefix_setting_changes() {
    let operator = Operator::new();
    operator.add_user(ADA);
    let old = operator.add_token(ADA, "CI", &["--ability", "tokens:introspect"]);
    let operator = operator.with("NARTHEX_TOKEN_PREFIX", "acme2");
    let new = operator.add_token(ADA, "New", &[]);
    assert!(new.starts_with("acme2_") && new.len() == 42, "{new}");
    let serving = operator.serve();
    let client = ApiClient::at(&serving.url, &old);
    for secret in [&old, &new] {
        assert!(serving.accepts_token(secret).await);
        let request = client.request(Method::POST, INTROSPECT);
        let answer = client.send(request.form(&[("token", secret)])).await;
        assert_eq!(answer.expect_status(200).json()["active"], true);
        let identified = operator
            .narthex
            .run_with_input(&["token", "identify", "--json"], secret);
        let state = identified.expect_code(0).stdout;
        assert!(state.contains("\"live\""), "{state}");
    }
    let form = [("token", &*old)];
    let anonymous = AnonymousClient::at(&serving.url);
    let revoked = anonymous.post("/oauth/revoke", &form).await;
    revoked.expect_status(200);
    assert!(!serving.accepts_token(&old).await && serving.accepts_token(&new).await);
}
