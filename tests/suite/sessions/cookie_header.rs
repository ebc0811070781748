//! The `Cookie` header is shared with every site on the host and its domain: one verdict on every route,
//! whatever else is in it, and one rule where several cookies have our name.

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
    let settings = &app.context.settings;
    let own = settings
        .public_url
        .as_ref()
        .map(|url| url.authority().to_owned());
    own.unwrap_or_else(|| app.origin.trim_start_matches("http://").to_owned())
}

/// What a client without any other header gets that sends these `Cookie` lines.
async fn ask(app: &TestApp, method: Method, path: &str, lines: &[&[u8]]) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(method, path).header("host", host(app));
    let request = lines.iter().fold(request, |request, line| {
        request.header("cookie", HeaderValue::from_bytes(line).unwrap())
    });
    anonymous.send(request).await
}

/// Whose session these `Cookie` lines are, by every way to ask; all give the same answer.
#[track_caller]
fn same(found: &[(&str, Option<String>)], lines: &[&[u8]]) -> Option<String> {
    let shown: Vec<_> = lines
        .iter()
        .map(|line| line.escape_ascii().to_string())
        .collect();
    let (_, first) = &found[0];
    assert!(
        found.iter().all(|(_, who)| who == first),
        "{found:?} of {shown:?}"
    );
    first.clone()
}

async fn whose(app: &TestApp, lines: &[&[u8]]) -> Option<String> {
    let known = [ADA, GRACE];
    let named = |answer: &Answer| {
        let mut known = known.iter();
        known
            .find(|email| answer.text.contains(**email))
            .map(|email| (*email).to_owned())
    };
    let page = ask(app, Method::GET, "/account", lines).await;
    let call = ask(app, Method::GET, "/api/v1/user", lines).await;
    let verify = ask(app, Method::GET, "/auth/verify", lines).await;
    let deed = ask(app, Method::POST, "/account/profile", lines).await;
    let other_deed = ask(app, Method::POST, "/api/v1/sign-out/preview", lines).await;
    let email = verify
        .header("remote-email")
        .filter(|email| !email.is_empty());
    let who = same(
        &[
            ("page", named(&page)),
            ("call", named(&call)),
            ("verify", email.map(str::to_owned)),
        ],
        lines,
    );
    let is_in = who.is_some();
    assert_eq!(deed.status, if is_in { 422 } else { 303 }, "{deed}");
    assert_eq!(other_deed.status == 401, !is_in, "{other_deed}");
    who
}

fn value_of(browser: &Browser, name: &str) -> String {
    browser.cookie(name).expect("a session's cookie").value
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

async fn end(app: &TestApp, name: &str, value: &str) {
    let line = format!("{name}={value}");
    ask(app, Method::POST, "/logout", &[line.as_bytes()])
        .await
        .expect_redirect("/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_s_cookie_of_any_bytes_hides_no_session() {
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
            assert_eq!(whose(&app, &lines).await.as_deref(), Some(ADA));
        }
    }
    // What is in our own value stays a fault of that value.
    let broken = [own, b"\xe9"].concat();
    assert_eq!(whose(&app, &[&broken]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percent_encoded_name_is_another_name() {
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
            assert_eq!(whose(&app, &[alone.as_bytes()]).await, None);
            for line in [
                format!("{alone}; {name}={ada}"),
                format!("{name}={ada}; {alone}"),
            ] {
                assert_eq!(
                    whose(&app, &[line.as_bytes()]).await.as_deref(),
                    Some(ADA),
                    "{line}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_cookies_the_first_living_one_counts() {
    let app = TestApp::start();
    let ada = register(&app, "narthex", ADA).await;
    let grace = register(&app, "narthex", GRACE).await;
    let dead = register(&app, "narthex", "dead@example.com").await;
    end(&app, "narthex", &dead).await;
    for (values, who) in [
        (vec![&*ada, &*grace], Some(ADA)),
        (vec![&*grace, &*ada], Some(GRACE)),
        (vec![&*dead, &*ada, &*grace], Some(ADA)),
        (vec!["junk", "", &*dead, &*grace], Some(GRACE)),
        (vec![&*ada, "junk"], Some(ADA)),
        (vec![&*dead, "junk"], None),
        (vec![&*dead], None),
    ] {
        let pairs: Vec<String> = values
            .iter()
            .map(|value| format!("narthex={value}"))
            .collect();
        let line = pairs.join("; ");
        assert_eq!(
            whose(&app, &[line.as_bytes()]).await.as_deref(),
            who,
            "{values:?}"
        );
        let lines: Vec<&[u8]> = pairs.iter().map(String::as_bytes).collect();
        assert_eq!(whose(&app, &lines).await.as_deref(), who, "{values:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_handful_of_dead_cookies_is_looked_up() {
    let app = TestApp::start();
    let ada = register(&app, "narthex", ADA).await;
    let dead = register(&app, "narthex", "dead@example.com").await;
    end(&app, "narthex", &dead).await;
    for (before, who) in [(7, Some(ADA)), (8, None)] {
        let mut pairs = vec![format!("narthex={dead}"); before];
        pairs.push(format!("narthex={ada}"));
        let line = pairs.join("; ");
        assert_eq!(whose(&app, &[line.as_bytes()]).await.as_deref(), who);
    }
    // What nobody signed is not looked up, and so not counted.
    let mut pairs = vec!["narthex=junk".to_owned(); 100];
    pairs.push(format!("narthex={ada}"));
    let line = pairs.join("; ");
    assert_eq!(whose(&app, &[line.as_bytes()]).await.as_deref(), Some(ADA));
}

/// The cookies that an answer deletes and sets, by domain, in the order of the headers.
fn set_by(answer: &Answer) -> Vec<(Option<String>, bool)> {
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
async fn signing_out_ends_and_deletes_every_cookie_of_our_name() {
    let app = TestApp::start_with(&SHARED);
    let name = "__Secure-narthex";
    let ada = register(&app, name, ADA).await;
    let grace = register(&app, name, GRACE).await;
    let dead = register(&app, name, "dead@example.com").await;
    end(&app, name, &dead).await;
    let line = format!("{name}={dead}; {name}={ada}; {name}={grace}");
    let out = ask(&app, Method::POST, "/logout", &[line.as_bytes()]).await;
    let out = out.expect_redirect("/login");
    let everywhere = [
        (None, true),
        (for_domain("id.example.com"), true),
        (for_domain("example.com"), true),
    ];
    assert_eq!(set_by(&out), everywhere);
    for value in [&ada, &grace] {
        let line = format!("{name}={value}");
        assert_eq!(whose(&app, &[line.as_bytes()]).await, None);
    }
    // Also where no cookie is worth anything any more.
    for line in [format!("{name}={dead}"), format!("{name}=junk")] {
        let out = ask(&app, Method::POST, "/logout", &[line.as_bytes()]).await;
        assert_eq!(set_by(&out.expect_redirect("/login")), everywhere);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_sign_out_ends_all_cookies_of_our_name() {
    for way in [
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
        let form = match way {
            "/account/sign-out" => {
                let page = ask(&app, Method::GET, way, &lines).await;
                vec![("digest", page.field("digest"))]
            }
            _ => vec![("password", PASSWORD.to_owned())],
        };
        let anonymous = app.anonymous();
        let request = match way {
            "/api/v1/sessions/current" => anonymous.request(Method::DELETE, way),
            _ => anonymous.request(Method::POST, way).form(&form),
        };
        let request = request.header("host", host(&app)).header("cookie", &line);
        let out = anonymous.send(request).await;
        assert!([204, 303].contains(&out.status), "{out}");
        let (last, deleted) = set_by(&out).pop().unwrap();
        assert_eq!(last, for_domain("example.com"));
        // A message for the sign-in page takes the place of the session.
        assert_eq!(deleted, way.starts_with("/api"), "{out}");
        assert_eq!(set_by(&out).len(), 3, "{out}");
        assert_eq!(whose(&app, &lines).await, None, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leaves_one_living_cookie() {
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
    assert_eq!(set_by(&answer), expected);
    assert_eq!(whose(&app, &[line.as_bytes()]).await, None);
    let new = Cookie::parse(answer.headers_named("set-cookie")[2]).value;
    let after = format!("{line}; {name}={new}");
    assert_eq!(whose(&app, &[after.as_bytes()]).await.as_deref(), Some(ADA));
    // One cookie, as in almost every browser, is replaced and no more is said.
    let answer = sign_in(&format!("{name}={new}")).await;
    assert_eq!(set_by(&answer), [(for_domain("example.com"), false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_names_the_cookie_and_keeps_its_prefix() {
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
        assert_eq!(whose(&app, &[line.as_bytes()]).await.as_deref(), Some(ADA));
        let line = format!("narthex={value}; __Host-narthex={value}");
        assert_eq!(whose(&app, &[line.as_bytes()]).await, None);
    }
}
