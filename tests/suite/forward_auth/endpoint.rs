//! What a proxy is told of the callers of other people's apps.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Browser;

const VERIFY: &str = "/auth/verify";
const IDENTITY: [&str; 5] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-abilities",
    "remote-credential",
];

#[tokio::test]
async fn a_token_and_a_session_pass_with_who_they_are() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let secret = app
        .token_of(&browser, "CI", &["account:read", "orders:read"])
        .await;
    let by_token = app.api_client(&secret).get(VERIFY).await.expect_status(200);
    assert_eq!(by_token.text, "");
    let by_token = by_token
        .expect_header("remote-email", "ada@example.com")
        .expect_header("remote-name", "ada")
        .expect_header("remote-abilities", "account:read orders:read")
        .expect_header("cache-control", "no-store");
    let by_session = browser.get(VERIFY).await.expect_status(200);
    assert_eq!(
        by_session.header("remote-user"),
        by_token.header("remote-user")
    );
    assert_ne!(
        by_session.header("remote-credential"),
        by_token.header("remote-credential")
    );
    by_session.expect_header("remote-abilities", "*");
}

#[tokio::test]
async fn every_method_is_answered_alike_and_no_site_is_asked_after() {
    let app = TestApp::start();
    let browser = app
        .register("ada@example.com")
        .await
        .with_fetch_site(Some("cross-site"));
    for method in [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::from_bytes(b"PROPFIND").unwrap(),
        Method::from_bytes(b"OF-NOBODY-S-INVENTION").unwrap(),
    ] {
        browser
            .send(browser.request(method.clone(), VERIFY))
            .await
            .expect_status(200);
        let anonymous = app.anonymous();
        anonymous
            .send(anonymous.request(method, VERIFY))
            .await
            .expect_status(401);
    }
}

#[tokio::test]
async fn all_of_ability_and_one_of_any_are_asked_for() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let secret = app
        .token_of(&browser, "CI", &["account:read", "orders:*"])
        .await;
    let client = app.api_client(&secret);
    for (query, status) in [
        ("ability=orders:read", 200),
        ("ability=orders:read&ability=account:read", 200),
        ("ability=orders:read&ability=tokens:read", 403),
        ("any=tokens:read&any=orders:write", 200),
        ("any=tokens:read&any=tokens:write", 403),
        ("ability=orders:read&any=tokens:read", 403),
        // Misspelt in a proxy's configuration: nobody has it, not even who has everything.
        ("ability=Orders:read", 403),
        ("ability=", 403),
    ] {
        let answer = client
            .get(&format!("{VERIFY}?{query}"))
            .await
            .expect_status(status);
        if status == 403 {
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(
                challenge.contains("insufficient_scope"),
                "{query}: {answer}"
            );
        }
    }
    browser
        .get(&format!("{VERIFY}?ability=Orders:read"))
        .await
        .expect_status(403);
}

#[tokio::test]
async fn what_is_no_ability_is_asked_for_in_vain_and_writes_nothing_into_the_challenge() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let client = app.api_client(&app.token_of(&browser, "CI", &["account:read"]).await);
    let long = format!("ability={}:read", "a".repeat(20_000));
    let many = vec!["ability=orders:read"; 1000].join("&");
    for query in [
        "ability=a%22,%20error%3D%22none",
        "ability=a%0d%0aset-cookie:%20a%3Db",
        "ability=%00",
        "ability=Zo%C3%AB",
        "any=a%0db&any=%22",
        &long,
        &many,
    ] {
        let answer = client.get(&format!("{VERIFY}?{query}")).await;
        let answer = answer.expect_status(403);
        assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains("error=\"insufficient_scope\""),
            "{answer}"
        );
        assert!(challenge.len() < 1024, "{answer}");
        // RFC 6749, section 3.3: what a scope may be written in.
        let scope = challenge.split("scope=\"").nth(1).unwrap_or("\"");
        let legal = |c: char| c == ' ' || c == ':' || c == '*' || c.is_ascii_lowercase();
        assert!(
            scope.strip_suffix('"').unwrap().chars().all(legal),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn identity_is_blank_where_nobody_is_and_never_what_the_client_sent() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let lying = IDENTITY
        .iter()
        .fold(anonymous.request(Method::GET, VERIFY), |request, name| {
            request.header(*name, "admin")
        });
    let refused = anonymous.send(lying).await.expect_status(401);
    for name in IDENTITY {
        assert_eq!(refused.header(name), Some(""), "{refused}");
    }
}

#[tokio::test]
async fn a_name_is_encoded_into_one_line_of_ascii() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let form = [("name", "Zoë 100%"), ("email", "ada@example.com")];
    browser
        .post("/account/profile", &form)
        .await
        .expect_status(303);
    browser
        .get(VERIFY)
        .await
        .expect_header("remote-name", "Zo%C3%AB 100%25");
}

#[tokio::test]
async fn what_ended_is_refused_at_once() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let secret = app.token_of(&browser, "CI", &["orders:read"]).await;
    let client = app.api_client(&secret);
    client.get(VERIFY).await.expect_status(200);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    client.get(VERIFY).await.expect_status(401);
}

#[tokio::test]
async fn a_browser_that_goes_to_a_page_is_led_to_sign_in_and_back() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
    ]);
    let anonymous = app.anonymous();
    let asked = |host: &str, uri: &str| {
        anonymous
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", uri)
    };
    let led = anonymous
        .send(asked("app.example.com", "/orders?page=2"))
        .await
        .expect_status(303);
    assert!(
        led.location()
            .ends_with("/login?next=https%3A%2F%2Fapp.example.com%2Forders%3Fpage%3D2"),
        "{led}"
    );
    for (host, uri) in [
        ("evil.example.com", "/"),
        ("app.example.com@evil.example", "/"),
        ("app.example.com", "//evil.example"),
        ("app.example.com", "orders"),
    ] {
        let led = anonymous.send(asked(host, uri)).await.expect_status(303);
        assert!(led.location().ends_with("/login"), "{led}");
    }
    for accept in [None, Some("*/*"), Some("application/json, */*")] {
        let program = anonymous.request(Method::GET, "/auth/verify?redirect=on");
        let program = accept
            .into_iter()
            .fold(program, |program, accept| program.header("accept", accept));
        anonymous.send(program).await.expect_status(401);
    }
    for (name, value) in [
        ("sec-fetch-mode", "cors"),
        ("x-requested-with", "XMLHttpRequest"),
        ("authorization", "Bearer nrx_no"),
    ] {
        let script = asked("app.example.com", "/").header(name, value);
        anonymous.send(script).await.expect_status(401);
    }
}

#[tokio::test]
async fn to_an_app_on_our_own_origin_it_is_the_path_that_leads_back() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_PUBLIC_URL", "https://example.com"),
    ]);
    let anonymous = app.anonymous();
    for (proto, host, uri, led_to) in [
        (
            "https",
            "example.com",
            "/orders?page=2",
            "?next=%2Forders%3Fpage%3D2",
        ),
        ("https", "EXAMPLE.com:443", "/", "?next=%2F"),
        (
            "https",
            "example.com",
            r"/a?x=\d%22",
            r"?next=%2Fa%3Fx%3D%255Cd%2522",
        ),
        // As proxies in a row write it, and Traefik for a WebSocket.
        ("https, http", "example.com, inner:8080", "/", "?next=%2F"),
        ("wss", "example.com", "/", "?next=%2F"),
        ("http", "example.com", "/", ""),
        ("https", "example.com:8443", "/", ""),
        ("https", "example.com@evil.example", "/", ""),
        ("https", "example.com", "//evil.example", ""),
        ("https", "example.com", "/\\evil.example", ""),
    ] {
        let asked = anonymous
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html")
            .header("x-forwarded-proto", proto)
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", uri);
        let led = anonymous.send(asked).await;
        led.expect_redirect(&format!("https://example.com/login{led_to}"));
    }
}

#[tokio::test]
async fn who_is_no_trusted_proxy_leads_nobody_anywhere() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    let anonymous = app.anonymous();
    let asked = anonymous
        .request(Method::GET, "/auth/verify?redirect=on")
        .header("accept", "text/html")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "app.example.com")
        .header("x-forwarded-uri", "/");
    let led = anonymous.send(asked).await.expect_status(303);
    assert!(led.location().ends_with("/login"), "{led}");
}

/// nginx as others configure it names the path alone.
#[tokio::test]
async fn on_one_origin_the_path_alone_leads_back() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_PUBLIC_URL", "https://example.com"),
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
    ]);
    let anonymous = app.anonymous();
    let long = format!("/explore?left={}", "a".repeat(3000));
    for (headers, led_to) in [
        (
            &[("x-forwarded-uri", "/orders?a=b")][..],
            "?next=%2Forders%3Fa%3Db",
        ),
        (&[("x-original-uri", "/orders")], "?next=%2Forders"),
        (
            &[("x-forwarded-uri", "/a"), ("x-forwarded-proto", "https")],
            "?next=%2Fa",
        ),
        (
            &[
                ("x-forwarded-uri", "/a"),
                ("x-forwarded-host", "app.example.com"),
            ],
            "?next=https%3A%2F%2Fapp.example.com%2Fa",
        ),
        (
            &[
                ("x-forwarded-uri", "/a"),
                ("x-forwarded-host", "evil.example"),
            ],
            "",
        ),
        (&[("x-forwarded-uri", "//evil.example")], ""),
        // The page without its query is better than none.
        (&[("x-forwarded-uri", &*long)], "?next=%2Fexplore"),
    ] {
        let asked = anonymous
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html");
        let asked = headers
            .iter()
            .fold(asked, |asked, (name, value)| asked.header(*name, *value));
        let led = anonymous.send(asked).await;
        led.expect_redirect(&format!("https://example.com/login{led_to}"));
    }
}

fn basic(user: &str, password: &str) -> String {
    let shown = BASE64_STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {shown}")
}

/// What the browser gets with its cookie and these `Authorization` headers.
async fn asked_with(browser: &Browser, query: &str, headers: &[&str]) -> Answer {
    let request = browser.request(Method::GET, &format!("{VERIFY}{query}"));
    let headers = headers.iter();
    browser
        .send(headers.fold(request, |request, value| {
            request.header("authorization", *value)
        }))
        .await
}

#[tokio::test]
async fn an_app_s_authorization_leaves_the_cookie_to_decide() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let anonymous = app.browser();
    let wrong_checksum = format!("Bearer nrx_{}", "a".repeat(36));
    for header in [
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
        "Basic YTpi",
        "Basic !",
        "Digest username=\"a\", realm=\"b\"",
        "Negotiate YII",
        "x",
        "",
        &wrong_checksum,
    ] {
        let answer = asked_with(&browser, "", &[header]).await;
        answer.expect_header("remote-email", "ada@example.com");
        asked_with(&anonymous, "", &[header])
            .await
            .expect_status(401);
    }
    // A browser behind somebody's Basic authentication is still led to sign in.
    let request = anonymous.request(Method::GET, "/auth/verify?redirect=on");
    let request = request.header("accept", "text/html");
    let led = anonymous.send(request.header("authorization", "Basic YTpi"));
    led.await.expect_status(303);
}

#[tokio::test]
async fn a_token_of_ours_decides_alone_wherever_it_stands() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let grace = app.register("grace@example.com").await;
    let living = app.token_of(&grace, "CI", &["orders:read"]).await;
    let dead = app.token_of(&grace, "Old", &[]).await;
    let client = app.api_client(&dead);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    let bearer = |secret: &str| format!("Bearer {secret}");
    for header in [bearer(&living), basic("grace", &living), basic("", &living)] {
        for browser in [&browser, &app.browser()] {
            let answer = asked_with(browser, "", &[&header]).await.expect_status(200);
            let answer = answer.expect_header("remote-email", "grace@example.com");
            answer.expect_header("remote-abilities", "orders:read");
        }
    }
    for header in [
        bearer(&dead),
        basic("grace", &dead),
        // Ours, and shown where none is taken.
        format!("Token {living}"),
        living.clone(),
        format!("ApiKey key=\"{living}\""),
        basic(&living, ""),
    ] {
        let answer = asked_with(&browser, "", &[&header])
            .await
            .expect_status(401);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{header}: {answer}"
        );
    }
}

#[tokio::test]
async fn several_authorization_headers_are_401() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let secret = format!("Bearer {}", app.token_of(&browser, "CI", &[]).await);
    for query in ["", "?by=session", "?by=token", "?redirect=on"] {
        for headers in [[&*secret, &*secret], ["Bearer a", "Basic YTpi"]] {
            let answer = asked_with(&browser, query, &headers)
                .await
                .expect_status(401);
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.contains("error=\"invalid_request\""), "{answer}");
        }
    }
}

#[tokio::test]
async fn the_question_says_which_credentials_count() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let grace = app.register("grace@example.com").await;
    let secret = app.token_of(&grace, "CI", &[]).await;
    let bearer = format!("Bearer {secret}");
    let email = |answer: &Answer| answer.header("remote-email").unwrap().to_owned();
    let by_session = asked_with(&browser, "?by=session", &[&bearer]).await;
    assert_eq!(email(&by_session.expect_status(200)), "ada@example.com");
    let by_token = asked_with(&browser, "?by=token", &[&bearer]).await;
    assert_eq!(email(&by_token.expect_status(200)), "grace@example.com");
    let anonymous = app.browser();
    let no_session = asked_with(&anonymous, "?by=session", &[&bearer]).await;
    no_session
        .expect_status(401)
        .expect_header("www-authenticate", "Bearer realm=\"narthex\"");
    for headers in [&[][..], &["Basic YTpi"]] {
        // git and WebDAV clients send a password only where they are asked for one.
        let no_token = asked_with(&browser, "?by=token&redirect=on", headers).await;
        let wanted = "Bearer realm=\"narthex\", Basic realm=\"narthex\", charset=\"UTF-8\"";
        no_token
            .expect_status(401)
            .expect_header("www-authenticate", wanted);
    }
    asked_with(&browser, "?by=cookie", &[])
        .await
        .expect_status(422);
}

#[tokio::test]
async fn a_preflight_passes_where_the_question_allows_it() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")]);
    let untrusting = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let cookie = format!("narthex={}", browser.cookie("narthex").unwrap().value);
    let allow = "/auth/verify?preflight=allow&ability=orders:read";
    let preflight = ("access-control-request-method", "PUT");
    let options = ("x-forwarded-method", "OPTIONS");
    for (method, path, headers, status) in [
        (Method::OPTIONS, allow, &[preflight][..], 200),
        (Method::GET, allow, &[preflight, options], 200),
        (Method::OPTIONS, VERIFY, &[preflight], 401),
        (
            Method::OPTIONS,
            "/auth/verify?preflight=deny",
            &[preflight],
            401,
        ),
        (Method::OPTIONS, allow, &[], 401),
        (Method::GET, allow, &[preflight], 401),
        (
            Method::OPTIONS,
            allow,
            &[preflight, ("x-forwarded-method", "PUT")],
            401,
        ),
        (Method::GET, allow, &[preflight, options, options], 401),
        // With a credential it is no preflight, and the credential decides.
        (
            Method::OPTIONS,
            allow,
            &[preflight, ("authorization", "Bearer a")],
            401,
        ),
        (
            Method::OPTIONS,
            allow,
            &[preflight, ("cookie", "narthex=a")],
            401,
        ),
        (
            Method::OPTIONS,
            allow,
            &[preflight, ("cookie", "theme=a")],
            200,
        ),
    ] {
        let anonymous = app.anonymous();
        let request = anonymous.request(method, path);
        let mut named = headers.iter();
        let request = named.try_fold(request, |request, (name, value)| {
            Some(request.header(*name, *value))
        });
        let answer = anonymous.send(request.unwrap()).await.expect_status(status);
        for name in IDENTITY {
            assert_eq!(answer.header(name), Some(""), "{answer}");
        }
    }
    // A client that says so itself is not believed.
    let anonymous = untrusting.anonymous();
    let lying = anonymous.request(Method::GET, allow);
    let lying = lying.header(preflight.0, preflight.1);
    let lying = anonymous.send(lying.header(options.0, options.1));
    lying.await.expect_status(401);
    let anonymous = app.anonymous();
    let own = anonymous
        .request(Method::OPTIONS, allow)
        .header("cookie", cookie);
    let own = anonymous.send(own.header(preflight.0, preflight.1)).await;
    own.expect_header("remote-email", "ada@example.com");
}
