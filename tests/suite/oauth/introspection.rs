//! Token introspection (RFC 7662).

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::json;

use super::{INTROSPECT, METADATA, Two, challenge, expect_oauth_error, introspect, two};
use crate::support::answer::Answer;
use crate::support::app::TestApp;

#[tokio::test]
async fn section_2_1_it_is_asked_by_post_and_by_nothing_else() {
    let app = TestApp::start();
    let Two { asker, secret, .. } = two(&app).await;
    for method in ["GET", "PUT", "DELETE"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let asked = asker
            .request(method, INTROSPECT)
            .form(&[("token", &secret)]);
        let answer = asker.send(asked).await.expect_status(405);
        answer.expect_header("allow", "POST");
    }
}

#[tokio::test]
async fn section_2_1_the_token_comes_once_in_a_form() {
    let app = TestApp::start();
    let Two { asker, secret, .. } = two(&app).await;
    let post = || asker.request(Method::POST, INTROSPECT);
    let address = format!("{INTROSPECT}?token={secret}");
    for asked in [
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
        asker.request(Method::POST, &address),
        asker
            .request(Method::POST, &address)
            .form(&[("token", &secret)]),
    ] {
        let refused = asker.send(asked).await;
        expect_oauth_error(refused, 400, "invalid_request");
    }
}

#[tokio::test]
async fn section_2_1_hints_and_parameters_that_are_unknown_change_nothing() {
    let app = TestApp::start();
    let Two { asker, secret, .. } = two(&app).await;
    for (name, value) in [
        ("token_type_hint", "access_token"),
        ("token_type_hint", "refresh_token"),
        ("token_type_hint", "nonsense"),
        ("client_id", "shop"),
        ("resource", "https://shop.example.com"),
    ] {
        let form = [("token", &*secret), (name, value)];
        let asked = asker.request(Method::POST, INTROSPECT).form(&form);
        assert_eq!(asker.send(asked).await.json()["active"], true, "{name}");
    }
}

#[tokio::test]
async fn section_2_2_of_an_active_token_it_tells_scope_subject_and_times() {
    let app = TestApp::start();
    let Two {
        asker,
        secret,
        browser,
        ..
    } = two(&app).await;
    let user = browser.get("/api/v1/user").await.json();
    let token = browser.get("/api/v1/tokens").await.json()["data"][0].clone();
    let told = introspect(&asker, &secret)
        .await
        .expect_header("content-type", "application/json")
        .expect_header("cache-control", "no-store")
        .json();
    let wanted = json!({
        "active": true,
        "scope": "orders:read account:read",
        "username": "ada@example.com",
        "token_type": "Bearer",
        "iat": 1_795_350_600,
        "sub": user["id"],
        "iss": app.anonymous().get(METADATA).await.json()["issuer"],
        "jti": token["id"],
    });
    assert_eq!(told, wanted);

    let form = [("name", "Ends"), ("expires", "7d")];
    let made = browser.post("/account/tokens", &form).await;
    let ends = crate::support::app::secret_in(&made.text);
    let told = introspect(&asker, &ends).await.json();
    let seven_days = Duration::from_secs(7 * 24 * 3600);
    let lasts = told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap();
    assert_eq!(u64::try_from(lasts).unwrap(), seven_days.as_secs());
    assert_eq!(told["scope"], "", "an empty list grants nothing");
    app.advance(seven_days);
    assert_eq!(introspect(&asker, &ends).await.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn section_2_2_a_session_is_known_by_the_value_of_its_cookie_and_is_no_access_token() {
    let app = TestApp::start();
    let Two { asker, browser, .. } = two(&app).await;
    let cookie = browser.cookie("narthex").unwrap();
    let told = introspect(&asker, &cookie.value).await.json();
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(told["scope"], "*");
    assert_eq!(told["token_type"], "N_A");
    browser.post("/logout", &[]).await.expect_status(303);
    let told = introspect(&asker, &cookie.value).await;
    assert_eq!(told.text, r#"{"active":false}"#);
}

#[tokio::test]
async fn section_2_2_whatever_is_not_active_is_told_in_the_same_words() {
    let app = TestApp::start();
    let Two {
        asker,
        secret,
        browser,
        ..
    } = two(&app).await;
    let paused = app.token(&browser, "Paused", &[]).await;
    let pause = format!("/account/tokens/{}/pause", paused.id);
    browser.post(&pause, &[]).await.expect_status(303);
    let client = app.api_client(&secret);
    let ended = client.delete("/api/v1/tokens/current").await;
    ended.expect_status(204);
    for token in [
        &*secret,
        &*paused.secret,
        "nrx_000000000000000000000000000000000000",
        "nonsense",
        "%ff=;",
    ] {
        let told = introspect(&asker, token).await;
        assert_eq!(told.text, r#"{"active":false}"#, "{token}");
        told.expect_header("content-type", "application/json")
            .expect_header("cache-control", "no-store");
    }
}

/// Asks about `token` as a client with that name and password.
async fn as_client(app: &TestApp, credentials: &str, token: &str) -> Answer {
    let anonymous = app.anonymous();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let asked = anonymous
        .request(Method::POST, INTROSPECT)
        .header("authorization", basic)
        .form(&[("token", token)]);
    anonymous.send(asked).await
}

#[tokio::test]
async fn section_2_1_a_token_is_a_client_s_password_too_and_the_verdict_is_the_same() {
    let app = TestApp::start();
    let Two {
        asker,
        asking,
        secret,
        ..
    } = two(&app).await;
    let by_bearer = introspect(&asker, &secret).await;
    // RFC 6749, section 2.3.1: as in a form, where some write `_` so and some so.
    let encoded = asking.replace('_', "%5F");
    for credentials in [
        format!("shop:{asking}"),
        format!(":{asking}"),
        format!("a%3Ab:{encoded}"),
    ] {
        let by_basic = as_client(&app, &credentials, &secret).await;
        assert_eq!(by_basic.expect_status(200).text, by_bearer.text);
    }
    // Without the ability, the same as by Bearer.
    let unable = as_client(&app, &format!("shop:{secret}"), &asking).await;
    let by_basic = unable.expect_problem(403, "missing-ability");
    let unable = app.api_client(&secret);
    let form = [("token", &asking)];
    let asked = unable.request(Method::POST, INTROSPECT).form(&form);
    let by_bearer = unable.send(asked).await.expect_status(403);
    assert_eq!(by_basic.text, by_bearer.text);
    assert_eq!(challenge(&by_basic), challenge(&by_bearer));
    // What ended is refused by either.
    let ended = asker.delete("/api/v1/tokens/current").await;
    ended.expect_status(204);
    let refused = as_client(&app, &format!("shop:{asking}"), &secret).await;
    expect_oauth_error(refused, 401, "invalid_client");
}

#[tokio::test]
async fn section_2_3_a_client_whose_password_is_no_good_token_is_an_invalid_client() {
    let app = TestApp::start();
    let Two {
        asking,
        secret,
        browser,
        ..
    } = two(&app).await;
    let cookie = browser.cookie("narthex").unwrap().value;
    for credentials in [
        "shop:guess".to_owned(),
        "shop:".to_owned(),
        asking.clone(),
        format!("{asking}:"),
        format!("shop:{asking}x"),
        format!("shop:{asking}&"),
        format!("shop:{cookie}"),
        "ada@example.com:correct horse battery staple".to_owned(),
    ] {
        let refused = as_client(&app, &credentials, &secret).await;
        let refused = expect_oauth_error(refused, 401, "invalid_client");
        let (scheme, _) = challenge(&refused);
        assert_eq!(scheme, "Basic", "RFC 6749, section 5.2: by its own scheme");
    }
    let asked = browser
        .request(Method::POST, INTROSPECT)
        .header("authorization", "Basic !")
        .form(&[("token", &secret)]);
    let refused = browser.send(asked).await;
    expect_oauth_error(refused, 401, "invalid_client");
}

#[tokio::test]
async fn a_token_is_no_password_at_the_api() {
    let app = TestApp::start();
    let Two { asking, .. } = two(&app).await;
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("x:{asking}")));
    for path in ["/api/v1/user", "/api/v1/tokens/current"] {
        let anonymous = app.anonymous();
        let asked = anonymous.request(Method::GET, path);
        let asked = asked.header("authorization", &basic);
        anonymous.send(asked).await.expect_status(401);
    }
}

#[tokio::test]
async fn section_2_3_who_is_nobody_or_lacks_the_ability_is_told_nothing() {
    let app = TestApp::start();
    let Two { secret, .. } = two(&app).await;
    let form = [("token", &*secret)];
    let refused = app.anonymous().post(INTROSPECT, &form).await;
    let refused = refused.expect_problem(401, "not-signed-in");
    assert_eq!(challenge(&refused).0, "Bearer");
    let unable = app.api_client(&secret);
    let asked = unable.request(Method::POST, INTROSPECT).form(&form);
    let refused = unable.send(asked).await;
    let refused = refused.expect_problem(403, "missing-ability");
    let (_, parameters) = challenge(&refused);
    let scope = ("scope".to_owned(), "tokens:introspect".to_owned());
    assert!(parameters.contains(&scope), "{refused}");
}

/// RFC 7662, section 2.2: `exp` is when this token expires, and each secret of it is one here.
#[tokio::test]
async fn section_2_2_exp_of_a_rotated_out_secret_is_the_end_of_its_overlap() {
    let app = TestApp::start();
    let Two {
        asking, browser, ..
    } = two(&app).await;
    let asker = app.api_client(&asking);
    let exp = async |secret: &str| {
        let asked = asker.request(Method::POST, INTROSPECT);
        let told = asker.send(asked.form(&[("token", secret)])).await;
        told.expect_status(200).json()["exp"].clone()
    };
    let now = 1_795_350_600;
    for (life, overlap, old, new) in [
        (json!(null), "1h", json!(now + 3600), json!(null)),
        (json!(7200), "1h", json!(now + 3600), json!(now + 7200)),
        (json!(60), "1h", json!(now + 60), json!(now + 60)),
    ] {
        let body = json!({"name": "CI", "abilities": [], "expires_in": life});
        let made = browser
            .call(Method::POST, "/api/v1/tokens", Some(&body))
            .await;
        let token = app.token_from(&made.expect_status(201).json());
        let path = format!("/api/v1/tokens/{}/rotate", token.id);
        let body = json!({"overlap": overlap});
        let rotated = browser.call(Method::POST, &path, Some(&body)).await;
        let rotated = app.token_from(&rotated.expect_status(200).json());
        // Asked of the database, and of the cache.
        for _ in 0..2 {
            assert_eq!(exp(&token.secret).await, old, "{life}");
            assert_eq!(exp(&rotated.secret).await, new, "{life}");
        }
    }
}
