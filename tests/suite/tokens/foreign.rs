//! Tokens of other systems, whose digests an import has stored.

use std::time::Duration;

use narthex::config::ForeignTokens;
use narthex::tokens::{PresentedToken, TokenScheme};
use reqwest::Method;
use serde::Deserialize;

use crate::support::addresses::unused_address;
use crate::support::answer::Answer;
use crate::support::app::{TestApp, secret_in};
use crate::support::client::{AnonymousClient, ApiClient, Browser};
use crate::support::database::Engine;
use crate::support::operator::Operator;
use crate::support::page::newest_token;
use crate::support::sql::execute;

const ADA: &str = "ada@example.com";
const ALL_SYSTEMS: &str = "sanctum,knox,drf,better-auth";
const USER: &str = "/api/v1/user";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A token of another system. The script beside each list made it.
#[derive(Deserialize)]
struct Sample {
    token: String,
}

fn samples(list: &str) -> Vec<String> {
    let sample = |line| serde_json::from_str::<Sample>(line).unwrap().token;
    list.lines().map(sample).collect()
}

/// The tokens of each system, with the scheme that its clients use.
fn all_samples() -> Vec<(&'static str, String)> {
    let lists = [
        (
            "Bearer",
            include_str!("../../fixtures/tokens/sanctum.jsonl"),
        ),
        ("Token", include_str!("../../fixtures/tokens/knox.jsonl")),
        ("Token", include_str!("../../fixtures/tokens/drf.jsonl")),
        (
            "Bearer",
            include_str!("../../fixtures/tokens/better-auth.jsonl"),
        ),
    ];
    let tokens = lists.into_iter().flat_map(|(scheme, list)| {
        let tokens = samples(list).into_iter();
        tokens.map(move |token| (scheme, token))
    });
    tokens.collect()
}

/// A token that Sanctum made, with its bar.
pub(super) fn sanctum_token() -> String {
    let list = include_str!("../../fixtures/tokens/sanctum.jsonl");
    let tokens = samples(list).into_iter();
    tokens.last().map(|secret| format!("12|{secret}")).unwrap()
}

/// Returns the SQL that gives the token with this hint the secret of another system, as an import
/// does.
pub(super) fn change_secret(hint: &str, token: &str, form: Option<&str>) -> String {
    let all = ForeignTokens::parse(ALL_SYSTEMS).unwrap();
    let presented = PresentedToken::parse(token, TokenScheme::Bearer, &all).unwrap();
    let digest: String = presented
        .digest
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let digest = match Engine::of_this_run() {
        Engine::Sqlite => format!("x'{digest}'"),
        Engine::Postgres => format!("decode('{digest}', 'hex')"),
    };
    let form = form.unwrap_or_else(|| presented.form.as_stored());
    format!(
        "UPDATE secrets SET digest = {digest}, form = '{form}', hint = '' WHERE hint = '{hint}'"
    )
}

pub(super) fn hint_of(secret: &str) -> &str {
    &secret[secret.len() - 4..]
}

/// Gives the user of this browser a token with the secret of another system.
pub(super) async fn import(app: &TestApp, browser: &Browser, token: &str) {
    let secret = app.token_of(browser, "imported", &["account:read"]).await;
    execute(app, &change_secret(hint_of(&secret), token, None));
}

pub(super) async fn call(client: &AnonymousClient, scheme: &str, token: &str) -> Answer {
    let request = client.request(Method::GET, USER);
    let request = request.header("authorization", format!("{scheme} {token}"));
    client.send(request).await
}

pub(super) fn accepting(systems: &str) -> TestApp {
    TestApp::start_with(&[("NARTHEX_FOREIGN_TOKENS", systems)])
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_token_works_in_each_form_of_its_system() {
    let app = accepting(ALL_SYSTEMS);
    let ada = app.register(ADA).await;
    let mut imported = Vec::new();
    for (scheme, token) in all_samples() {
        // The forms of one Sanctum token differ before the bar only.
        let secret = token.split('|').next_back().unwrap().to_owned();
        if !imported.contains(&secret) {
            import(&app, &ada, &token).await;
            imported.push(secret);
        }
        for _ in 0..3 {
            // From the database, and then from the cache.
            call(&app.anonymous(), scheme, &token)
                .await
                .expect_status(200);
        }
        let (start, last) = token.split_at(token.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        let wrong = format!("{start}{other}");
        call(&app.anonymous(), scheme, &wrong)
            .await
            .expect_status(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn header_for_api_keys_has_keys_of_better_auth_only() {
    let keys = samples(include_str!("../../fixtures/tokens/better-auth.jsonl"));
    let key = keys[0].as_str();
    for (systems, status) in [("better-auth,sanctum", 200), ("sanctum,knox,drf", 401)] {
        let app = accepting(systems);
        let ada = app.register(ADA).await;
        let own = app.token_of(&ada, "own", &["account:read"]).await;
        import(&app, &ada, key).await;
        import(&app, &ada, &sanctum_token()).await;
        let client = app.anonymous();
        let send = async |headers: &[(&str, &str)]| {
            let request = client.request(Method::GET, USER);
            let request = headers.iter().fold(request, |request, (name, value)| {
                request.header(*name, *value)
            });
            client.send(request).await.status
        };
        for _ in 0..2 {
            assert_eq!(send(&[("x-api-key", key)]).await, status, "{systems}");
        }
        for other in [&own, &sanctum_token(), &format!("{key}x"), "", "\u{e9}"] {
            assert_eq!(send(&[("x-api-key", other)]).await, 401, "{other}");
        }
        let twice = send(&[("x-api-key", key), ("x-api-key", key)]).await;
        assert_eq!(twice, if status == 200 { 400 } else { 401 });
        // `Authorization` is the only header that is checked.
        let bearer = ("authorization", &*format!("Bearer {own}"));
        assert_eq!(send(&[bearer, ("x-api-key", "wrong")]).await, 200);
        let wrong = ("authorization", "Bearer wrong");
        assert_eq!(send(&[wrong, ("x-api-key", key)]).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_other_systems_are_refused_by_default() {
    let app = TestApp::start();
    let ada = app.register(ADA).await;
    for (scheme, token) in all_samples() {
        if !token.contains('|') {
            import(&app, &ada, &token).await;
        }
        call(&app.anonymous(), scheme, &token)
            .await
            .expect_status(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_of_a_system_is_refused_without_its_name() {
    for (scheme, token) in all_samples() {
        let all = ForeignTokens::parse(ALL_SYSTEMS).unwrap();
        let form = PresentedToken::parse(&token, TokenScheme::Bearer, &all).unwrap();
        let own = form.form.as_stored();
        let others: Vec<&str> = ALL_SYSTEMS
            .split(',')
            .filter(|system| *system != own)
            .collect();
        let others = ForeignTokens::parse(&others.join(",")).unwrap();
        let found = PresentedToken::parse(&token, TokenScheme::Bearer, &others);
        // 40 hexadecimal digits are also a token of Sanctum. The stored form differs.
        let is_drf = own == "drf";
        assert!(found.is_none() || is_drf, "{scheme} {token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_is_accepted_in_its_own_form_only() {
    let app = accepting("sanctum-any,drf");
    let ada = app.register(ADA).await;
    let own = app.token_of(&ada, "own", &["account:read"]).await;
    let client = app.anonymous();
    // A secret of Narthex is no Sanctum token: neither before nor after it is cached.
    for _ in 0..3 {
        call(&client, "Bearer", &format!("1|{own}"))
            .await
            .expect_status(401);
        call(&client, "Bearer", &own).await.expect_status(200);
        call(&client, "Token", &own).await.expect_status(401);
    }
    // A token of DRF has the digest of the same text from Sanctum.
    let drf = "d66e6bd5453486b9bbbd904f295bd4af94cafcd2";
    let secret = app.token_of(&ada, "imported", &["account:read"]).await;
    execute(&app, &change_secret(hint_of(&secret), drf, Some("sanctum")));
    for _ in 0..3 {
        call(&client, "Bearer", drf).await.expect_status(401);
        call(&client, "Bearer", &format!("7|{drf}"))
            .await
            .expect_status(200);
    }
    // The secret of a session, which has no hint, is no token.
    let text = sanctum_token();
    execute(
        &app,
        "UPDATE secrets SET hint = 'none' WHERE form = 'sanctum'",
    );
    execute(&app, &change_secret("", &text, Some("")));
    call(&client, "Bearer", &text).await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_paused_and_expired_imported_tokens_are_refused() {
    let app = accepting("sanctum");
    let ada = app.register(ADA).await;
    let token = sanctum_token();
    import(&app, &ada, &token).await;
    let path = format!("/account/tokens/{}", newest_token(&ada).await);
    let client = app.anonymous();
    call(&client, "Bearer", &token).await.expect_status(200);
    ada.post(&format!("{path}/pause"), &[])
        .await
        .expect_status(303);
    call(&client, "Bearer", &token).await.expect_status(401);
    ada.post(&format!("{path}/resume"), &[])
        .await
        .expect_status(303);
    call(&client, "Bearer", &token).await.expect_status(200);
    for (column, rows) in [
        ("secrets SET valid_until", "form = 'sanctum'"),
        ("credentials SET expires_at", "class = 'token'"),
    ] {
        execute(&app, &format!("UPDATE {column} = 1 WHERE {rows}"));
        app.advance(DAY);
        call(&client, "Bearer", &token).await.expect_status(401);
        execute(&app, &format!("UPDATE {column} = NULL WHERE {rows}"));
        call(&client, "Bearer", &token).await.expect_status(200);
    }
    let ada = app.sign_in(ADA).await;
    ada.post(&format!("{path}/revoke"), &[("confirmed", "1")])
        .await
        .expect_status(303);
    call(&client, "Bearer", &token).await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_replaces_an_imported_secret_by_our_own_form() {
    let app = accepting("sanctum");
    let ada = app.register(ADA).await;
    let token = sanctum_token();
    import(&app, &ada, &token).await;
    let path = format!("/account/tokens/{}", newest_token(&ada).await);
    let hint = "Imported";
    ada.get("/account/tokens").await.expect_text(hint);
    ada.get(&path).await.expect_text(hint);
    let list = ada.get("/api/v1/tokens").await.json();
    assert_eq!(list["data"][0]["form"], "sanctum");

    let form_key = ada.get(&path).await.field("form_key");
    let form = [("form_key", &*form_key), ("overlap", "24h")];
    let rotated = ada
        .post(&format!("{path}/rotate"), &form)
        .await
        .expect_status(200);
    let new = secret_in(&rotated.text);
    rotated.expect_no_text(hint);
    ada.get("/account/tokens").await.expect_no_text(hint);
    let list = ada.get("/api/v1/tokens").await.json();
    assert!(list["data"][0].get("form").is_none());
    let client = app.anonymous();
    call(&client, "Bearer", &new).await.expect_status(200);
    call(&client, "Bearer", &token).await.expect_status(200);
    app.advance(DAY);
    call(&client, "Bearer", &new).await.expect_status(200);
    call(&client, "Bearer", &token).await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth_and_forward_auth_accept_imported_tokens() {
    let app = accepting("sanctum,knox");
    let ada = app.register(ADA).await;
    let server = app.token_of(&ada, "server", &["tokens:introspect"]).await;
    let server = app.api_client(&server);
    let knox = samples(include_str!("../../fixtures/tokens/knox.jsonl")).remove(0);
    for (scheme, token) in [("Bearer", sanctum_token()), ("Token", knox)] {
        import(&app, &ada, &token).await;
        let client = app.anonymous();
        let verify = || {
            let request = client.request(Method::GET, "/auth/verify");
            request.header("authorization", format!("{scheme} {token}"))
        };
        client.send(verify()).await.expect_status(200);
        let introspect = || {
            let request = server.request(Method::POST, "/oauth/introspect");
            request.form(&[("token", &token)])
        };
        let active = server.send(introspect()).await.json();
        assert_eq!(active["active"], true, "{active}");
        let request = client.request(Method::POST, "/oauth/revoke");
        let request = request.form(&[("token", &token)]);
        client.send(request).await.expect_status(200);
        let inactive = server.send(introspect()).await.json();
        assert_eq!(inactive["active"], false);
        client.send(verify()).await.expect_status(401);
    }
}

/// Texts that no system makes, although all of them are accepted.
fn malformed() -> Vec<String> {
    let secret = sanctum_token().split_once('|').unwrap().1.to_owned();
    let letters = "x".repeat(39);
    vec![
        // The checksum is wrong.
        format!("12|{}0000000", &secret[..secret.len() - 7]),
        format!("12|12|{secret}"),
        format!("|{secret}"),
        format!("{}|{secret}", "1".repeat(37)),
        format!("a b|{secret}"),
        letters.clone(),
        format!("12|{letters}"),
        format!("12|{letters}-"),
        format!("{letters}xx"),
        format!("{letters}é"),
        "12|".to_owned(),
        String::new(),
        format!("{}{}", "p".repeat(11), "0".repeat(64)),
        "nrx_000000000000000000000000000000000000".to_owned(),
    ]
}

/// Returns the value of a metric, 0 if it is absent.
async fn metric(metrics: &AnonymousClient, name: &str) -> u64 {
    let text = metrics.get("/metrics").await.expect_status(200).text;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.map_or(0, |value| value.trim().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_foreign_token_costs_no_lookup() {
    let listen = unused_address().to_string();
    let metrics = AnonymousClient::at(&format!("http://{listen}"));
    let operator = Operator::new()
        .with("NARTHEX_METRICS_LISTEN", &listen)
        .with("NARTHEX_FOREIGN_TOKENS", ALL_SYSTEMS);
    operator.add_user(ADA);
    let own = operator.add_token(ADA, "imported", &["--ability", "account:read"]);
    let token = sanctum_token();
    operator.execute(&change_secret(hint_of(&own), &token, None));
    let serving = operator.serve();
    let client = AnonymousClient::at(&serving.url);
    const LOOKUPS: &str = "narthex_cache_misses_total";
    const USES: &str = "narthex_foreign_tokens_total{form=\"sanctum\"}";
    let before = metric(&metrics, LOOKUPS).await;
    for text in malformed() {
        for scheme in ["Bearer", "Token"] {
            call(&client, scheme, &text).await.expect_status(401);
        }
    }
    assert_eq!(metric(&metrics, LOOKUPS).await, before);
    assert_eq!(metric(&metrics, USES).await, 0);
    call(&client, "Bearer", &token).await.expect_status(200);
    assert_eq!(metric(&metrics, LOOKUPS).await, before + 1);
    assert_eq!(metric(&metrics, USES).await, 1);
    // A guess of the right form costs a lookup and is not counted as a use.
    call(&client, "Bearer", &"x".repeat(40))
        .await
        .expect_status(401);
    assert_eq!(metric(&metrics, LOOKUPS).await, before + 2);
    assert_eq!(metric(&metrics, USES).await, 1);
    ApiClient::at(&serving.url, &own)
        .get(USER)
        .await
        .expect_status(401);
}

#[test]
fn operator_lists_and_identifies_imported_tokens() {
    let operator = Operator::new().with("NARTHEX_FOREIGN_TOKENS", "sanctum");
    operator.add_user(ADA);
    let own = operator.add_token(ADA, "imported", &[]);
    let token = sanctum_token();
    operator.execute(&change_secret(hint_of(&own), &token, None));
    operator.add_token(ADA, "own", &[]);
    for arguments in [
        &["token", "list", "--form", "sanctum"][..],
        &["token", "list", ADA, "--form", "sanctum"],
    ] {
        let text = operator.run_ok(arguments);
        assert!(
            text.contains("imported") && !text.contains("own ("),
            "{text}"
        );
        let list = operator.json(arguments);
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
        assert_eq!(list["data"][0]["form"], "sanctum");
    }
    let all = operator.json(&["token", "list", "--form", "sanctum"]);
    assert_eq!(all["data"][0]["user_email"], ADA);
    let none = operator.json(&["token", "list", "--form", "knox"]);
    assert_eq!(none["data"].as_array().unwrap().len(), 0);
    let found = operator
        .narthex
        .run_with_input(&["token", "identify"], &token);
    let found = found.expect_code(0).stdout;
    assert!(found.contains("service token imported of ada@"), "{found}");
}
