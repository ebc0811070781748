//! The session cookie: how it is set, what it survives, and what passes for one.

use std::time::Duration;

use actix_web::cookie::{Cookie as Signed, CookieJar as Jar, Key};
use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::binary::Narthex;
use crate::support::client::Browser;
use crate::support::cookie_jar::Cookie;

const ADA: &str = "ada@example.com";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const SECOND: Duration = Duration::from_secs(1);

/// Under https the server knows its own name only.
const PUBLIC: (&str, &str) = ("NARTHEX_PUBLIC_URL", "https://id.example.com");

/// A browser for which `id.example.com` is where the tests' server is.
async fn ask(browser: &Browser, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
    let request = browser
        .request(method, path)
        .header("host", "id.example.com");
    browser.send(request.form(form)).await
}

async fn register_under_https(app: &TestApp) -> (Browser, Answer) {
    let browser = app.browser();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let answer = ask(&browser, Method::POST, "/register", &form).await;
    (browser, answer.expect_status(303))
}

/// The one cookie that an answer sets.
#[track_caller]
fn set_by(answer: &Answer) -> Cookie {
    let headers = answer.headers_named("set-cookie");
    assert_eq!(headers.len(), 1, "{answer}");
    Cookie::parse(headers[0])
}

fn value(browser: &Browser) -> String {
    browser.cookie("narthex").expect("a session's cookie").value
}

/// Who somebody with just this `Cookie` header is.
async fn answered(app: &TestApp, cookies: &str) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::GET, "/account");
    anonymous.send(request.header("cookie", cookies)).await
}

/// Nobody is signed in by this cookie.
async fn is_nobody(app: &TestApp, value: &str) {
    answered(app, &format!("narthex={value}"))
        .await
        .expect_redirect("/login?next=%2Faccount");
}

async fn is_somebody(app: &TestApp, value: &str) {
    answered(app, &format!("narthex={value}"))
        .await
        .expect_status(200);
}

async fn sign_in_to_stay(app: &TestApp) -> (Browser, Answer) {
    let browser = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    let answer = browser.post("/login", &form).await.expect_status(303);
    (browser, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn under_http_the_cookie_is_plain_and_kept_from_scripts_and_other_sites() {
    let app = TestApp::start();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let cookie = set_by(&app.browser().post("/register", &form).await);
    assert_eq!(cookie.name, "narthex");
    let mut attributes = cookie.attributes.clone();
    attributes.sort();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_https_the_cookie_is_secure_and_bound_to_its_host() {
    let app = TestApp::start_with(&[PUBLIC]);
    let (_, answer) = register_under_https(&app).await;
    let cookie = set_by(&answer);
    assert_eq!(cookie.name, "__Host-narthex");
    let mut attributes = cookie.attributes.clone();
    attributes.sort();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_shared_with_sibling_hosts_names_their_domain_and_is_secure() {
    let app = TestApp::start_with(&[PUBLIC, ("NARTHEX_COOKIE_DOMAIN", "example.com")]);
    let (_, answer) = register_under_https(&app).await;
    let cookie = set_by(&answer);
    assert_eq!(cookie.name, "__Secure-narthex");
    assert_eq!(cookie.attribute("Domain"), Some("example.com"));
    assert_eq!(cookie.attribute("Secure"), Some(""));
    assert_eq!(cookie.attribute("HttpOnly"), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_outlives_the_browser_only_where_somebody_asked_to_be_kept_signed_in() {
    let app = TestApp::start();
    app.register(ADA).await;
    let form = [("email", ADA), ("password", PASSWORD)];
    let cookie = set_by(&app.browser().post("/login", &form).await);
    assert_eq!(cookie.attribute("Max-Age"), None);
    assert_eq!(cookie.attribute("Expires"), None);
    let (_, answer) = sign_in_to_stay(&app).await;
    let ninety_days = (90 * DAY).as_secs().to_string();
    assert_eq!(set_by(&answer).attribute("Max-Age"), Some(&*ninety_days));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_who_stays_lasts_as_long_as_the_operator_says() {
    let app = TestApp::start_with(&[("NARTHEX_REMEMBER_MAX", "30d")]);
    app.register(ADA).await;
    let (_, answer) = sign_in_to_stay(&app).await;
    assert_eq!(set_by(&answer).attribute("Max-Age"), Some("2592000"));
}

/// rfc6265bis, section 5.6: a browser drops what is longer than 4096 bytes, and with it the session.
#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_stays_far_below_what_a_browser_keeps_whatever_people_are_called() {
    let app = TestApp::start();
    let (name, email) = ("\"".repeat(255), format!("{}@example.com", "a".repeat(64)));
    let browser = app.browser();
    let form = [("name", &*name), ("email", &email), ("password", PASSWORD)];
    let mut set = vec![browser.post("/register", &form).await];
    let form = [
        ("email", &*email),
        ("password", PASSWORD),
        ("remember", "on"),
    ];
    set.push(browser.post("/login", &form).await);
    for _ in 0..3 {
        let form = [("name", &*name), ("abilities", "*"), ("expires", "never")];
        let made = browser.post("/account/tokens", &form).await;
        made.expect_status(200);
    }
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
        ("also", "tokens"),
    ];
    set.push(browser.post("/account/password", &form).await);
    let digest = browser.get("/account/sign-out").await.field("digest");
    let form = [("digest", &*digest)];
    set.push(browser.post("/account/sign-out", &form).await);
    for answer in set {
        let header = answer.expect_status(303).headers_named("set-cookie")[0].len();
        assert!(header <= 1024, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_change_of_the_cookie_neither_lengthens_nor_shortens_its_stay() {
    let app = TestApp::start();
    let passing = app.register(ADA).await;
    let (staying, _) = sign_in_to_stay(&app).await;
    for (browser, lasts) in [(passing, None), (staying, Some("7776000"))] {
        let password = [("password", PASSWORD)];
        let confirmed = browser.post("/account/confirm", &password).await;
        assert_eq!(set_by(&confirmed).attribute("Max-Age"), lasts);
        let profile = [("name", "Ada"), ("email", ADA)];
        let saved = browser.post("/account/profile", &profile).await;
        assert_eq!(set_by(&saved).attribute("Max-Age"), lasts, "with a message");
        let read = browser.get("/account/profile").await;
        assert_eq!(set_by(&read).attribute("Max-Age"), lasts, "message read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deleting_cookie_is_the_same_cookie() {
    let app = TestApp::start_with(&[PUBLIC, ("NARTHEX_COOKIE_DOMAIN", "example.com")]);
    let (browser, _) = register_under_https(&app).await;
    let answer = ask(&browser, Method::POST, "/logout", &[]).await;
    // Those before it delete what may have been set for another domain.
    let last = answer.headers_named("set-cookie").pop().unwrap();
    let cookie = Cookie::parse(last);
    answer.expect_redirect("/login");
    assert_eq!(cookie.name, "__Secure-narthex");
    assert_eq!(cookie.value, "");
    assert_eq!(cookie.attribute("Max-Age"), Some("0"));
    for (name, value) in [
        ("Domain", "example.com"),
        ("Path", "/"),
        ("Secure", ""),
        ("HttpOnly", ""),
        ("SameSite", "Lax"),
    ] {
        assert_eq!(cookie.attribute(name), Some(value), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_pages_gives_a_stranger_no_cookie() {
    let app = TestApp::start();
    for path in [
        "/",
        "/login",
        "/register",
        "/account",
        "/no-such-page",
        "/healthz",
    ] {
        let answer = app.browser().get(path).await;
        assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_gives_no_cookie() {
    let app = TestApp::start();
    app.register(ADA).await;
    let form = [("email", ADA), ("password", "not the right password")];
    let answer = app.browser().post("/login", &form).await.expect_status(422);
    assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_never_adopts_the_cookie_that_was_there_before() {
    let app = TestApp::start();
    app.register(ADA).await;
    let mallory = app.register("mallory@example.com").await;
    let planted = value(&mallory);
    let victim = app.browser();
    victim.put_cookie("narthex", &planted);
    let form = [("email", ADA), ("password", PASSWORD)];
    victim
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert_ne!(value(&victim), planted);
    victim.get("/account").await.expect_text(ADA);
    is_nobody(&app, &planted).await;
}

/// What the signed cookie says, and how it is signed again.
fn content(value: &str) -> String {
    let mut jar = Jar::new();
    jar.add_original(Signed::parse_encoded(format!("narthex={value}")).unwrap());
    let read = jar
        .signed(&right_key())
        .get("narthex")
        .expect("our signature");
    read.value().to_owned()
}

fn signed(content: &str, key: &Key) -> String {
    let mut jar = Jar::new();
    jar.signed_mut(key)
        .add(Signed::new("narthex", content.to_owned()));
    let pair = jar.get("narthex").unwrap().encoded().stripped().to_string();
    pair.strip_prefix("narthex=").unwrap().to_owned()
}

fn right_key() -> Key {
    Key::from(crate::support::app::signing_keys().first())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_signed_by_another_key_or_not_at_all_is_nobody_s() {
    let app = TestApp::start();
    let genuine = value(&app.register(ADA).await);
    let said = content(&genuine);
    is_somebody(&app, &signed(&said, &right_key())).await;
    is_nobody(&app, &signed(&said, &Key::from(&[7; 64]))).await;
    let plain = Signed::new("narthex", said).encoded().to_string();
    is_nobody(&app, plain.strip_prefix("narthex=").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_somebody_s_own_choice_is_never_adopted() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let said = content(&value(&browser));
    // The last 43 characters of base64url in it are the secret.
    let secret = said
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .find(|part| part.len() == 43)
        .expect("a secret");
    let chosen = "A".repeat(43);
    let forged = signed(&said.replace(secret, &chosen), &right_key());
    is_nobody(&app, &forged).await;
    let victim = app.browser();
    victim.put_cookie("narthex", &forged);
    let form = [("email", ADA), ("password", PASSWORD)];
    victim
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert!(!content(&value(&victim)).contains(&chosen));
    is_nobody(&app, &forged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_with_any_byte_changed_is_nobody_s() {
    let app = TestApp::start();
    let genuine = value(&app.register(ADA).await);
    for at in 0..genuine.len() {
        let mut bytes = genuine.clone().into_bytes();
        bytes[at] ^= 1;
        is_nobody(&app, &String::from_utf8(bytes).unwrap()).await;
    }
    is_somebody(&app, &genuine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_for_a_cookie_is_nobody_s() {
    let app = TestApp::start();
    let genuine = value(&app.register(ADA).await);
    let long = "A".repeat(8000);
    let cut = &genuine[..genuine.len() / 2];
    let doubled = format!("{genuine}{genuine}");
    for rubbish in [
        "", "A", "%", "%ff", "\"\"", "null", "{}", &long, cut, &doubled,
    ] {
        is_nobody(&app, rubbish).await;
    }
    let hundred = vec!["narthex=A"; 100].join("; ");
    answered(&app, &hundred)
        .await
        .expect_redirect("/login?next=%2Faccount");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_counts_under_its_own_name_only() {
    let app = TestApp::start_with(&[PUBLIC]);
    let (browser, _) = register_under_https(&app).await;
    let genuine = browser.cookie("__Host-narthex").unwrap().value;
    let anonymous = app.anonymous();
    let there = |path: &str| {
        anonymous
            .request(Method::GET, path)
            .header("host", "id.example.com")
    };
    let sent = |name: &str| there("/account").header("cookie", format!("{name}={genuine}"));
    anonymous
        .send(sent("__Host-narthex"))
        .await
        .expect_status(200);
    for name in [
        "narthex",
        "__host-narthex",
        "__Secure-narthex",
        "__HOST-NARTHEX",
    ] {
        anonymous.send(sent(name)).await.expect_status(303);
    }
    let in_the_query = there(&format!(
        "/account?narthex={genuine}&__Host-narthex={genuine}"
    ));
    anonymous.send(in_the_query).await.expect_status(303);
    let in_a_header = there("/account").header("x-session", &genuine);
    anonymous.send(in_a_header).await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_s_value_is_in_no_page() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let secret = content(&value(&browser));
    let secret = secret
        .split('"')
        .find(|part| part.len() > 40)
        .expect("a secret")
        .to_owned();
    for path in [
        "/account",
        "/account/sessions",
        "/account/profile",
        "/account/activity",
        "/api/v1/sessions",
    ] {
        browser
            .get(path)
            .await
            .expect_status(200)
            .expect_no_text(secret.trim_end_matches('\\'))
            .expect_no_text(&value(&browser));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_replayed_after_signing_out_is_nobody_s() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let kept = value(&browser);
    browser.post("/logout", &[]).await.expect_redirect("/login");
    is_nobody(&app, &kept).await;
    let anonymous = app.anonymous();
    let call = anonymous.request(Method::GET, "/api/v1/user");
    let call = call.header("cookie", format!("narthex={kept}"));
    anonymous.send(call).await.expect_status(401);
}

/// The session is alive just before its limit of inactivity and dead just after.
async fn idles_for(app: &TestApp, browser: &Browser, limit: Duration) {
    browser.get("/account").await.expect_status(200);
    app.advance(limit - SECOND);
    browser.get("/account").await.expect_status(200);
    app.advance(limit + SECOND);
    browser.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_session_dies_after_two_hours_and_one_that_stays_after_two_weeks() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    idles_for(&app, &browser, 2 * HOUR).await;
    let (staying, _) = sign_in_to_stay(&app).await;
    idles_for(&app, &staying, 14 * DAY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_dies_at_its_absolute_limit_in_spite_of_activity() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    for _ in 0..11 {
        app.advance(HOUR);
        browser.get("/account").await.expect_status(200);
    }
    app.advance(HOUR - SECOND);
    browser.get("/account").await.expect_status(200);
    app.advance(SECOND);
    browser.get("/account").await.expect_status(303);
    let (staying, _) = sign_in_to_stay(&app).await;
    for _ in 0..8 {
        app.advance(10 * DAY);
        staying.get("/account").await.expect_status(200);
    }
    app.advance(10 * DAY - SECOND);
    staying.get("/account").await.expect_status(200);
    app.advance(SECOND);
    staying.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sets_both_limits() {
    let app = TestApp::start_with(&[
        ("NARTHEX_SESSION_IDLE", "10m"),
        ("NARTHEX_SESSION_MAX", "1h"),
        ("NARTHEX_REMEMBER_IDLE", "2d"),
        ("NARTHEX_REMEMBER_MAX", "30d"),
    ]);
    let browser = app.register(ADA).await;
    idles_for(&app, &browser, HOUR / 6).await;
    let (staying, _) = sign_in_to_stay(&app).await;
    idles_for(&app, &staying, 2 * DAY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_idled_away_does_not_come_back() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(2 * HOUR);
    browser.get("/account").await.expect_status(303);
    browser.get("/account").await.expect_status(303);
    browser.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirming_the_password_changes_the_cookie_and_the_old_one_is_dead() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let copied = value(&browser);
    browser
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_redirect("/account");
    assert_ne!(value(&browser), copied);
    is_nobody(&app, &copied).await;
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_changes_the_cookie_and_the_old_one_is_dead() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let copied = value(&browser);
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    browser
        .post("/account/password", &form)
        .await
        .expect_redirect("/account/profile");
    is_nobody(&app, &copied).await;
    browser.get("/account").await.expect_status(200);
}

/// 64 bytes in base64, for the setting.
fn key(byte: u8) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode((0..64).map(|at| at ^ byte).collect::<Vec<u8>>())
}

/// Beside the cookie of another app, in bytes that are no ASCII.
async fn is_in(origin: &str, value: &str) -> bool {
    let browser = Browser::at(origin);
    let line = format!("theme=é; narthex={value}");
    let line = reqwest::header::HeaderValue::from_bytes(line.as_bytes()).unwrap();
    let get = |path: &str| {
        let request = browser.request(Method::GET, path);
        browser.send(request.header("cookie", line.clone()))
    };
    let page = get("/account").await.status == 200;
    let verify = get("/auth/verify").await.status == 200;
    assert_eq!(page, verify);
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_signing_key_signs_nobody_out_while_the_old_one_is_listed() {
    let (old, new) = (key(1), key(2));
    let narthex = Narthex::installed().with("NARTHEX_SECRET_KEY", &old);
    let serving = narthex.serve();
    let early = Browser::at(&serving.url);
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    early.post("/register", &form).await.expect_status(303);
    let early = value(&early);
    serving.stop().expect_code(0);

    let narthex = narthex.with("NARTHEX_SECRET_KEY", &format!("{new},{old}"));
    let serving = narthex.serve();
    assert!(is_in(&serving.url, &early).await, "the old key is listed");
    let late = Browser::at(&serving.url);
    let form = [("email", ADA), ("password", PASSWORD)];
    late.post("/login", &form).await.expect_status(303);
    let late = value(&late);
    serving.stop().expect_code(0);

    let narthex = narthex.with("NARTHEX_SECRET_KEY", &new);
    let serving = narthex.serve();
    assert!(!is_in(&serving.url, &early).await, "the old key is gone");
    assert!(
        is_in(&serving.url, &late).await,
        "the new key signed this one"
    );
    serving.stop().expect_code(0);
}
