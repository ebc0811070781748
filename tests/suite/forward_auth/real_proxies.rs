//! Somebody else's app behind Debian's nginx and Caddy, with the configuration that the project hands
//! out: who gets to it, and what it is told of them.

use narthex::http::{paths, routes};
use reqwest::Method;

use crate::support::app::PASSWORD;
use crate::support::client::Browser;
use crate::support::echo_app::GREETING;
use crate::support::reverse_proxy::{APP_URL, ID, ProxyDeployment, read_docs_file};

const ADA: &str = "ada@example.com";
const IDENTITY: [&str; 5] = [
    "remote-abilities",
    "remote-credential",
    "remote-email",
    "remote-name",
    "remote-user",
];

/// Every rule holds behind each of the proxies.
macro_rules! behind_each_proxy {
    ($($layout:ident: $($rule:ident)*;)*) => {
        mod nginx {
            use crate::support::reverse_proxy::{ProxyDeployment, Proxy};
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                super::$rule(ProxyDeployment::$layout(Proxy::Nginx)).await;
            })*)*
        }
        mod caddy {
            use crate::support::reverse_proxy::{ProxyDeployment, Proxy};
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                super::$rule(ProxyDeployment::$layout(Proxy::Caddy)).await;
            })*)*
        }
    };
}

behind_each_proxy! {
    of:
    a_browser_is_led_to_sign_in_and_arrives_at_the_page_that_it_wanted
    a_program_is_told_what_to_show_and_never_led_anywhere
    the_app_is_told_who_calls
    the_app_gets_its_own_cookies_and_neither_session_nor_token
    who_one_is_cannot_be_said_by_oneself
    what_asks_for_an_ability_asks_for_it_however_the_path_is_written
    every_method_gets_through_with_its_body
    what_ended_is_refused_on_the_very_next_request
    where_narthex_is_down_nobody_passes
    a_name_reads_back_exactly_and_is_one_header
    the_client_s_address_is_the_one_that_the_proxy_saw
    the_app_s_own_refusals_are_its_own
    a_neighbour_s_cookie_in_any_bytes_locks_nobody_out
    an_app_with_its_own_authorization_header_gets_it
    a_preflight_reaches_the_app_where_it_is_allowed
    an_app_s_link_signs_out_and_leads_back
    narthex_s_own_pages_and_calls_are_narthex_s;
    with_two_hosts:
    under_two_names_one_sign_in_at_the_one_opens_the_other
    under_two_names_nobody_passes_who_would_not_under_one;
}

/// What a browser sends with a request when a person goes somewhere.
fn going_to(browser: &Browser, path: &str) -> reqwest::RequestBuilder {
    browser
        .request(Method::GET, path)
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("sec-fetch-mode", "navigate")
}

async fn a_browser_is_led_to_sign_in_and_arrives_at_the_page_that_it_wanted(
    deployment: ProxyDeployment,
) {
    deployment.register(ADA).await;
    let browser = deployment.browser();
    let wanted = "/reports/7?page=2&sort=a%20b";
    let led = browser.send(going_to(&browser, wanted)).await;
    let login = format!(
        "{}/login?next=%2Freports%2F7%3Fpage%3D2%26sort%3Da%2520b",
        deployment.origin
    );
    let led = led.expect_redirect(&login);
    deployment.app.expect_no_request();

    let form = browser.get(led.location().strip_prefix(&deployment.origin).unwrap());
    let next = form.await.expect_status(200).field("next");
    let form = [("email", ADA), ("password", PASSWORD), ("next", &next)];
    let signed_in = browser.post("/login", &form).await;
    let arrived = browser.follow(&signed_in.expect_redirect(wanted)).await;
    assert_eq!(arrived.expect_status(200).text, GREETING);
    assert_eq!(deployment.app.single_request().path, wanted);
}

async fn a_program_is_told_what_to_show_and_never_led_anywhere(deployment: ProxyDeployment) {
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

async fn the_app_is_told_who_calls(deployment: ProxyDeployment) {
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
        assert_eq!(asked.names_like_remote(), IDENTITY);
    }
    let session = deployment.operator.only_session_of(ADA);
    assert_eq!(by_session.header("remote-credential"), Some(&*session));
    let token = deployment.operator.only_token_of(ADA);
    assert_eq!(by_token.header("remote-credential"), Some(&*token));
}

async fn the_app_gets_its_own_cookies_and_neither_session_nor_token(deployment: ProxyDeployment) {
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

async fn who_one_is_cannot_be_said_by_oneself(deployment: ProxyDeployment) {
    let lies = [
        "Remote-User",
        "remote-user",
        "Remote-Email",
        "Remote-Name",
        "Remote-Abilities",
        "Remote-Credential",
        "Remote_User",
        "REMOTE_USER",
        "Remote_Abilities",
        "Remote-Groups",
    ];
    let lying = |request: reqwest::RequestBuilder| {
        lies.iter()
            .fold(request, |request, name| request.header(*name, "admin"))
    };
    let anonymous = deployment.anonymous();
    let refused = anonymous.send(lying(anonymous.request(Method::GET, "/")));
    refused.await.expect_status(401);
    deployment.app.expect_no_request();

    let browser = deployment.register(ADA).await;
    let user = browser.get("/api/v1/user").await.json();
    // Of a token without abilities there is nothing to say under one of the names.
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    for connection in ["keep-alive", "keep-alive, remote-user, remote-abilities"] {
        let request = client.request(Method::GET, "/");
        let request = lying(request).header("connection", connection);
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

async fn what_asks_for_an_ability_asks_for_it_however_the_path_is_written(
    deployment: ProxyDeployment,
) {
    deployment.register(ADA).await;
    let unable = deployment.operator.add_token(ADA, "CI", &[]);
    let able = (deployment.operator).add_token(ADA, "Shop", &["--ability", "orders:*"]);
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
        let refused = deployment.exchange(path, &unable);
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
        let passed = deployment.exchange(path, &able);
        assert!(passed.starts_with("HTTP/1.1 200 "), "{path}: {passed}");
        deployment.app.single_request();
    }
    let elsewhere = deployment.api_client(&unable).get("/reports").await;
    elsewhere.expect_status(200);
}

async fn every_method_gets_through_with_its_body(deployment: ProxyDeployment) {
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

async fn what_ended_is_refused_on_the_very_next_request(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    client.get("/").await.expect_status(200);
    browser.get("/").await.expect_status(200);
    deployment.app.take_requests();

    let ended = client.delete("/api/v1/tokens/current").await;
    ended.expect_status(204);
    client.get("/").await.expect_status(401);
    // As a command beside the running server.
    let id = deployment.operator.only_session_of(ADA);
    deployment.operator.run_ok(&["session", "revoke", &id]);
    let led = browser.send(going_to(&browser, "/")).await;
    led.expect_redirect(&format!("{}/login?next=%2F", deployment.origin));
    deployment.app.expect_no_request();
}

async fn where_narthex_is_down_nobody_passes(mut deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    client.get("/").await.expect_status(200);
    deployment.app.take_requests();
    // Not remembered: its database has to be asked.
    let unseen = deployment.operator.add_token(ADA, "unseen", &[]);
    let unseen = deployment.api_client(&unseen);
    // Its database first, then Narthex itself.
    let moves = "ALTER TABLE credentials RENAME TO elsewhere";
    deployment.operator.execute(moves);
    for answer in [unseen.get("/").await, unseen.get("/orders").await] {
        assert!((500..=599).contains(&answer.status), "{answer}");
    }
    deployment.kill_narthex();
    for answer in [
        client.get("/").await,
        client.get("/orders").await,
        browser.get("/").await,
        browser.send(going_to(&browser, "/")).await,
        deployment.anonymous().get("/").await,
    ] {
        assert!((500..=599).contains(&answer.status), "{answer}");
    }
    deployment.app.expect_no_request();
}

async fn a_name_reads_back_exactly_and_is_one_header(deployment: ProxyDeployment) {
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

async fn the_client_s_address_is_the_one_that_the_proxy_saw(deployment: ProxyDeployment) {
    let machine = "127.0.0.77";
    let browser = deployment.browser().on_machine(machine.parse().unwrap());
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let lies = |request: reqwest::RequestBuilder| {
        request
            .header("x-forwarded-for", "203.0.113.9")
            .header("x-real-ip", "203.0.113.9")
            .header("forwarded", "for=203.0.113.9")
            // Whose headers a proxy takes away before it sends a request on.
            .header("connection", "keep-alive, x-forwarded-for, x-forwarded-host")
    };
    let register = lies(browser.request(Method::POST, "/register").form(&form));
    browser.send(register).await.expect_redirect("/account");
    browser
        .send(lies(browser.request(Method::GET, "/")))
        .await
        .expect_status(200);
    let asked = deployment.app.single_request();
    assert_eq!(asked.header("x-forwarded-for"), Some(machine));
    assert_eq!(asked.header("forwarded"), None);
    let session = browser.get("/api/v1/sessions/current").await.json();
    assert_eq!(session["ip"], machine);
    // To take a pass away by it gives nobody another.
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client("nrx_unknown");
    let asked = client.request(Method::GET, "/");
    let asked = asked.header("connection", "keep-alive, authorization, cookie");
    client.send(asked).await.expect_status(401);
    deployment.app.expect_no_request();
    // The token was used at the app only.
    let asked = browser.request(Method::GET, "/").bearer_auth(&secret);
    browser.send(lies(asked)).await.expect_status(200);
    let page = browser.get("/account/tokens").await;
    page.expect_text(&format!("from {machine}"));
}

async fn the_app_s_own_refusals_are_its_own(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    for status in [401, 403, 404, 500] {
        let answer = browser.get(&format!("/says/{status}")).await;
        let answer = answer.expect_status(status);
        assert_eq!(answer.text, "The app's own words");
        answer.expect_header("www-authenticate", "App");
        deployment.app.single_request();
    }
}

async fn a_neighbour_s_cookie_in_any_bytes_locks_nobody_out(deployment: ProxyDeployment) {
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

async fn an_app_with_its_own_authorization_header_gets_it(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    for own in ["Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Basic YTpi"] {
        let asked = |path: &str| {
            let request = browser.request(Method::GET, path);
            browser.send(request.header("authorization", own))
        };
        asked("/app-api/things").await.expect_status(200);
        let got = deployment.app.single_request();
        assert_eq!(got.header("authorization"), Some(own));
        assert_eq!(got.header("remote-email"), Some(ADA));
        // Elsewhere it locks nobody out, and is not handed on.
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

async fn a_preflight_reaches_the_app_where_it_is_allowed(deployment: ProxyDeployment) {
    let anonymous = deployment.anonymous();
    let asked = async |method: Method, path: &str| {
        let request = anonymous
            .request(method, path)
            .header("origin", "https://shop.example.com")
            .header("access-control-request-method", "PUT");
        // What the client says of the method is not what the proxy says.
        anonymous
            .send(request.header("x-forwarded-method", "OPTIONS"))
            .await
    };
    asked(Method::OPTIONS, "/app-api/things")
        .await
        .expect_status(200);
    let got = deployment.app.single_request();
    assert_eq!(got.method, "OPTIONS");
    assert_eq!(got.header("remote-user").unwrap_or_default(), "");
    for (method, path) in [
        (Method::OPTIONS, "/"),
        (Method::GET, "/app-api/things"),
        (Method::PUT, "/app-api/things"),
    ] {
        asked(method, path).await.expect_status(401);
    }
    deployment.app.expect_no_request();
}

async fn an_app_s_link_signs_out_and_leads_back(deployment: ProxyDeployment) {
    let browser = deployment.register(ADA).await;
    let page = browser.get("/logout?next=%2Fbye").await.expect_status(200);
    let form = [("next", &*page.field("next"))];
    browser.post("/logout", &form).await.expect_redirect("/bye");
    let led = browser.get("/.well-known/change-password").await;
    led.expect_redirect("/account/profile");
}

async fn narthex_s_own_pages_and_calls_are_narthex_s(deployment: ProxyDeployment) {
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
    // What is left to the app: its own first page, and what is not for people or clients.
    let not_here = [paths::HOME, paths::HEALTH, paths::READY, paths::VERIFY];
    let served = routes::table().into_iter().map(|route| route.path);
    for path in served.filter(|path| !not_here.contains(path)) {
        deployment
            .anonymous()
            .get(&path.replace(['{', '}'], ""))
            .await;
    }
    deployment.app.expect_no_request();
    for path in ["/accounts", "/login2", "/api/v2", "/staticfile"] {
        browser.get(path).await.expect_status(200);
        assert_eq!(deployment.app.single_request().path, path);
    }
    let left = browser.post("/logout", &[]).await;
    left.expect_redirect("/login");
    let led = browser.send(going_to(&browser, "/")).await;
    led.expect_redirect(&format!("{}/login?next=%2F", deployment.origin));
}

/// A request to the one or the other of two names.
fn to(url: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.header("host", url.trim_start_matches("http://"))
}

async fn under_two_names_one_sign_in_at_the_one_opens_the_other(deployment: ProxyDeployment) {
    deployment.operator.add_user(ADA);
    let browser = deployment.browser();
    let wanted = going_to(&browser, "/reports/7?page=2");
    let led = browser.send(to(APP_URL, wanted)).await;
    let next = format!("{APP_URL}/reports/7?page=2");
    let login = reqwest::Url::parse_with_params(&format!("{ID}/login"), [("next", &next)]);
    led.expect_redirect(login.unwrap().as_str());
    deployment.app.expect_no_request();

    let form = [("email", ADA), ("password", PASSWORD), ("next", &next)];
    let login = browser.request(Method::POST, "/login").form(&form);
    let signed_in = browser.send(to(ID, login)).await;
    signed_in.expect_redirect(&next);
    let cookie = browser.cookie("narthex").unwrap();
    assert_eq!(cookie.attribute("Domain"), Some("example.com"));

    let arrived = browser.send(to(APP_URL, going_to(&browser, "/reports/7?page=2")));
    assert_eq!(arrived.await.expect_status(200).text, GREETING);
    let asked = deployment.app.single_request();
    assert_eq!(asked.header("remote-email"), Some(ADA));
    assert_eq!(asked.header("cookie").unwrap_or_default(), "");
    assert_eq!(asked.header("host"), APP_URL.strip_prefix("http://"));
}

async fn under_two_names_nobody_passes_who_would_not_under_one(mut deployment: ProxyDeployment) {
    deployment.operator.add_user(ADA);
    let secret = deployment.operator.add_token(ADA, "CI", &[]);
    let client = deployment.api_client(&secret);
    let (anonymous, get) = (deployment.anonymous(), |path| {
        client.request(Method::GET, path)
    });
    let lying = anonymous
        .request(Method::GET, "/")
        .header("remote-user", "admin");
    let refused = anonymous.send(to(APP_URL, lying)).await.expect_status(401);
    refused.expect_header("www-authenticate", "Bearer realm=\"narthex\"");
    client
        .send(to(APP_URL, get("/orders")))
        .await
        .expect_status(403);
    deployment.app.expect_no_request();
    let lying = get("/").header("remote-abilities", "*");
    let lying = lying.header("remote_user", "admin");
    client.send(to(APP_URL, lying)).await.expect_status(200);
    let asked = deployment.app.single_request();
    assert_eq!(asked.header("remote-abilities").unwrap_or_default(), "");
    assert_eq!(asked.header("remote_user"), None);

    let end = client.request(Method::DELETE, "/api/v1/tokens/current");
    client.send(to(ID, end)).await.expect_status(204);
    client.send(to(APP_URL, get("/"))).await.expect_status(401);
    deployment.kill_narthex();
    let answer = client.send(to(APP_URL, get("/"))).await;
    assert!((500..=599).contains(&answer.status), "{answer}");
    deployment.app.expect_no_request();
}

/// The lines of a file from the one that begins like this to the one that does like that.
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
        "{file} has nothing from `{from}` to `{to}`"
    );
    lines
}

#[test]
fn what_is_done_for_an_app_is_the_same_in_both_layouts() {
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
        ("Caddyfile", "Caddyfile-hosts", "(nobody_says", "http"),
        ("Caddyfile", "Caddyfile-hosts", "@orders", "the end"),
    ] {
        let (one, other) = (lines_between(one, from, to), lines_between(other, from, to));
        assert_eq!(one, other);
    }
}
