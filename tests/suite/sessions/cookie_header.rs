//! The `Cookie` header also has the cookies of other sites of the host and its domain. Every route
//! reads the same session from it, and one rule selects among several session cookies.

use reqwest::Method;
use reqwest::header::HeaderValue;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::cookie_jar::Cookie;

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const SHARED: [(&str, &str); 2] = [
    ("NARTHEX_PUBLIC_URL", "https://id.example.com"),
    ("NARTHEX_COOKIE_DOMAIN", "example.com"),
];

fn host(app: &TestApp) -> String {
    let settings = app.state.settings();
    let own = settings
        .server
        .public_url
        .as_ref()
        .map(|url| url.authority().to_owned());
    own.unwrap_or_else(|| app.origin.trim_start_matches("http://").to_owned())
}

/// Sends a request that has these `Cookie` lines and no other credential.
async fn send_cookies(app: &TestApp, method: Method, path: &str, lines: &[&[u8]]) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(method, path).header("host", host(app));
    let request = lines.iter().fold(request, |request, line| {
        request.header("cookie", HeaderValue::from_bytes(line).unwrap())
    });
    anonymous.send(request).await
}

/// Asserts that all results name the same user, and returns the user's e-mail address.
#[track_caller]
fn expect_one_owner(results: &[(&str, Option<String>)], lines: &[&[u8]]) -> Option<String> {
    let escaped: Vec<_> = lines
        .iter()
        .map(|line| line.escape_ascii().to_string())
        .collect();
    let (_, first) = &results[0];
    assert!(
        results.iter().all(|(_, owner)| owner == first),
        "{results:?} of {escaped:?}"
    );
    first.clone()
}

async fn session_owner(app: &TestApp, lines: &[&[u8]]) -> Option<String> {
    let emails = [ADA, GRACE];
    let owner_in = |answer: &Answer| {
        let mut emails = emails.iter();
        emails
            .find(|email| answer.text.contains(**email))
            .map(|email| (*email).to_owned())
    };
    let page = send_cookies(app, Method::GET, "/account", lines).await;
    let call = send_cookies(app, Method::GET, "/api/v1/user", lines).await;
    let verify = send_cookies(app, Method::GET, "/auth/verify", lines).await;
    let page_post = send_cookies(app, Method::POST, "/account/profile", lines).await;
    let api_post = send_cookies(app, Method::POST, "/api/v1/sign-out/preview", lines).await;
    let email = verify
        .header("remote-email")
        .filter(|email| !email.is_empty());
    let owner = expect_one_owner(
        &[
            ("page", owner_in(&page)),
            ("call", owner_in(&call)),
            ("verify", email.map(str::to_owned)),
        ],
        lines,
    );
    let is_signed_in = owner.is_some();
    assert_eq!(
        page_post.status,
        if is_signed_in { 422 } else { 303 },
        "{page_post}"
    );
    assert_eq!(api_post.status == 401, !is_signed_in, "{api_post}");
    owner
}

fn value_of(browser: &Browser, name: &str) -> String {
    browser
        .cookie(name)
        .expect("the response must set a session cookie")
        .value
}

async fn register(app: &TestApp, name: &str, email: &str) -> String {
    let browser = app.browser();
    let form = [("name", "A"), ("email", email), ("password", PASSWORD)];
    let request = browser
        .request(Method::POST, "/register")
        .header("host", host(app));
    browser.send(request.form(&form)).await.expect_status(303);
    value_of(&browser, name)
}

async fn sign_out(app: &TestApp, name: &str, value: &str) {
    let line = format!("{name}={value}");
    send_cookies(app, Method::POST, "/logout", &[line.as_bytes()])
        .await
        .expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_cookie_of_any_bytes_does_not_hide_the_session() {
    let app = TestApp::start();
    let own = format!("narthex={}", register(&app, "narthex", ADA).await);
    let own = own.as_bytes();
    let join = |parts: &[&[u8]]| parts.join(&b"; "[..]);
    let utf_8 = "theme=é".as_bytes();
    for foreign in [
        utf_8,
        b"theme=caf\xe9",
        b"\xff\xfe",
        b"=",
        b"a",
        b"%=%zz",
        b"\x80=\x80",
    ] {
        for lines in [
            vec![join(&[own, foreign])],
            vec![join(&[foreign, own])],
            vec![join(&[foreign, own, foreign])],
            vec![own.to_vec(), foreign.to_vec()],
            vec![foreign.to_vec(), own.to_vec()],
        ] {
            let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            assert_eq!(session_owner(&app, &lines).await.as_deref(), Some(ADA));
        }
    }
    // A foreign byte within the session cookie's own value makes that value invalid.
    let broken = [own, b"\xe9"].concat();
    assert_eq!(session_owner(&app, &[&broken]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn percent_encoded_cookie_name_is_another_name() {
    for (settings, name, spellings) in [
        (
            &[][..],
            "narthex",
            &["n%61rthex", "%6Earthex", "Narthex"][..],
        ),
        (
            &SHARED[..1],
            "__Host-narthex",
            &[
                "__%48ost-narthex",
                "__Host%2Dnarthex",
                "%5F_Host-narthex",
                "__Host-n%61rthex",
            ],
        ),
    ] {
        let app = TestApp::start_with(settings);
        let ada = register(&app, name, ADA).await;
        let grace = register(&app, name, GRACE).await;
        for spelling in spellings {
            let alone = format!("{spelling}={grace}");
            assert_eq!(session_owner(&app, &[alone.as_bytes()]).await, None);
            for line in [
                format!("{alone}; {name}={ada}"),
                format!("{name}={ada}; {alone}"),
            ] {
                assert_eq!(
                    session_owner(&app, &[line.as_bytes()]).await.as_deref(),
                    Some(ADA),
                    "{line}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_active_of_several_session_cookies_is_used() {
    let app = TestApp::start();
    let ada = register(&app, "narthex", ADA).await;
    let grace = register(&app, "narthex", GRACE).await;
    let revoked = register(&app, "narthex", "dead@example.com").await;
    sign_out(&app, "narthex", &revoked).await;
    for (values, owner) in [
        (vec![&*ada, &*grace], Some(ADA)),
        (vec![&*grace, &*ada], Some(GRACE)),
        (vec![&*revoked, &*ada, &*grace], Some(ADA)),
        (vec!["junk", "", &*revoked, &*grace], Some(GRACE)),
        (vec![&*ada, "junk"], Some(ADA)),
        (vec![&*revoked, "junk"], None),
        (vec![&*revoked], None),
    ] {
        let pairs: Vec<String> = values
            .iter()
            .map(|value| format!("narthex={value}"))
            .collect();
        let line = pairs.join("; ");
        assert_eq!(
            session_owner(&app, &[line.as_bytes()]).await.as_deref(),
            owner,
            "{values:?}"
        );
        let lines: Vec<&[u8]> = pairs.iter().map(String::as_bytes).collect();
        assert_eq!(
            session_owner(&app, &lines).await.as_deref(),
            owner,
            "{values:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_eight_signed_cookies_are_looked_up() {
    let app = TestApp::start();
    let ada = register(&app, "narthex", ADA).await;
    let revoked = register(&app, "narthex", "dead@example.com").await;
    sign_out(&app, "narthex", &revoked).await;
    for (before, owner) in [(7, Some(ADA)), (8, None)] {
        let mut pairs = vec![format!("narthex={revoked}"); before];
        pairs.push(format!("narthex={ada}"));
        let line = pairs.join("; ");
        assert_eq!(
            session_owner(&app, &[line.as_bytes()]).await.as_deref(),
            owner
        );
    }
    // A cookie without a valid signature is not looked up, so it does not count.
    let mut pairs = vec!["narthex=junk".to_owned(); 100];
    pairs.push(format!("narthex={ada}"));
    let line = pairs.join("; ");
    assert_eq!(
        session_owner(&app, &[line.as_bytes()]).await.as_deref(),
        Some(ADA)
    );
}

/// Returns the domain of each cookie in `Set-Cookie`, and if it is deleted, in the order of the
/// headers.
fn set_cookies(answer: &Answer) -> Vec<(Option<String>, bool)> {
    let headers = answer.headers_named("set-cookie");
    let cookies = headers.into_iter().map(Cookie::parse);
    cookies
        .map(|cookie| {
            assert_eq!(cookie.name, "__Secure-narthex");
            for (name, value) in [("Path", "/"), ("Secure", ""), ("HttpOnly", "")] {
                assert_eq!(cookie.attribute(name), Some(value), "{answer}");
            }
            let domain = cookie.attribute("Domain").map(str::to_owned);
            (domain, cookie.attribute("Max-Age") == Some("0"))
        })
        .collect()
}

fn for_domain(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_revokes_and_deletes_every_session_cookie() {
    let app = TestApp::start_with(&SHARED);
    let name = "__Secure-narthex";
    let ada = register(&app, name, ADA).await;
    let grace = register(&app, name, GRACE).await;
    let revoked = register(&app, name, "dead@example.com").await;
    sign_out(&app, name, &revoked).await;
    let line = format!("{name}={revoked}; {name}={ada}; {name}={grace}");
    let response = send_cookies(&app, Method::POST, "/logout", &[line.as_bytes()]).await;
    let response = response.expect_redirect("/login");
    let all_deleted = [
        (None, true),
        (for_domain("id.example.com"), true),
        (for_domain("example.com"), true),
    ];
    assert_eq!(set_cookies(&response), all_deleted);
    for value in [&ada, &grace] {
        let line = format!("{name}={value}");
        assert_eq!(session_owner(&app, &[line.as_bytes()]).await, None);
    }
    // The same holds if no cookie belongs to an active session.
    for line in [format!("{name}={revoked}"), format!("{name}=junk")] {
        let response = send_cookies(&app, Method::POST, "/logout", &[line.as_bytes()]).await;
        assert_eq!(
            set_cookies(&response.expect_redirect("/login")),
            all_deleted
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_sign_out_revokes_all_session_cookies() {
    for path in [
        "/api/v1/sessions/current",
        "/account/sign-out",
        "/account/delete",
    ] {
        let app = TestApp::start_with(&SHARED);
        let name = "__Secure-narthex";
        let ada = register(&app, name, ADA).await;
        let grace = register(&app, name, GRACE).await;
        let line = format!("{name}={ada}; {name}={grace}");
        let lines = [line.as_bytes()];
        let form = match path {
            "/account/sign-out" => {
                let page = send_cookies(&app, Method::GET, path, &lines).await;
                vec![("digest", page.field("digest"))]
            }
            _ => vec![("password", PASSWORD.to_owned())],
        };
        let anonymous = app.anonymous();
        let request = match path {
            "/api/v1/sessions/current" => anonymous.request(Method::DELETE, path),
            _ => anonymous.request(Method::POST, path).form(&form),
        };
        let request = request.header("host", host(&app)).header("cookie", &line);
        let response = anonymous.send(request).await;
        assert!([204, 303].contains(&response.status), "{response}");
        let (last, deleted) = set_cookies(&response).pop().unwrap();
        assert_eq!(last, for_domain("example.com"));
        // A page replaces the session by a message for the sign-in page.
        assert_eq!(deleted, path.starts_with("/api"), "{response}");
        assert_eq!(set_cookies(&response).len(), 3, "{response}");
        assert_eq!(session_owner(&app, &lines).await, None, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_leaves_one_active_cookie() {
    let app = TestApp::start_with(&SHARED);
    let name = "__Secure-narthex";
    let ada = register(&app, name, ADA).await;
    let grace = register(&app, name, GRACE).await;
    let anonymous = app.anonymous();
    let sign_in = |line: &str| {
        let form = [("email", ADA), ("password", PASSWORD)];
        let request = anonymous.request(Method::POST, "/login").form(&form);
        let request = request.header("host", host(&app));
        anonymous.send(request.header("cookie", line.to_owned()))
    };
    let line = format!("{name}={grace}; {name}={ada}");
    let answer = sign_in(&line).await.expect_redirect("/account");
    let expected = [
        (None, true),
        (for_domain("id.example.com"), true),
        (for_domain("example.com"), false),
    ];
    assert_eq!(set_cookies(&answer), expected);
    assert_eq!(session_owner(&app, &[line.as_bytes()]).await, None);
    let new = Cookie::parse(answer.headers_named("set-cookie")[2]).value;
    let after = format!("{line}; {name}={new}");
    assert_eq!(
        session_owner(&app, &[after.as_bytes()]).await.as_deref(),
        Some(ADA)
    );
    // A single session cookie, the usual case, is replaced without further headers.
    let answer = sign_in(&format!("{name}={new}")).await;
    assert_eq!(set_cookies(&answer), [(for_domain("example.com"), false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn configured_cookie_name_keeps_its_security_prefix() {
    for (settings, expected) in [
        (&[][..], "shop"),
        (&SHARED[..1], "__Host-shop"),
        (&SHARED[..], "__Secure-shop"),
    ] {
        let mut settings = settings.to_vec();
        settings.push(("NARTHEX_COOKIE_NAME", "shop"));
        let app = TestApp::start_with(&settings);
        let value = register(&app, expected, ADA).await;
        let line = format!("{expected}={value}");
        assert_eq!(
            session_owner(&app, &[line.as_bytes()]).await.as_deref(),
            Some(ADA)
        );
        let line = format!("narthex={value}; __Host-narthex={value}");
        assert_eq!(session_owner(&app, &[line.as_bytes()]).await, None);
    }
}
