//! Token introspection (RFC 7662).

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::json;

use super::{Fixture, INTROSPECT, METADATA, challenge, expect_oauth_error, fixture, introspect};
use crate::support::answer::Answer;
use crate::support::app::TestApp;

#[tokio::test]
async fn section_2_1_introspection_accepts_post_only() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        secret,
        ..
    } = fixture(&app).await;
    for method in ["GET", "PUT", "DELETE"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = resource_server
            .request(method, INTROSPECT)
            .form(&[("token", &secret)]);
        let answer = resource_server.send(request).await.expect_status(405);
        answer.expect_header("allow", "POST");
    }
}

#[tokio::test]
async fn section_2_1_token_must_occur_once_in_a_form() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        secret,
        ..
    } = fixture(&app).await;
    let post = || resource_server.request(Method::POST, INTROSPECT);
    let address = format!("{INTROSPECT}?token={secret}");
    for request in [
        post(),
        post().form(&[("token", "")]),
        post().form(&[("token_type_hint", "access_token")]),
        post().form(&[("token", &*secret), ("token", &*secret)]),
        post().form(&[("token", &*secret), ("token", "")]),
        post().form(&[
            ("token", &*secret),
            ("token_type_hint", "a"),
            ("token_type_hint", "b"),
        ]),
        post().json(&json!({"token": secret})),
        post()
            .header("content-type", "text/plain")
            .body(format!("token={secret}")),
        post()
            .header("content-type", "application/x-www-form-urlencoded")
            .body("token=%ff"),
        resource_server.request(Method::POST, &address),
        resource_server
            .request(Method::POST, &address)
            .form(&[("token", &secret)]),
    ] {
        let refused = resource_server.send(request).await;
        expect_oauth_error(refused, 400, "invalid_request");
    }
}

#[tokio::test]
async fn section_2_1_unknown_hints_and_parameters_are_ignored() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        secret,
        ..
    } = fixture(&app).await;
    for (name, value) in [
        ("token_type_hint", "access_token"),
        ("token_type_hint", "refresh_token"),
        ("token_type_hint", "nonsense"),
        ("client_id", "shop"),
        ("resource", "https://shop.example.com"),
    ] {
        let form = [("token", &*secret), (name, value)];
        let request = resource_server
            .request(Method::POST, INTROSPECT)
            .form(&form);
        assert_eq!(
            resource_server.send(request).await.json()["active"],
            true,
            "{name}"
        );
    }
}

#[tokio::test]
async fn section_2_2_active_token_has_scope_subject_and_times() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        secret,
        browser,
        ..
    } = fixture(&app).await;
    let user = browser.get("/api/v1/user").await.json();
    let token = browser.get("/api/v1/tokens").await.json()["data"][0].clone();
    let answer = introspect(&resource_server, &secret)
        .await
        .expect_header("content-type", "application/json")
        .expect_header("cache-control", "no-store")
        .json();
    let expected = json!({
        "active": true,
        "scope": "orders:read account:read",
        "username": "ada@example.com",
        "email_verified": true,
        "token_type": "Bearer",
        "iat": 1_795_350_600,
        "sub": user["id"],
        "iss": app.anonymous().get(METADATA).await.json()["issuer"],
        "jti": token["id"],
        "acr": "1",
        "amr": ["pwd"],
        "auth_time": 1_795_350_600,
    });
    assert_eq!(answer, expected);

    let form = [("name", "Ends"), ("expires", "7d")];
    let made = browser.post("/account/tokens", &form).await;
    let expiring = crate::support::app::secret_in(&made.text);
    let answer = introspect(&resource_server, &expiring).await.json();
    let seven_days = Duration::from_secs(7 * 24 * 3600);
    let lifetime = answer["exp"].as_i64().unwrap() - answer["iat"].as_i64().unwrap();
    assert_eq!(u64::try_from(lifetime).unwrap(), seven_days.as_secs());
    assert_eq!(answer["scope"], "", "an empty list grants nothing");
    app.advance(seven_days);
    assert_eq!(
        introspect(&resource_server, &expiring).await.text,
        r#"{"active":false}"#
    );
}

#[tokio::test]
async fn section_2_2_session_cookie_value_is_active_and_not_bearer() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        browser,
        ..
    } = fixture(&app).await;
    let cookie = browser.cookie("narthex").unwrap();
    let answer = introspect(&resource_server, &cookie.value).await.json();
    assert_eq!(answer["active"], true, "{answer}");
    assert_eq!(answer["scope"], "*");
    assert_eq!(answer["token_type"], "N_A");
    browser.post("/logout", &[]).await.expect_status(303);
    let answer = introspect(&resource_server, &cookie.value).await;
    assert_eq!(answer.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn section_2_2_all_inactive_tokens_get_the_same_response() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        secret,
        browser,
        ..
    } = fixture(&app).await;
    let paused = app.token(&browser, "Paused", &[]).await;
    let pause = format!("/account/tokens/{}/pause", paused.id);
    browser.post(&pause, &[]).await.expect_status(303);
    let client = app.api_client(&secret);
    let revocation = client.delete("/api/v1/tokens/current").await;
    revocation.expect_status(204);
    for token in [
        &*secret,
        &*paused.secret,
        "nrx_000000000000000000000000000000000000",
        "nonsense",
        "%ff=;",
    ] {
        let answer = introspect(&resource_server, token).await;
        assert_eq!(answer.text, r#"{"active":false}"#, "{token}");
        answer
            .expect_header("content-type", "application/json")
            .expect_header("cache-control", "no-store");
    }
}

/// Introspects `token` with these credentials in Basic authentication.
async fn introspect_with_basic(app: &TestApp, credentials: &str, token: &str) -> Answer {
    let anonymous = app.anonymous();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let request = anonymous
        .request(Method::POST, INTROSPECT)
        .header("authorization", basic)
        .form(&[("token", token)]);
    anonymous.send(request).await
}

#[tokio::test]
async fn section_2_1_basic_and_bearer_authentication_are_equivalent() {
    let app = TestApp::start();
    let Fixture {
        resource_server,
        resource_server_secret,
        secret,
        ..
    } = fixture(&app).await;
    let by_bearer = introspect(&resource_server, &secret).await;
    // RFC 6749, section 2.3.1: form-encoded. Some clients encode `_`, and some do not.
    let encoded = resource_server_secret.replace('_', "%5F");
    for credentials in [
        format!("shop:{resource_server_secret}"),
        format!(":{resource_server_secret}"),
        format!("a%3Ab:{encoded}"),
    ] {
        let by_basic = introspect_with_basic(&app, &credentials, &secret).await;
        assert_eq!(by_basic.expect_status(200).text, by_bearer.text);
    }
    // Without the ability, Basic gets the same answer as Bearer.
    let other =
        introspect_with_basic(&app, &format!("shop:{secret}"), &resource_server_secret).await;
    let by_basic = other.expect_problem(403, "missing-ability");
    let other = app.api_client(&secret);
    let form = [("token", &resource_server_secret)];
    let request = other.request(Method::POST, INTROSPECT).form(&form);
    let by_bearer = other.send(request).await.expect_status(403);
    assert_eq!(by_basic.text, by_bearer.text);
    assert_eq!(challenge(&by_basic), challenge(&by_bearer));
    // A revoked token is refused in Basic authentication, too.
    let revocation = resource_server.delete("/api/v1/tokens/current").await;
    revocation.expect_status(204);
    let refused =
        introspect_with_basic(&app, &format!("shop:{resource_server_secret}"), &secret).await;
    expect_oauth_error(refused, 401, "invalid_client");
}

#[tokio::test]
async fn section_2_3_invalid_basic_password_is_invalid_client() {
    let app = TestApp::start();
    let Fixture {
        resource_server_secret,
        secret,
        browser,
        ..
    } = fixture(&app).await;
    let cookie = browser.cookie("narthex").unwrap().value;
    for credentials in [
        "shop:guess".to_owned(),
        "shop:".to_owned(),
        resource_server_secret.clone(),
        format!("{resource_server_secret}:"),
        format!("shop:{resource_server_secret}x"),
        format!("shop:{resource_server_secret}&"),
        format!("shop:{cookie}"),
        "ada@example.com:correct horse battery staple".to_owned(),
    ] {
        let refused = introspect_with_basic(&app, &credentials, &secret).await;
        let refused = expect_oauth_error(refused, 401, "invalid_client");
        let (scheme, _) = challenge(&refused);
        assert_eq!(
            scheme, "Basic",
            "RFC 6749, section 5.2: the scheme of the client"
        );
    }
    let request = browser
        .request(Method::POST, INTROSPECT)
        .header("authorization", "Basic !")
        .form(&[("token", &secret)]);
    let refused = browser.send(request).await;
    expect_oauth_error(refused, 401, "invalid_client");
}

#[tokio::test]
async fn api_does_not_accept_a_token_as_basic_password() {
    let app = TestApp::start();
    let Fixture {
        resource_server_secret,
        ..
    } = fixture(&app).await;
    let basic = format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("x:{resource_server_secret}"))
    );
    for path in ["/api/v1/user", "/api/v1/tokens/current"] {
        let anonymous = app.anonymous();
        let request = anonymous.request(Method::GET, path);
        let request = request.header("authorization", &basic);
        anonymous.send(request).await.expect_status(401);
    }
}

#[tokio::test]
async fn section_2_3_caller_without_ability_learns_nothing() {
    let app = TestApp::start();
    let Fixture { secret, .. } = fixture(&app).await;
    let form = [("token", &*secret)];
    let refused = app.anonymous().post(INTROSPECT, &form).await;
    let refused = refused.expect_problem(401, "not-signed-in");
    assert_eq!(challenge(&refused).0, "Bearer");
    let other = app.api_client(&secret);
    let request = other.request(Method::POST, INTROSPECT).form(&form);
    let refused = other.send(request).await;
    let refused = refused.expect_problem(403, "missing-ability");
    let (_, parameters) = challenge(&refused);
    let scope = ("scope".to_owned(), "tokens:introspect".to_owned());
    assert!(parameters.contains(&scope), "{refused}");
}

/// RFC 7662, section 2.2: `exp` is the expiry of this token. Each secret counts as a token here.
#[tokio::test]
async fn section_2_2_exp_of_previous_secret_is_end_of_grace_period() {
    let app = TestApp::start();
    let Fixture {
        resource_server_secret,
        browser,
        ..
    } = fixture(&app).await;
    let resource_server = app.api_client(&resource_server_secret);
    let exp = async |secret: &str| {
        let request = resource_server.request(Method::POST, INTROSPECT);
        let answer = resource_server
            .send(request.form(&[("token", secret)]))
            .await;
        answer.expect_status(200).json()["exp"].clone()
    };
    let now = 1_795_350_600;
    for (lifetime_setting, overlap, old, new) in [
        (json!(null), "1h", json!(now + 3600), json!(null)),
        (json!(7200), "1h", json!(now + 3600), json!(now + 7200)),
        (json!(60), "1h", json!(now + 60), json!(now + 60)),
    ] {
        let body = json!({"name": "CI", "abilities": [], "expires_in": lifetime_setting});
        let made = browser
            .call(Method::POST, "/api/v1/tokens", Some(&body))
            .await;
        let token = app.token_from(&made.expect_status(201).json());
        let path = format!("/api/v1/tokens/{}/rotate", token.id);
        let body = json!({"overlap": overlap});
        let rotated = browser.call(Method::POST, &path, Some(&body)).await;
        let rotated = app.token_from(&rotated.expect_status(200).json());
        // The first answer comes from the database, the second one from the cache.
        for _ in 0..2 {
            assert_eq!(exp(&token.secret).await, old, "{lifetime_setting}");
            assert_eq!(exp(&rotated.secret).await, new, "{lifetime_setting}");
        }
    }
}
