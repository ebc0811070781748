//! Requests that a page of another site causes have no effect.

use narthex::http::routes;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";

/// Headers of cross-site requests.
const CROSS_SITE: [&[(&str, &str)]; 7] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "whatever comes next")],
    &[
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://evil.example"),
    ],
    &[("origin", "http://evil.example")],
    &[("origin", "null")],
    &[("origin", "http://127.0.0.1:1")],
];

/// The forms that need a mail server. Their own tests send them from our pages.
const OF_MAIL: [&str; 9] = [
    "/verify-email",
    "/verify-email/resend",
    "/email/confirm",
    "/email/undo",
    "/email/cancel",
    "/email/notices",
    "/invitation",
    "/password/forgot",
    "/password/reset",
];

/// The forms that need a code. The tests of second factors send them from our pages.
const OF_FACTORS: [&str; 15] = [
    "/login/verify",
    "/login/passkey/options",
    "/login/passkey",
    "/account/confirm/passkey/options",
    "/account/confirm/passkey",
    "/account/password/remove",
    "/account/security/totp",
    "/account/security/totp/remove",
    "/account/security/recovery-codes",
    "/account/security/passkeys/options",
    "/account/security/passkeys",
    "/account/security/passkeys/{id}",
    "/account/security/passkeys/{id}/remove",
    "/account/security/trusted-browsers/{id}/remove",
    "/account/security/removals/{id}/cancel",
];

/// A user with two sessions, one that sends the requests and one that observes, and a token.
struct Scene {
    app: TestApp,
    actor: Browser,
    witness: Browser,
    session: String,
    token: String,
    secret: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start();
        let witness = app.register(ADA).await;
        let secret = app.token_of(&witness, "CI", &["tokens:read"]).await;
        let actor = app.sign_in(ADA).await.with_fetch_site(None);
        let ids = |list: Answer| list.json()["data"].clone();
        let tokens = ids(witness.get("/api/v1/tokens").await);
        let sessions = ids(witness.get("/api/v1/sessions").await);
        let other = sessions
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["current"] == json!(true));
        Self {
            session: other.unwrap()["id"].as_str().unwrap().to_owned(),
            token: tokens[0]["id"].as_str().unwrap().to_owned(),
            app,
            actor,
            witness,
            secret,
        }
    }

    /// Everything that a request could change.
    async fn state(&self) -> [Value; 3] {
        let user = self.witness.get("/api/v1/user").await.json();
        let credentials = self
            .witness
            .get("/api/v1/credentials?ended=true")
            .await
            .json();
        let events = self.witness.get("/api/v1/events").await.json();
        [user, credentials, events]
    }

    fn path(&self, pattern: &str) -> String {
        let id = if pattern.contains("sessions") {
            &self.session
        } else {
            &self.token
        };
        pattern.replace("{id}", id)
    }

    /// A request that has an effect unless it is refused.
    async fn effective_request(&self, method: &str, pattern: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.actor.request(method.clone(), &self.path(pattern));
        if pattern.starts_with("/api/") {
            return match (&*method.to_string(), pattern) {
                ("POST", "/api/v1/sign-in") => request.json(&json!({
                    "email": ADA, "password": PASSWORD, "device_name": "x"
                })),
                ("POST", "/api/v1/confirm") => request.json(&json!({"password": PASSWORD})),
                ("POST", "/api/v1/tokens") => request.json(&json!({"name": "x", "abilities": []})),
                ("PATCH", _) => request.json(&json!({"name": "y"})),
                ("POST", _) | ("DELETE", "/api/v1/sessions" | "/api/v1/tokens") => {
                    request.json(&json!({}))
                }
                _ => request,
            };
        }
        let digest = match pattern {
            "/account/sign-out" => self.witness.get("/account/sign-out").await.field("digest"),
            _ => String::new(),
        };
        let form: &[(&str, &str)] = match pattern {
            "/register" => &[
                ("name", "M"),
                ("email", "m@example.com"),
                ("password", PASSWORD),
            ],
            "/login" => &[("email", ADA), ("password", PASSWORD)],
            "/account/profile" => &[("name", "Mallory"), ("email", ADA)],
            "/account/password" => &[
                ("current_password", PASSWORD),
                ("password", "mallory's long password"),
            ],
            "/account/delete" | "/account/confirm" => &[("password", PASSWORD)],
            "/account/tokens" => &[("name", "Mallory's"), ("abilities", "*")],
            "/account/tokens/{id}" => &[("name", "Mallory's")],
            "/account/sign-out" => &[("digest", &digest)],
            "/account/sessions/{id}/revoke" | "/account/tokens/{id}/revoke" => {
                &[("confirmed", "1")]
            }
            "/oauth/revoke" | "/oauth/introspect" => &[("token", &self.secret)],
            _ => &[],
        };
        request.form(form)
    }
}

fn unsafe_routes() -> Vec<(String, &'static str)> {
    let routes = routes::table().into_iter();
    // Forward auth changes nothing, with any method.
    let changing = routes.filter(|route| route.method != "GET" && route.path != "/auth/verify");
    changing
        .map(|route| (route.method.to_string(), route.path))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_site_requests_with_the_cookie_have_no_effect() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for (method, pattern) in unsafe_routes() {
        for headers in CROSS_SITE {
            let mut request = scene.effective_request(&method, pattern).await;
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = scene.actor.send(request).await;
            assert_eq!(answer.status, 403, "{headers:?}: {answer}");
            assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
            if pattern.starts_with("/api/") {
                assert!(answer.problem().kind.ends_with("/cross-site"), "{answer}");
            }
        }
    }
    assert_eq!(scene.state().await, before);
    let anonymous = [("email", "m@example.com"), ("password", PASSWORD)];
    scene
        .app
        .browser()
        .post("/login", &anonymous)
        .await
        .expect_status(422);
}

/// The calls of scripts for options, which need no body.
#[tokio::test(flavor = "multi_thread")]
async fn cross_site_call_without_a_body_is_refused() {
    let app = TestApp::start();
    let browser = app.register(ADA).await.with_fetch_site(None);
    for path in [
        "/login/passkey/options",
        "/account/confirm/passkey/options",
        "/account/security/passkeys/options",
    ] {
        for headers in CROSS_SITE {
            let mut request = browser.request(Method::POST, path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}: {answer}");
            assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
        }
        for headers in [("sec-fetch-site", "same-origin"), ("origin", &app.origin)] {
            let request = browser.request(Method::POST, path);
            let request = request.header(headers.0, headers.1);
            let answer = browser.send(request).await.expect_status(200);
            assert!(answer.json()["challenge"].is_string(), "{path}: {answer}");
        }
    }
}

/// The counterpart of the test above: the same requests have an effect from our own pages.
#[tokio::test(flavor = "multi_thread")]
async fn same_origin_and_non_browser_requests_take_effect() {
    let own = |app: &TestApp| app.origin.clone();
    for (method, pattern) in unsafe_routes() {
        if pattern == "/api/v1/tokens/current" {
            continue; // The caller has a session, not a token.
        }
        if OF_MAIL.contains(&pattern) {
            continue; // Without a mail server, there is no such page.
        }
        if OF_FACTORS.contains(&pattern) {
            continue; // Without a code, they change nothing.
        }
        let scene = Scene::new().await;
        let origin = own(&scene.app);
        let ways: [&[(&str, &str)]; 4] = [
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", &origin)],
            &[],
        ];
        let headers = ways[pattern.len() % ways.len()];
        let mut request = scene.effective_request(&method, pattern).await;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let before = scene.state().await;
        let answer = scene.actor.send(request).await;
        assert!(answer.status < 400, "{headers:?}: {answer}");
        let read_only = [
            "/api/v1/sign-out/preview",
            "/account/tokens/{id}/resume",
            "/oauth/introspect",
        ];
        let witness_is_signed_out = scene.witness.get("/api/v1/user").await.status == 401;
        if !read_only.contains(&pattern) && pattern != "/register" && !witness_is_signed_out {
            assert_ne!(scene.state().await, before, "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorization_header_does_not_excuse_cross_site_forms() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for (method, pattern) in unsafe_routes() {
        if pattern.starts_with("/api/") || pattern.starts_with("/oauth/") {
            continue;
        }
        // If a proxy asks for a password, every browser adds this header, also for requests of
        // another site.
        for authorization in ["Basic YWRhOnNlY3JldA==", "Bearer nrx_x", "Negotiate x"] {
            let request = scene.effective_request(&method, pattern).await;
            let request = request
                .header("authorization", authorization)
                .header("sec-fetch-site", "cross-site");
            scene.actor.send(request).await.expect_status(403);
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_requests_are_accepted_from_any_origin() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let client = app.api_client(&app.token_of(&browser, "CI", &["tokens:write"]).await);
    let request = client.request(Method::POST, "/api/v1/tokens");
    let request = request
        .header("origin", "https://app.elsewhere.example")
        .header("sec-fetch-site", "cross-site");
    let body = json!({"name": "From afar", "abilities": []});
    client.send(request.json(&body)).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_site_request_cannot_sign_a_browser_in() {
    let app = TestApp::start();
    app.register("mallory@example.com").await;
    let victim = app.browser().with_fetch_site(Some("cross-site"));
    let form = [("email", "mallory@example.com"), ("password", PASSWORD)];
    victim.post("/login", &form).await.expect_status(403);
    assert_eq!(victim.cookie("narthex"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn trusted_origin_may_act_and_similar_origins_may_not() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    let browser = app.register(ADA).await.with_fetch_site(None);
    let post = |origin: &str, site: &str| {
        let request = browser.request(Method::POST, "/account/profile");
        let request = request
            .header("origin", origin)
            .header("sec-fetch-site", site);
        request.form(&[("name", "Ada"), ("email", ADA)])
    };
    for site in ["same-site", "cross-site"] {
        let answer = browser.send(post("https://app.example.com", site)).await;
        answer.expect_status(303);
        for other in [
            "http://app.example.com",
            "https://app.example.com:444",
            "https://app.example.com.evil.example",
            "https://evil-app.example.com",
            "https://APP.example.com.",
            "null",
        ] {
            browser.send(post(other, site)).await.expect_status(403);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn public_url_is_the_only_own_origin_behind_https() {
    let app = TestApp::start_with(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let anonymous = app.anonymous();
    let post = |origin: &str| {
        let request = anonymous.request(Method::POST, "/login");
        let request = request
            .header("host", "id.example.com")
            .header("origin", origin);
        request.form(&[("email", ADA), ("password", PASSWORD)])
    };
    anonymous
        .send(post("https://id.example.com"))
        .await
        .expect_status(422);
    for other in [
        "http://id.example.com",
        "https://id.example.com:8443",
        &app.origin,
    ] {
        anonymous.send(post(other)).await.expect_status(403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn method_overrides_do_not_make_a_safe_method_unsafe() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for (method, pattern) in unsafe_routes() {
        let path = scene.path(pattern);
        for target in [
            format!("{path}?_method={method}"),
            format!("{path}?_method={method}&password=x&name=x"),
        ] {
            for safe in [Method::GET, Method::HEAD] {
                let request = scene.actor.request(safe, &target);
                let request = request
                    .header("x-http-method-override", &method)
                    .header("x-method-override", &method)
                    .header("x-http-method", &method);
                let answer = scene.actor.send(request).await;
                assert!(answer.status < 500, "{answer}");
            }
        }
    }
    assert_eq!(scene.state().await, before);
    scene.actor.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn method_overrides_do_not_change_a_post() {
    let scene = Scene::new().await;
    let path = format!("/api/v1/tokens/{}", scene.token);
    let request = scene.actor.request(Method::POST, &path);
    let request = request.header("x-http-method-override", "DELETE");
    scene.actor.send(request).await.expect_status(405);
    let path = format!("/account/tokens/{}", scene.token);
    let renamed = [("_method", "DELETE"), ("name", "Still here")];
    scene.actor.post(&path, &renamed).await.expect_status(303);
    scene.actor.get(&path).await.expect_text("Still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_have_no_cors_headers_by_default() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
    ] {
        for path in ["/account", "/api/v1/user", "/login"] {
            let request = browser.request(Method::GET, path).header("origin", origin);
            let answer = browser.send(request).await;
            let cors = answer
                .headers
                .keys()
                .filter(|name| name.as_str().starts_with("access-control"));
            assert_eq!(cors.count(), 0, "{answer}");
        }
    }
}
