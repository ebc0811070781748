//! What another site's page makes a browser send does nothing.

use narthex::http::routes;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;

const ADA: &str = "ada@example.com";

/// How a browser says that a request is not our own page's.
const ELSEWHERE: [&[(&str, &str)]; 7] = [
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

/// A user with a session that acts, one that looks on, and a token.
struct Scene {
    app: TestApp,
    actor: Browser,
    witness: Browser,
    session: String,
    token: String,
    secret: String,
}

impl Scene {
    async fn set() -> Self {
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

    /// All that a request could change.
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

    /// A request that would do something.
    async fn would_act(&self, method: &str, pattern: &str) -> reqwest::RequestBuilder {
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
    // A proxy's question does nothing, whatever its method.
    let acting = routes.filter(|route| route.method != "GET" && route.path != "/auth/verify");
    acting
        .map(|route| (route.method.to_string(), route.path))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_another_site_sends_with_the_cookie_is_done() {
    let scene = Scene::set().await;
    let before = scene.state().await;
    for (method, pattern) in unsafe_routes() {
        for headers in ELSEWHERE {
            let mut request = scene.would_act(&method, pattern).await;
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

/// The other side of the test above: the same requests do act when they are our own page's.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_from_our_own_page_or_from_no_browser_is_let_through() {
    let own = |app: &TestApp| app.origin.clone();
    for (method, pattern) in unsafe_routes() {
        if pattern == "/api/v1/tokens/current" {
            continue; // A session is no token.
        }
        let scene = Scene::set().await;
        let origin = own(&scene.app);
        let ways: [&[(&str, &str)]; 4] = [
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", &origin)],
            &[],
        ];
        let headers = ways[pattern.len() % ways.len()];
        let mut request = scene.would_act(&method, pattern).await;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let before = scene.state().await;
        let answer = scene.actor.send(request).await;
        assert!(answer.status < 400, "{headers:?}: {answer}");
        let looks = [
            "/api/v1/sign-out/preview",
            "/account/tokens/{id}/resume",
            "/oauth/introspect",
        ];
        let ends_the_witness = scene.witness.get("/api/v1/user").await.status == 401;
        if !looks.contains(&pattern) && pattern != "/register" && !ends_the_witness {
            assert_ne!(scene.state().await, before, "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_a_browser_adds_by_itself_do_not_make_a_page_s_form_our_own() {
    let scene = Scene::set().await;
    let before = scene.state().await;
    for (method, pattern) in unsafe_routes() {
        if pattern.starts_with("/api/") || pattern.starts_with("/oauth/") {
            continue;
        }
        // A proxy in front that asks for a password makes every browser add this, from any site.
        for pass in ["Basic YWRhOnNlY3JldA==", "Bearer nrx_x", "Negotiate x"] {
            let request = scene.would_act(&method, pattern).await;
            let request = request
                .header("authorization", pass)
                .header("sec-fetch-site", "cross-site");
            scene.actor.send(request).await.expect_status(403);
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_a_token_may_call_from_wherever_it_runs() {
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
async fn another_site_cannot_sign_a_browser_in() {
    let app = TestApp::start();
    app.register("mallory@example.com").await;
    let victim = app.browser().with_fetch_site(Some("cross-site"));
    let form = [("email", "mallory@example.com"), ("password", PASSWORD)];
    victim.post("/login", &form).await.expect_status(403);
    assert_eq!(victim.cookie("narthex"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_origin_may_act_and_one_that_looks_like_it_may_not() {
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
async fn behind_https_only_the_public_url_is_our_own_origin() {
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
async fn a_safe_method_stays_safe_whatever_the_request_says_besides() {
    let scene = Scene::set().await;
    let before = scene.state().await;
    for (method, pattern) in unsafe_routes() {
        let path = scene.path(pattern);
        for asked in [
            format!("{path}?_method={method}"),
            format!("{path}?_method={method}&password=x&name=x"),
        ] {
            for safe in [Method::GET, Method::HEAD] {
                let request = scene.actor.request(safe, &asked);
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
async fn a_field_cannot_make_another_method_of_a_post() {
    let scene = Scene::set().await;
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
async fn no_answer_lets_another_origin_read_it() {
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
