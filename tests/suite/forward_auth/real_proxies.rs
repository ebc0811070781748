//! An app behind Debian's nginx and Caddy with the configuration of the documentation: which
//! requests reach the app, and what it learns about their callers.

use narthex::http::{auth::Access, paths, routes};
use reqwest::Method;

use crate::support::app::PASSWORD;
use crate::support::client::Browser;
use crate::support::echo_app::GREETING;
use crate::support::reverse_proxy::{APP_URL, ID, ProxyDeployment, read_docs_file};

const ADA: &str = "ada@example.com";
const IDENTITY: [&str; 7] = [
    "remote-abilities",
    "remote-assurance",
    "remote-credential",
    "remote-email",
    "remote-email-verified",
    "remote-name",
    "remote-user",
];

/// Runs every test behind each of the proxies.
macro_rules! behind_each_proxy {
    ($($layout:ident: $($rule:ident)*;)*) => {
        mod nginx {
            use crate::support::reverse_proxy::{ProxyDeployment, Proxy};
            $($(#[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs nginx: use scripts/test"]
            async fn $rule() {
                super::$rule(ProxyDeployment::$layout(Proxy::Nginx)).await;
            })*)*
        }
        mod caddy {
            use crate::support::reverse_proxy::{ProxyDeployment, Proxy};
            $($(#[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs Caddy: use scripts/test"]
            async fn $rule() {
                super::$rule(ProxyDeployment::$layout(Proxy::Caddy)).await;
            })*)*
        }
    };
}

behind_each_proxy! {
    of:
    browser_signs_in_and_returns_to_the_requested_page
    api_client_gets_a_challenge_and_no_redirect
    app_receives_the_identity_of_the_caller
    app_receives_its_cookies_without_session_or_token
    client_cannot_forge_identity_headers
    ability_is_required_for_every_spelling_of_the_path
    every_method_reaches_the_app_with_its_body
    revoked_credential_is_refused_on_the_next_request
    unavailable_narthex_means_no_request_passes
    name_header_is_unambiguous_and_a_single_header
    client_address_is_the_one_that_the_proxy_saw
    error_responses_of_the_app_pass_unchanged
    foreign_cookie_with_any_bytes_is_ignored
    app_receives_its_own_authorization_header
    preflight_reaches_the_app_only_if_allowed
    sign_out_link_of_the_app_returns_to_the_app
    paths_of_narthex_reach_narthex_and_others_the_app;
    with_two_hosts:
    two_hosts_share_one_sign_in
    two_hosts_refuse_the_same_requests_as_one;
}

/// A request with the headers that a browser sends for a navigation.
fn navigation(browser: &Browser, path: &str) -> reqwest::RequestBuilder {
    browser
        .request(Method::GET, path)
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("sec-fetch-mode", "navigate")
}

async fn browser_signs_in_and_returns_to_the_requested_page(deployment: ProxyDeployment) {
    deployment.register(ADA).await;
    let browser = deployment.browser();
    let requested = "/reports/7?page=2&sort=a%20b";
    let redirect = browser.send(navigation(&browser, requested)).await;
    let login = format!(
        "{}/login?next=%2Freports%2F7%3Fpage%3D2%26sort%3Da%2520b",
        deployment.origin
    );
    let redirect = redirect.expect_redirect(&login);
    deployment.app.expect_no_request();

    let form = browser.get(
        redirect
            .location()
            .strip_prefix(&deployment.origin)
            .unwrap(),
    );
    let next = form.await.expect_status(200).field("next");
    let form = [("email", ADA), ("password", PASSWORD), ("next", &next)];
    let signed_in = browser.post("/login", &form).await;
    let arrived = browser.follow(&signed_in.expect_redirect(requested)).await;
    assert_eq!(arrived.expect_status(200).text, GREETING);
    assert_eq!(deployment.app.single_request().path, requested);
}

async fn api_client_gets_a_challenge_and_no_redirect(deployment: ProxyDeployment) {
    let anonymous = deployment.anonymous();
    let script = [("accept", "application/json"), ("sec-fetch-mode", "cors")];
    for (name, value) in script {
        let asked = anonymous.request(Method::GET, "/").header(name, value);
        let refused = anonymous.send(asked).await.expect_status(401);
        assert_eq!(refused.problem().kind, "/problems/not-signed-in");
        refused.expect_header("www-authenticate", "Bearer realm=\"narthex\"");
    }
    let refused = deployment.api_client("nrx_unknown").get("/").await;
    let challenge = refused.expect_status(401);
    let challenge = challenge.header("www-authenticate").unwrap().to_owned();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    deployment.app.expect_no_request();
}

async fn app_receives_the_identity_of_the_caller(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let user = browser.get("/api/v1/user").await.json();
    let secret = (deployment.operator).add_token(ADA, "CI", &["--ability", "orders:read"]);

    browser.get("/").await.expect_status(200);
    let by_session = deployment.app.single_request();
    deployment
        .api_client(&secret)
        .get("/")
        .await
        .expect_status(200);
    let by_token = deployment.app.single_request();
    for (asked, abilities) in [(&by_session, "*"), (&by_token, "orders:read")] {
        assert_eq!(asked.header("remote-user"), user["id"].as_str());
        assert_eq!(asked.header("remote-email"), Some(ADA));
        assert_eq!(asked.header("remote-name"), Some("Ada"));
        assert_eq!(asked.header("remote-abilities"), Some(abilities));
        assert_eq!(asked.header("remote-assurance"), Some("1"));
        assert_eq!(asked.names_like_remote(), IDENTITY);
    }
    let session = deployment.operator.only_session_of(ADA);
    assert_eq!(by_session.header("remote-credential"), Some(&*session));
    let token = deployment.operator.only_token_of(ADA);
    assert_eq!(by_token.header("remote-credential"), Some(&*token));
}

async fn app_receives_its_cookies_without_session_or_token(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let own = browser.cookie("narthex").unwrap().value;
    let anonymous = deployment.anonymous();
    for (sent, arrives) in [
        (format!("narthex={own}"), None),
        (format!("narthex={own}; theme=dark"), Some("theme=dark")),
        (format!("theme=dark; narthex={own}"), Some("theme=dark")),
        (format!("a=1; narthex={own}; b=2"), Some("a=1; b=2")),
        (
            format!("a=1; narthex={own}; b=2; narthex=junk"),
            Some("a=1; b=2"),
        ),
        (
            format!("narthex={own}; __Host-narthex=junk; a=1"),
            Some("a=1"),
        ),
        (
            format!("my-narthex=1; narthex={own}; narthex2=3"),
            Some("my-narthex=1; narthex2=3"),
        ),
        (
            format!("narthex-browser=a; x=1; narthex={own}; __Host-narthex-trusted=b; y=2"),
            Some("x=1; y=2"),
        ),
    ] {
        let asked = anonymous.request(Method::GET, "/").header("cookie", sent);
        anonymous.send(asked).await.expect_status(200);
        let cookies = deployment.app.single_request();
        let cookies = cookies.header("cookie").filter(|text| !text.is_empty());
        assert_eq!(cookies, arrives);
    }
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    deployment
        .api_client(&secret)
        .get("/")
        .await
        .expect_status(200);
    assert_eq!(
        deployment.app.single_request().header("authorization"),
        None
    );
}

async fn client_cannot_forge_identity_headers(deployment: ProxyDeployment) {
    let forged_headers = [
        "Remote-User",
        "remote-user",
        "Remote-Email",
        "Remote-Name",
        "Remote-Abilities",
        "Remote-Credential",
        "Remote-Assurance",
        "Remote-Email-Verified",
        "Remote_User",
        "REMOTE_USER",
        "Remote_Abilities",
        "Remote-Groups",
    ];
    let with_forged_headers = |request: reqwest::RequestBuilder| {
        forged_headers
            .iter()
            .fold(request, |request, name| request.header(*name, "admin"))
    };
    let anonymous = deployment.anonymous();
    let refused = anonymous.send(with_forged_headers(anonymous.request(Method::GET, "/")));
    refused.await.expect_status(401);
    deployment.app.expect_no_request();

    let browser = deployment.register(ADA).await;
    let user = browser.get("/api/v1/user").await.json();
    // The token has no abilities, so that `Remote-Abilities` is empty.
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    for connection in ["keep-alive", "keep-alive, remote-user, remote-abilities"] {
        let request = client.request(Method::GET, "/");
        let request = with_forged_headers(request).header("connection", connection);
        client.send(request).await.expect_status(200);
        let asked = deployment.app.single_request();
        assert_eq!(asked.header("remote-user"), user["id"].as_str());
        assert_eq!(asked.header("remote-email"), Some(ADA));
        assert_eq!(asked.header("remote-abilities").unwrap_or_default(), "");
        for name in asked.names_like_remote() {
            assert!(IDENTITY.contains(&name), "{asked:#?}");
            assert_ne!(asked.header(name), Some("admin"), "{asked:#?}");
        }
    }
}

async fn ability_is_required_for_every_spelling_of_the_path(deployment: ProxyDeployment) {
    deployment.register(ADA).await;
    let unauthorized = deployment.operator.add_token(ADA, "CI", &[]);
    let authorized = (deployment.operator).add_token(ADA, "Shop", &["--ability", "orders:*"]);
    for path in [
        "/orders",
        "/orders/7",
        "/orders?x=1",
        "/%6frders/7",
        "/x/../orders/7",
        "/orders/../orders/7",
        "/x/%2e%2e/orders/7",
        "/./orders",
        "//orders/7",
    ] {
        let refused = deployment.exchange(path, &unauthorized);
        assert!(refused.starts_with("HTTP/1.1 403 "), "{path}: {refused}");
        let refused = refused.to_ascii_lowercase();
        for words in [
            "error=\"insufficient_scope\"",
            "scope=\"orders:read\"",
            "application/problem+json",
        ] {
            assert!(refused.contains(words), "{path}: {refused}");
        }
        deployment.app.expect_no_request();
        let passed = deployment.exchange(path, &authorized);
        assert!(passed.starts_with("HTTP/1.1 200 "), "{path}: {passed}");
        deployment.app.single_request();
    }
    let elsewhere = deployment.api_client(&unauthorized).get("/reports").await;
    elsewhere.expect_status(200);
}

async fn every_method_reaches_the_app_with_its_body(deployment: ProxyDeployment) {
    deployment.register(ADA).await;
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    for method in ["GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let body = match method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => String::new(),
            other => format!("the body of {other}"),
        };
        let asked = client.request(method.clone(), "/form").body(body.clone());
        client.send(asked).await.expect_status(200);
        let asked = deployment.app.single_request();
        assert_eq!((asked.method.as_str(), asked.body), (method.as_str(), body));
        let anonymous = deployment.anonymous();
        let asked = anonymous.request(method, "/form").body("let me in");
        let asked = asked.header("accept", "application/json");
        anonymous.send(asked).await.expect_status(401);
        deployment.app.expect_no_request();
    }
}

async fn revoked_credential_is_refused_on_the_next_request(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    client.get("/").await.expect_status(200);
    browser.get("/").await.expect_status(200);
    deployment.app.take_requests();

    let ended = client.delete("/api/v1/tokens/current").await;
    ended.expect_status(204);
    client.get("/").await.expect_status(401);
    // By a command while the server runs.
    let id = deployment.operator.only_session_of(ADA);
    deployment.operator.run_ok(&["session", "revoke", &id]);
    let redirect = browser.send(navigation(&browser, "/")).await;
    redirect.expect_redirect(&format!("{}/login?next=%2F", deployment.origin));
    deployment.app.expect_no_request();
}

async fn unavailable_narthex_means_no_request_passes(mut deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    client.get("/").await.expect_status(200);
    deployment.app.take_requests();
    // It is not cached, so that a check of it needs the database.
    let uncached = deployment.operator.add_token(ADA, "unseen", &[]);
    let uncached = deployment.api_client(&uncached);
    // First the database of Narthex fails, then Narthex itself.
    let rename = "ALTER TABLE credentials RENAME TO elsewhere";
    deployment.operator.execute(rename);
    for answer in [uncached.get("/").await, uncached.get("/orders").await] {
        assert!((500..=599).contains(&answer.status), "{answer}");
    }
    deployment.kill_narthex();
    for answer in [
        client.get("/").await,
        client.get("/orders").await,
        browser.get("/").await,
        browser.send(navigation(&browser, "/")).await,
        deployment.anonymous().get("/").await,
    ] {
        assert!((500..=599).contains(&answer.status), "{answer}");
    }
    deployment.app.expect_no_request();
}

async fn name_header_is_unambiguous_and_a_single_header(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    for (name, header) in [
        ("Zoë 100%", "Zo%C3%AB 100%25"),
        ("Ada, Countess", "Ada, Countess"),
        ("%0D%0AX-Admin: yes", "%250D%250AX-Admin: yes"),
        ("Ада 🦀", "%D0%90%D0%B4%D0%B0 %F0%9F%A6%80"),
    ] {
        let form = [("name", name), ("email", ADA)];
        let saved = browser.post("/account/profile", &form).await;
        saved.expect_status(303);
        browser.get("/").await.expect_status(200);
        let asked = deployment.app.single_request();
        assert_eq!(asked.header("remote-name"), Some(header));
        assert_eq!(asked.header("x-admin"), None);
    }
}

async fn client_address_is_the_one_that_the_proxy_saw(deployment: ProxyDeployment) {
    let machine = "127.0.0.77";
    let browser = deployment.browser().on_machine(machine.parse().unwrap());
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let forged_headers = |request: reqwest::RequestBuilder| {
        request
            .header("x-forwarded-for", "203.0.113.9")
            .header("x-real-ip", "203.0.113.9")
            .header("forwarded", "for=203.0.113.9")
            // A proxy removes the headers that `Connection` names before it forwards a request.
            .header("connection", "keep-alive, x-forwarded-for, x-forwarded-host")
    };
    let register = forged_headers(browser.request(Method::POST, "/register").form(&form));
    browser.send(register).await.expect_redirect("/account");
    browser
        .send(forged_headers(browser.request(Method::GET, "/")))
        .await
        .expect_status(200);
    let asked = deployment.app.single_request();
    assert_eq!(asked.header("x-forwarded-for"), Some(machine));
    assert_eq!(asked.header("forwarded"), None);
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["ip"], machine);
    // A client that removes its own credential by `Connection` is refused.
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client("nrx_unknown");
    let asked = client.request(Method::GET, "/");
    let asked = asked.header("connection", "keep-alive, authorization, cookie");
    client.send(asked).await.expect_status(401);
    deployment.app.expect_no_request();
    // The token was used for requests to the app only.
    let asked = browser.request(Method::GET, "/").bearer_auth(&secret);
    browser.send(forged_headers(asked)).await.expect_status(200);
    let page = browser.get("/account/tokens").await;
    page.expect_text(&format!("<span class=\"sub\">{machine}</span>"));
}

async fn error_responses_of_the_app_pass_unchanged(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    for status in [401, 403, 404, 500] {
        let answer = browser.get(&format!("/says/{status}")).await;
        let answer = answer.expect_status(status);
        assert_eq!(answer.text, "The app's own words");
        answer.expect_header("www-authenticate", "App");
        deployment.app.single_request();
    }
}

async fn foreign_cookie_with_any_bytes_is_ignored(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let own = browser.cookie("narthex").unwrap().value;
    let anonymous = deployment.anonymous();
    for foreign in ["theme=é".as_bytes(), b"theme=caf\xe9"] {
        let own = format!("narthex={own}");
        for line in [[own.as_bytes(), foreign], [foreign, own.as_bytes()]] {
            let line = line.join(&b"; "[..]);
            for path in ["/", "/account", "/api/v1/user"] {
                let line = reqwest::header::HeaderValue::from_bytes(&line).unwrap();
                let asked = anonymous.request(Method::GET, path).header("cookie", line);
                anonymous.send(asked).await.expect_status(200);
            }
        }
    }
}

async fn app_receives_its_own_authorization_header(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    for own in ["Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Basic YTpi"] {
        let asked = |path: &str| {
            let request = browser.request(Method::GET, path);
            browser.send(request.header("authorization", own))
        };
        asked("/app-api/things").await.expect_status(200);
        let received = deployment.app.single_request();
        assert_eq!(received.header("authorization"), Some(own));
        assert_eq!(received.header("remote-email"), Some(ADA));
        // On other paths, the session decides, and the app does not receive the header.
        asked("/").await.expect_status(200);
        assert_eq!(
            deployment.app.single_request().header("authorization"),
            None
        );
        let anonymous = deployment.anonymous();
        let request = anonymous.request(Method::GET, "/app-api");
        let refused = anonymous.send(request.header("authorization", own)).await;
        refused.expect_status(401);
        deployment.app.expect_no_request();
    }
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    deployment
        .api_client(&secret)
        .get("/app-api")
        .await
        .expect_status(401);
    let by_password = deployment.anonymous();
    let request = by_password.request(Method::GET, "/");
    let request = request.basic_auth("git", Some(&secret));
    by_password.send(request).await.expect_status(200);
    assert_eq!(
        deployment.app.single_request().header("authorization"),
        None
    );
}

async fn preflight_reaches_the_app_only_if_allowed(deployment: ProxyDeployment) {
    let anonymous = deployment.anonymous();
    let asked = async |method: Method, path: &str| {
        let request = anonymous
            .request(method, path)
            .header("origin", "https://shop.example.com")
            .header("access-control-request-method", "PUT");
        // The proxy replaces the method header of the client.
        anonymous
            .send(request.header("x-forwarded-method", "OPTIONS"))
            .await
    };
    asked(Method::OPTIONS, "/app-api/things")
        .await
        .expect_status(200);
    let received = deployment.app.single_request();
    assert_eq!(received.method, "OPTIONS");
    assert_eq!(received.header("remote-user").unwrap_or_default(), "");
    for (method, path) in [
        (Method::OPTIONS, "/"),
        (Method::GET, "/app-api/things"),
        (Method::PUT, "/app-api/things"),
    ] {
        asked(method, path).await.expect_status(401);
    }
    deployment.app.expect_no_request();
}

async fn sign_out_link_of_the_app_returns_to_the_app(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let page = browser.get("/logout?next=%2Fbye").await.expect_status(200);
    let form = [("next", &*page.field("next"))];
    browser.post("/logout", &form).await.expect_redirect("/bye");
    let redirect = browser.get("/.well-known/change-password").await;
    redirect.expect_redirect("/account/profile");
}

async fn paths_of_narthex_reach_narthex_and_others_the_app(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    for path in [
        "/account",
        "/account/sessions",
        "/api/v1/user",
        "/.well-known/oauth-authorization-server",
    ] {
        browser.get(path).await.expect_status(200);
    }
    let page = browser.get("/account").await.text;
    let style = page.split('"').find(|text| text.starts_with("/static/"));
    browser.get(style.unwrap()).await.expect_status(200);
    // The app serves its own home page. Health checks and forward auth are for operators and
    // proxies.
    let not_here = [paths::HOME, paths::HEALTH, paths::READY, paths::VERIFY];
    let served = routes::table().into_iter();
    for route in served.filter(|route| !not_here.contains(&route.path)) {
        let path = route.path.replace(['{', '}'], "");
        let answer = deployment.anonymous().get(&path).await;
        // The proxy would lead a visitor of a public page to the sign-in if it took the page for one
        // of the app.
        let is_public = [Access::Public, Access::OptionalSession].contains(&route.access);
        let is_led = answer
            .header("location")
            .is_some_and(|to| to.contains("/login?next="));
        assert!(!(is_public && is_led), "{answer}");
    }
    deployment.app.expect_no_request();
    for path in ["/accounts", "/login2", "/api/v2", "/staticfile"] {
        browser.get(path).await.expect_status(200);
        assert_eq!(deployment.app.single_request().path, path);
    }
    let signed_out = browser.post("/logout", &[]).await;
    signed_out.expect_redirect("/login");
    let redirect = browser.send(navigation(&browser, "/")).await;
    redirect.expect_redirect(&format!("{}/login?next=%2F", deployment.origin));
}

/// Addresses a request to one of the two hosts.
fn to(url: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.header("host", url.trim_start_matches("http://"))
}

async fn two_hosts_share_one_sign_in(deployment: ProxyDeployment) {
    deployment.operator.add_user(ADA);
    let browser = deployment.browser();
    let requested = navigation(&browser, "/reports/7?page=2");
    let redirect = browser.send(to(APP_URL, requested)).await;
    let next = format!("{APP_URL}/reports/7?page=2");
    let login = reqwest::Url::parse_with_params(&format!("{ID}/login"), [("next", &next)]);
    redirect.expect_redirect(login.unwrap().as_str());
    deployment.app.expect_no_request();

    let form = [("email", ADA), ("password", PASSWORD), ("next", &next)];
    let login = browser.request(Method::POST, "/login").form(&form);
    let signed_in = browser.send(to(ID, login)).await;
    signed_in.expect_redirect(&next);
    let cookie = browser.cookie("narthex").unwrap();
    assert_eq!(cookie.attribute("Domain"), Some("example.com"));

    let arrived = browser.send(to(APP_URL, navigation(&browser, "/reports/7?page=2")));
    assert_eq!(arrived.await.expect_status(200).text, GREETING);
    let asked = deployment.app.single_request();
    assert_eq!(asked.header("remote-email"), Some(ADA));
    assert_eq!(asked.header("cookie").unwrap_or_default(), "");
    assert_eq!(asked.header("host"), APP_URL.strip_prefix("http://"));
}

async fn two_hosts_refuse_the_same_requests_as_one(mut deployment: ProxyDeployment) {
    deployment.operator.add_user(ADA);
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    let (anonymous, get) = (deployment.anonymous(), |path| {
        client.request(Method::GET, path)
    });
    let with_forged_headers = anonymous
        .request(Method::GET, "/")
        .header("remote-user", "admin");
    let refused = anonymous
        .send(to(APP_URL, with_forged_headers))
        .await
        .expect_status(401);
    refused.expect_header("www-authenticate", "Bearer realm=\"narthex\"");
    client
        .send(to(APP_URL, get("/orders")))
        .await
        .expect_status(403);
    deployment.app.expect_no_request();
    let with_forged_headers = get("/").header("remote-abilities", "*");
    let with_forged_headers = with_forged_headers.header("remote_user", "admin");
    client
        .send(to(APP_URL, with_forged_headers))
        .await
        .expect_status(200);
    let asked = deployment.app.single_request();
    assert_eq!(asked.header("remote-abilities").unwrap_or_default(), "");
    assert_eq!(asked.header("remote_user"), None);

    let revocation = client.request(Method::DELETE, "/api/v1/tokens/current");
    client.send(to(ID, revocation)).await.expect_status(204);
    client.send(to(APP_URL, get("/"))).await.expect_status(401);
    deployment.kill_narthex();
    let answer = client.send(to(APP_URL, get("/"))).await;
    assert!((500..=599).contains(&answer.status), "{answer}");
    deployment.app.expect_no_request();
}

/// Returns the lines of a file from the first that begins with `from` to the next that begins with
/// `to`.
fn lines_between(file: &str, from: &str, to: &str) -> Vec<String> {
    let text = read_docs_file(file);
    let lines = text.lines().map(|line| line.trim().to_owned());
    let lines: Vec<_> = lines
        .skip_while(|line| !line.starts_with(from))
        .take_while(|line| !line.starts_with(to))
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(
        lines.len() > 5,
        "{file} has too few lines from `{from}` to `{to}`"
    );
    lines
}

#[test]
fn both_layouts_configure_the_app_identically() {
    for (one, other, from, to) in [
        (
            "nginx.conf",
            "nginx-hosts.conf",
            "upstream narthex",
            "server {",
        ),
        (
            "nginx.conf",
            "nginx-hosts.conf",
            "set $asks \"\";",
            "the end",
        ),
        (
            "Caddyfile",
            "Caddyfile-hosts",
            "(remove_identity_headers",
            "http",
        ),
        ("Caddyfile", "Caddyfile-hosts", "@orders", "the end"),
    ] {
        let (one, other) = (lines_between(one, from, to), lines_between(other, from, to));
        assert_eq!(one, other);
    }
}
