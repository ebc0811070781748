//! A mount: an app serves all pages and calls of Narthex below a path of its own.

use std::time::Duration;

use narthex::config::Mount;
use reqwest::Method;
use serde_json::json;

use crate::oauth::METADATA;
use crate::support::api::EVERY_ABILITY;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{AnonymousClient, ApiClient, Browser};
use crate::support::page::{ADA, newest_token};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const SIGN_IN: [(&str, &str); 2] = [("email", ADA), ("password", PASSWORD)];

/// An app below `/auth`.
fn start(settings: &[(&str, &str)]) -> TestApp {
    TestApp::start_below("/auth", settings)
}

/// A client that names whole paths, like all clients of these tests.
fn anonymous(app: &TestApp) -> AnonymousClient {
    app.anonymous().below(Mount::ROOT)
}

async fn register(app: &TestApp) -> Browser {
    app.register(ADA).await.below(Mount::ROOT)
}

async fn api_client(app: &TestApp) -> ApiClient {
    let browser = app.register(ADA).await;
    let client = app.client(&browser, &EVERY_ABILITY).await;
    client.below(Mount::ROOT)
}

#[tokio::test(flavor = "multi_thread")]
async fn mount_itself_redirects_to_sign_in_or_account() {
    let app = start(&[]);
    let browser = register(&app).await;
    for path in ["/auth", "/auth/"] {
        anonymous(&app)
            .get(path)
            .await
            .expect_redirect("/auth/login");
        browser.get(path).await.expect_redirect("/auth/account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn path_outside_the_mount_is_not_found() {
    let app = start(&[]);
    for path in [
        "/",
        "/login",
        "/api/v1/user",
        "/healthz",
        "/authlogin",
        "/auth//login",
    ] {
        anonymous(&app).get(path).await.expect_status(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_leads_back_to_the_page_below_the_mount() {
    let app = start(&[]);
    register(&app).await;
    let browser = app.browser().below(Mount::ROOT);
    let refused = browser.get("/auth/account/tokens?cursor=").await;
    let login = "/auth/login?next=%2Fauth%2Faccount%2Ftokens%3Fcursor%3D";
    let page = browser.follow(&refused.expect_redirect(login)).await;
    let next = page.field("next");
    assert_eq!(next, "/auth/account/tokens?cursor=");
    let form = [SIGN_IN[0], SIGN_IN[1], ("next", &next)];
    let signed_in = browser.post("/auth/login", &form).await;
    signed_in.expect_redirect(&next);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_leads_to_a_page_of_the_app_outside_the_mount() {
    let app = start(&[]);
    register(&app).await;
    for (next, page) in [("/orders", "/orders"), ("//evil.example", "/auth/account")] {
        let browser = app.browser().below(Mount::ROOT);
        let form = [SIGN_IN[0], SIGN_IN[1], ("next", next)];
        let signed_in = browser.post("/auth/login", &form).await;
        signed_in.expect_redirect(page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_form_returns_as_a_draft_below_the_mount() {
    let app = start(&[]);
    let browser = register(&app).await;
    app.advance(QUARTER_HOUR);
    let form = [("name", "CI of the shop")];
    let refused = browser.post("/auth/account/tokens", &form).await;
    let confirm = refused.expect_status(303).location().to_owned();
    let begin = "/auth/account/confirm?next=%2Fauth%2Faccount%2Ftokens%2Fnew%3Fdraft%3D";
    assert!(confirm.starts_with(begin), "{confirm}");
    let next = browser.get(&confirm).await.field("next");
    let form = [("password", PASSWORD), ("next", &next)];
    let confirmed = browser.post("/auth/account/confirm", &form).await;
    let page = browser.follow(&confirmed.expect_redirect(&next)).await;
    assert_eq!(page.field("name"), "CI of the shop");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_leads_back_to_its_list_below_the_mount() {
    let app = start(&[]);
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let token = newest_token(&browser).await;
    let browser = browser.below(Mount::ROOT);
    let next = browser.get("/auth/account/tokens").await.field("next");
    assert_eq!(next, "/auth/account/tokens");
    let form = [("confirmed", "1"), ("next", &next)];
    let path = format!("/auth/account/tokens/{token}/revoke");
    let revoked = browser.post(&path, &form).await.expect_redirect(&next);
    let page = browser.follow(&revoked).await;
    page.expect_text("<a href=\"/auth/account/receipts/");
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_leads_back_to_its_page_below_the_mount() {
    let app = start(&[]);
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let browser = browser.below(Mount::ROOT);
    let path = "/auth/account/sign-out?class=token&next=%2Fauth%2Faccount%2Ftokens";
    let preview = browser.get(path).await;
    let (next, digest) = (preview.field("next"), preview.field("digest"));
    assert_eq!(next, "/auth/account/tokens");
    let form = [("class", "token"), ("next", &next), ("digest", &digest)];
    let revoked = browser.post("/auth/account/sign-out", &form).await;
    revoked.expect_redirect(&next);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_revocation_returns_to_its_question_below_the_mount() {
    const ID: &str = "019ab6b0-0000-7000-8000-000000000000";
    let app = start(&[]);
    for list in ["sessions", "tokens"] {
        let path = format!("/auth/account/{list}/{ID}/revoke");
        let refused = anonymous(&app).post(&path, &[]).await;
        let next = format!("%2Fauth%2Faccount%2F{list}%2F{ID}%2Frevoke");
        refused.expect_redirect(&format!("/auth/login?next={next}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn navigation_marks_the_page_below_the_mount() {
    let app = start(&[]);
    let browser = register(&app).await;
    for (path, name) in [
        ("/auth/account", "Overview"),
        ("/auth/account/tokens/new", "Tokens"),
    ] {
        let page = browser.get(path).await.expect_status(200);
        page.expect_text(&format!("aria-current=\"page\">{name}</a>"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn overlong_selection_is_no_return_address_below_the_mount() {
    let app = start(&[]);
    let long = format!("/auth/account/sign-out?id={}", "a".repeat(2048));
    let refused = anonymous(&app).get(&long).await;
    // Without its query, the address would select everything.
    refused.expect_redirect("/auth/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_cookie_is_sent_to_the_whole_origin() {
    let app = start(&[]);
    let cookie = register(&app).await.cookie("narthex").unwrap();
    assert_eq!(cookie.attribute("Path"), Some("/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn api_answers_contain_addresses_with_the_mount() {
    let app = start(&[]);
    let client = api_client(&app).await;
    let body = json!({"name": "CI", "abilities": []});
    let created = client.post("/auth/api/v1/tokens", &body).await;
    let location = created.expect_status(201).location().to_owned();
    assert!(location.starts_with("/auth/api/v1/tokens/"), "{location}");
    client.get(&location).await.expect_status(200);
    let refused = anonymous(&app).get("/auth/api/v1/user").await;
    let kind = refused.expect_status(401).problem().kind;
    assert_eq!(kind, "/auth/problems/not-signed-in");
    anonymous(&app).get(&kind).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn format_of_an_error_depends_on_the_path_below_the_mount() {
    let app = TestApp::start_below("/api", &[]);
    let anonymous = anonymous(&app);
    let page = anonymous.get("/api/nothing").await.expect_status(404);
    page.expect_header("content-type", "text/html; charset=utf-8");
    let call = anonymous.get("/api/api/nothing").await;
    call.expect_problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn trusted_page_may_read_the_api_below_the_mount_only() {
    let trusted = "https://app.example.com";
    let app = TestApp::start_below("/id", &[("NARTHEX_TRUSTED_ORIGINS", trusted)]);
    let anonymous = anonymous(&app);
    for (path, is_readable) in [
        ("/id/api/v1/user", true),
        ("/id/login", false),
        ("/id/auth/verify", false),
    ] {
        let request = anonymous.request(Method::GET, path);
        let answer = anonymous.send(request.header("origin", trusted)).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed.is_some(), is_readable, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_document_has_the_mount_in_its_server_url() {
    let app = start(&[]);
    let answer = anonymous(&app).get("/auth/openapi.json").await;
    let document = answer.expect_status(200);
    let servers = document.json()["servers"].clone();
    assert_eq!(servers, json!([{"url": "http://localhost:0/auth"}]));
    document
        .expect_text("`/auth/problems/confirm-password`")
        .expect_text("`/auth/problems/not-found`")
        .expect_no_text("`/problems/");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_at_both_addresses_of_the_issuer() {
    let app = start(&[("NARTHEX_PUBLIC_URL", "https://id.example.com")]);
    let anonymous = anonymous(&app);
    for path in [format!("{METADATA}/auth"), format!("/auth{METADATA}")] {
        let request = anonymous.request(Method::GET, &path);
        let answer = anonymous.send(request.header("host", "id.example.com"));
        let metadata = answer.await.expect_status(200).json();
        let url = |path: &str| format!("https://id.example.com/auth{path}");
        assert_eq!(metadata["issuer"], url(""));
        assert_eq!(metadata["revocation_endpoint"], url("/oauth/revoke"));
        assert_eq!(metadata["introspection_endpoint"], url("/oauth/introspect"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_names_the_issuer_of_the_metadata() {
    let app = start(&[]);
    let client = api_client(&app).await;
    let request = client.request(Method::POST, "/auth/oauth/introspect");
    let answer = client
        .send(request.form(&[("token", client.secret())]))
        .await;
    let path = format!("{METADATA}/auth");
    let metadata = anonymous(&app).get(&path).await.json();
    assert_eq!(answer.expect_status(200).json()["iss"], metadata["issuer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_password_address_stays_at_the_root() {
    let app = start(&[]);
    let (anonymous, path) = (anonymous(&app), "/.well-known/change-password");
    let redirect = anonymous.get(path).await;
    redirect.expect_redirect("/auth/account/profile");
    let mounted = anonymous.get(&format!("/auth{path}")).await;
    mounted.expect_status(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn forward_auth_redirects_to_sign_in_below_the_mount() {
    let app = start(&[
        ("NARTHEX_PUBLIC_URL", "https://example.com"),
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let anonymous = anonymous(&app);
    let request = anonymous
        .request(Method::GET, "/auth/auth/verify?redirect=on")
        .header("accept", "text/html")
        .header("x-forwarded-uri", "/orders?page=2");
    let redirect = anonymous.send(request).await;
    redirect.expect_redirect("https://example.com/auth/login?next=%2Forders%3Fpage%3D2");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_paths_below_the_mount_are_exempt_from_checks() {
    let app = TestApp::start_below("/id", &[]);
    let anonymous = anonymous(&app);
    for path in ["/healthz", "/readyz", "/auth/verify"] {
        for (prefix, expected) in [("", true), ("/id", false)] {
            let request = anonymous.request(Method::GET, &format!("{prefix}{path}"));
            let answer = anonymous.send(request.header("host", "evil.example")).await;
            assert_eq!(answer.status == 421, expected, "{answer}");
        }
    }
    for (path, status) in [("/auth/verify", 403), ("/id/auth/verify", 401)] {
        let request = anonymous.request(Method::POST, path);
        let request = request.header("sec-fetch-site", "cross-site");
        let answer = anonymous.send(request).await.expect_status(status);
        let has_identity = answer.header("remote-user").is_some();
        assert_eq!(has_identity, status == 401, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_page_below_the_mount_may_lead_to_an_app() {
    let app = start(&[]);
    let policy = async |path: &str| {
        let answer = anonymous(&app).get(path).await;
        answer.header("content-security-policy").unwrap().to_owned()
    };
    // Chromium applies `form-action` also to the redirect after the form.
    assert!(!policy("/auth/login").await.contains("form-action"));
    assert!(policy("/login").await.contains("form-action 'self'"));
}
