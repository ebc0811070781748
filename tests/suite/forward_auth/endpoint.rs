//! The forward auth endpoint, which tells a proxy about the caller of another app.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Browser;

const VERIFY: &str = "/auth/verify";
const IDENTITY: [&str; 7] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-abilities",
    "remote-credential",
    "remote-assurance",
    "remote-email-verified",
];

#[tokio::test]
async fn token_and_session_pass_with_identity_headers() {
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
async fn method_and_fetch_site_do_not_change_the_answer() {
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
async fn caller_needs_all_of_ability_and_one_of_any() {
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
        // Misspelt in the configuration of a proxy: no caller has it, not even one with `*`.
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
async fn invalid_ability_is_refused_and_not_echoed_in_challenge() {
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
        // RFC 6749, section 3.3: the characters of a scope.
        let scope = challenge.split("scope=\"").nth(1).unwrap_or("\"");
        let legal = |c: char| c == ' ' || c == ':' || c == '*' || c.is_ascii_lowercase();
        assert!(
            scope.strip_suffix('"').unwrap().chars().all(legal),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn refused_request_has_empty_identity_headers() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let forged = IDENTITY
        .iter()
        .fold(anonymous.request(Method::GET, VERIFY), |request, name| {
            request.header(*name, "admin")
        });
    let refused = anonymous.send(forged).await.expect_status(401);
    for name in IDENTITY {
        assert_eq!(refused.header(name), Some(""), "{refused}");
    }
}

#[tokio::test]
async fn name_header_is_one_line_of_ascii() {
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
async fn revoked_token_is_refused_immediately() {
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
async fn navigation_redirects_to_sign_in_with_return_address() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
    ]);
    let anonymous = app.anonymous();
    let forwarded = |host: &str, uri: &str| {
        anonymous
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", uri)
    };
    let redirect = anonymous
        .send(forwarded("app.example.com", "/orders?page=2"))
        .await
        .expect_status(303);
    assert!(
        redirect
            .location()
            .ends_with("/login?next=https%3A%2F%2Fapp.example.com%2Forders%3Fpage%3D2"),
        "{redirect}"
    );
    for (host, uri) in [
        ("evil.example.com", "/"),
        ("app.example.com@evil.example", "/"),
        ("app.example.com", "//evil.example"),
        ("app.example.com", "orders"),
    ] {
        let redirect = anonymous
            .send(forwarded(host, uri))
            .await
            .expect_status(303);
        assert!(redirect.location().ends_with("/login"), "{redirect}");
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
        let script = forwarded("app.example.com", "/").header(name, value);
        anonymous.send(script).await.expect_status(401);
    }
}

#[tokio::test]
async fn return_address_on_own_origin_is_a_path() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_PUBLIC_URL", "https://example.com"),
    ]);
    let anonymous = app.anonymous();
    for (proto, host, uri, query) in [
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
        // The header of chained proxies, and the one of Traefik for a WebSocket.
        ("https, http", "example.com, inner:8080", "/", "?next=%2F"),
        ("wss", "example.com", "/", "?next=%2F"),
        ("http", "example.com", "/", ""),
        ("https", "example.com:8443", "/", ""),
        ("https", "example.com@evil.example", "/", ""),
        ("https", "example.com", "//evil.example", ""),
        ("https", "example.com", "/\\evil.example", ""),
    ] {
        let forwarded = anonymous
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html")
            .header("x-forwarded-proto", proto)
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", uri);
        let redirect = anonymous.send(forwarded).await;
        redirect.expect_redirect(&format!("https://example.com/login{query}"));
    }
}

#[tokio::test]
async fn forwarded_address_of_untrusted_peer_is_no_return_address() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com")]);
    let anonymous = app.anonymous();
    let forwarded = anonymous
        .request(Method::GET, "/auth/verify?redirect=on")
        .header("accept", "text/html")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "app.example.com")
        .header("x-forwarded-uri", "/");
    let redirect = anonymous.send(forwarded).await.expect_status(303);
    assert!(redirect.location().ends_with("/login"), "{redirect}");
}

/// Common nginx configurations forward the path only.
#[tokio::test]
async fn return_address_needs_only_a_forwarded_path() {
    let app = TestApp::start_with(&[
        ("NARTHEX_TRUSTED_PROXIES", "127.0.0.1"),
        ("NARTHEX_PUBLIC_URL", "https://example.com"),
        ("NARTHEX_TRUSTED_ORIGINS", "https://app.example.com"),
    ]);
    let anonymous = app.anonymous();
    let long = format!("/explore?left={}", "a".repeat(3000));
    for (headers, query) in [
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
        // A path without its query is better than no return address.
        (&[("x-forwarded-uri", &*long)], "?next=%2Fexplore"),
    ] {
        let forwarded = anonymous
            .request(Method::GET, "/auth/verify?redirect=on")
            .header("accept", "text/html");
        let forwarded = headers.iter().fold(forwarded, |forwarded, (name, value)| {
            forwarded.header(*name, *value)
        });
        let redirect = anonymous.send(forwarded).await;
        redirect.expect_redirect(&format!("https://example.com/login{query}"));
    }
}

fn basic(user: &str, password: &str) -> String {
    let shown = BASE64_STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {shown}")
}

/// Sends a request with the cookie of the browser and these `Authorization` headers.
async fn verify_with(browser: &Browser, query: &str, headers: &[&str]) -> Answer {
    let request = browser.request(Method::GET, &format!("{VERIFY}{query}"));
    let headers = headers.iter();
    browser
        .send(headers.fold(request, |request, value| {
            request.header("authorization", *value)
        }))
        .await
}

#[tokio::test]
async fn foreign_authorization_header_is_ignored() {
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
        let answer = verify_with(&browser, "", &[header]).await;
        answer.expect_header("remote-email", "ada@example.com");
        verify_with(&anonymous, "", &[header])
            .await
            .expect_status(401);
    }
    // A browser that sends Basic credentials of the app is still redirected to sign in.
    let request = anonymous.request(Method::GET, "/auth/verify?redirect=on");
    let request = request.header("accept", "text/html");
    let redirect = anonymous.send(request.header("authorization", "Basic YTpi"));
    redirect.await.expect_status(303);
}

#[tokio::test]
async fn token_in_authorization_overrides_the_cookie() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let grace = app.register("grace@example.com").await;
    let active = app.token_of(&grace, "CI", &["orders:read"]).await;
    let revoked = app.token_of(&grace, "Old", &[]).await;
    let client = app.api_client(&revoked);
    client
        .delete("/api/v1/tokens/current")
        .await
        .expect_status(204);
    let bearer = |secret: &str| format!("Bearer {secret}");
    for header in [bearer(&active), basic("grace", &active), basic("", &active)] {
        for browser in [&browser, &app.browser()] {
            let answer = verify_with(browser, "", &[&header])
                .await
                .expect_status(200);
            let answer = answer.expect_header("remote-email", "grace@example.com");
            answer.expect_header("remote-abilities", "orders:read");
        }
    }
    for header in [
        bearer(&revoked),
        basic("grace", &revoked),
        // Tokens of Narthex in a form that is not accepted.
        format!("Token {active}"),
        active.clone(),
        format!("ApiKey key=\"{active}\""),
        basic(&active, ""),
    ] {
        let answer = verify_with(&browser, "", &[&header])
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
async fn several_authorization_headers_get_401() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let secret = format!("Bearer {}", app.token_of(&browser, "CI", &[]).await);
    for query in ["", "?by=session", "?by=token", "?redirect=on"] {
        for headers in [[&*secret, &*secret], ["Bearer a", "Basic YTpi"]] {
            let answer = verify_with(&browser, query, &headers)
                .await
                .expect_status(401);
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.contains("error=\"invalid_request\""), "{answer}");
        }
    }
}

#[tokio::test]
async fn by_parameter_selects_the_accepted_credentials() {
    let app = TestApp::start();
    let browser = app.register("ada@example.com").await;
    let grace = app.register("grace@example.com").await;
    let secret = app.token_of(&grace, "CI", &[]).await;
    let bearer = format!("Bearer {secret}");
    let email = |answer: &Answer| answer.header("remote-email").unwrap().to_owned();
    let by_session = verify_with(&browser, "?by=session", &[&bearer]).await;
    assert_eq!(email(&by_session.expect_status(200)), "ada@example.com");
    let by_token = verify_with(&browser, "?by=token", &[&bearer]).await;
    assert_eq!(email(&by_token.expect_status(200)), "grace@example.com");
    let anonymous = app.browser();
    let no_session = verify_with(&anonymous, "?by=session", &[&bearer]).await;
    no_session
        .expect_status(401)
        .expect_header("www-authenticate", "Bearer realm=\"narthex\"");
    for headers in [&[][..], &["Basic YTpi"]] {
        // git and WebDAV clients send a password only after a Basic challenge.
        let no_token = verify_with(&browser, "?by=token&redirect=on", headers).await;
        let expected = "Bearer realm=\"narthex\", Basic realm=\"narthex\", charset=\"UTF-8\"";
        no_token
            .expect_status(401)
            .expect_header("www-authenticate", expected);
    }
    verify_with(&browser, "?by=cookie", &[])
        .await
        .expect_status(422);
}

#[tokio::test]
async fn preflight_passes_only_if_the_query_allows_it() {
    let app = TestApp::start_with(&[("NARTHEX_TRUSTED_PROXIES", "127.0.0.1")]);
    let untrusted_app = TestApp::start();
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
        // A request with a credential is no preflight, and the credential decides.
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
    // The header of a client that is no trusted proxy is ignored.
    let anonymous = untrusted_app.anonymous();
    let forged = anonymous.request(Method::GET, allow);
    let forged = forged.header(preflight.0, preflight.1);
    let forged = anonymous.send(forged.header(options.0, options.1));
    forged.await.expect_status(401);
    let anonymous = app.anonymous();
    let own = anonymous
        .request(Method::OPTIONS, allow)
        .header("cookie", cookie);
    let own = anonymous.send(own.header(preflight.0, preflight.1)).await;
    own.expect_header("remote-email", "ada@example.com");
}
