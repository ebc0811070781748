//! The session cookie: its attributes, its lifetime, and the values that are accepted.

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

/// With an https public URL the server accepts requests for its own host only.
const PUBLIC: (&str, &str) = ("NARTHEX_PUBLIC_URL", "https://id.example.com");

/// Sends a request of a browser to the test server under the host `id.example.com`.
async fn send_to_public_host(
    browser: &Browser,
    method: Method,
    path: &str,
    form: &[(&str, &str)],
) -> Answer {
    let request = browser
        .request(method, path)
        .header("host", "id.example.com");
    browser.send(request.form(form)).await
}

async fn register_under_https(app: &TestApp) -> (Browser, Answer) {
    let browser = app.browser();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let answer = send_to_public_host(&browser, Method::POST, "/register", &form).await;
    (browser, answer.expect_status(303))
}

/// Returns the single cookie that the response sets.
#[track_caller]
fn set_cookie(answer: &Answer) -> Cookie {
    let headers = answer.headers_named("set-cookie");
    assert_eq!(headers.len(), 1, "{answer}");
    Cookie::parse(headers[0])
}

fn value(browser: &Browser) -> String {
    browser
        .cookie("narthex")
        .expect("the browser must have a session cookie")
        .value
}

/// Requests the account page with this `Cookie` header and no other credential.
async fn get_account(app: &TestApp, cookies: &str) -> Answer {
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::GET, "/account");
    anonymous.send(request.header("cookie", cookies)).await
}

/// Asserts that this cookie belongs to no active session.
async fn assert_rejected(app: &TestApp, value: &str) {
    get_account(app, &format!("narthex={value}"))
        .await
        .expect_redirect("/login?next=%2Faccount");
}

async fn assert_accepted(app: &TestApp, value: &str) {
    get_account(app, &format!("narthex={value}"))
        .await
        .expect_status(200);
}

async fn sign_in_remembered(app: &TestApp) -> (Browser, Answer) {
    let browser = app.browser();
    let form = [("email", ADA), ("password", PASSWORD), ("remember", "on")];
    let answer = browser.post("/login", &form).await.expect_status(303);
    (browser, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn http_cookie_is_http_only_and_same_site_lax() {
    let app = TestApp::start();
    let form = [("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    let cookie = set_cookie(&app.browser().post("/register", &form).await);
    assert_eq!(cookie.name, "narthex");
    let mut attributes = cookie.attributes.clone();
    attributes.sort();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn https_cookie_is_secure_and_bound_to_its_host() {
    let app = TestApp::start_with(&[PUBLIC]);
    let (_, answer) = register_under_https(&app).await;
    let cookie = set_cookie(&answer);
    assert_eq!(cookie.name, "__Host-narthex");
    let mut attributes = cookie.attributes.clone();
    attributes.sort();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_with_a_configured_domain_is_secure() {
    let app = TestApp::start_with(&[PUBLIC, ("NARTHEX_COOKIE_DOMAIN", "example.com")]);
    let (_, answer) = register_under_https(&app).await;
    let cookie = set_cookie(&answer);
    assert_eq!(cookie.name, "__Secure-narthex");
    assert_eq!(cookie.attribute("Domain"), Some("example.com"));
    assert_eq!(cookie.attribute("Secure"), Some(""));
    assert_eq!(cookie.attribute("HttpOnly"), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_persists_only_if_the_user_chose_to_stay_signed_in() {
    let app = TestApp::start();
    app.register(ADA).await;
    let form = [("email", ADA), ("password", PASSWORD)];
    let cookie = set_cookie(&app.browser().post("/login", &form).await);
    assert_eq!(cookie.attribute("Max-Age"), None);
    assert_eq!(cookie.attribute("Expires"), None);
    let (_, answer) = sign_in_remembered(&app).await;
    let ninety_days = (90 * DAY).as_secs().to_string();
    assert_eq!(
        set_cookie(&answer).attribute("Max-Age"),
        Some(&*ninety_days)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn persistent_cookie_has_the_configured_max_age() {
    let app = TestApp::start_with(&[("NARTHEX_REMEMBER_MAX", "30d")]);
    app.register(ADA).await;
    let (_, answer) = sign_in_remembered(&app).await;
    assert_eq!(set_cookie(&answer).attribute("Max-Age"), Some("2592000"));
}

/// rfc6265bis, section 5.6: a browser drops a cookie of more than 4096 bytes, and so loses the
/// session.
#[tokio::test(flavor = "multi_thread")]
async fn cookie_size_stays_below_the_browser_limit() {
    let app = TestApp::start();
    let (name, email) = ("\"".repeat(255), format!("{}@example.com", "a".repeat(64)));
    let browser = app.browser();
    let form = [("name", &*name), ("email", &email), ("password", PASSWORD)];
    let mut responses = vec![browser.post("/register", &form).await];
    let form = [
        ("email", &*email),
        ("password", PASSWORD),
        ("remember", "on"),
    ];
    responses.push(browser.post("/login", &form).await);
    for _ in 0..3 {
        let form = [("name", &*name), ("abilities", "*"), ("expires", "never")];
        let created = browser.post("/account/tokens", &form).await;
        created.expect_status(200);
    }
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
        ("also", "tokens"),
    ];
    responses.push(browser.post("/account/password", &form).await);
    let digest = browser.get("/account/sign-out").await.field("digest");
    let form = [("digest", &*digest)];
    responses.push(browser.post("/account/sign-out", &form).await);
    for answer in responses {
        let header = answer.expect_status(303).headers_named("set-cookie")[0].len();
        assert!(header <= 1024, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_cookie_keeps_its_max_age() {
    let app = TestApp::start();
    let temporary = app.register(ADA).await;
    let (remembered, _) = sign_in_remembered(&app).await;
    for (browser, max_age) in [(temporary, None), (remembered, Some("7776000"))] {
        let password = [("password", PASSWORD)];
        let confirmed = browser.post("/account/confirm", &password).await;
        assert_eq!(set_cookie(&confirmed).attribute("Max-Age"), max_age);
        let profile = [("name", "Ada"), ("email", ADA)];
        let saved = browser.post("/account/profile", &profile).await;
        assert_eq!(
            set_cookie(&saved).attribute("Max-Age"),
            max_age,
            "with a message"
        );
        let read = browser.get("/account/profile").await;
        assert_eq!(
            set_cookie(&read).attribute("Max-Age"),
            max_age,
            "message read"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_cookie_has_the_attributes_of_the_session_cookie() {
    let app = TestApp::start_with(&[PUBLIC, ("NARTHEX_COOKIE_DOMAIN", "example.com")]);
    let (browser, _) = register_under_https(&app).await;
    let answer = send_to_public_host(&browser, Method::POST, "/logout", &[]).await;
    // The headers before it delete cookies that may have been set for another domain.
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
async fn anonymous_page_views_set_no_cookie() {
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
async fn wrong_password_sets_no_cookie() {
    let app = TestApp::start();
    app.register(ADA).await;
    let form = [("email", ADA), ("password", "not the right password")];
    let answer = app.browser().post("/login", &form).await.expect_status(422);
    assert_eq!(answer.headers_named("set-cookie").len(), 0, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_never_adopts_an_existing_cookie() {
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
    assert_rejected(&app, &planted).await;
}

/// Returns the content of a signed cookie.
fn content(value: &str) -> String {
    let mut jar = Jar::new();
    jar.add_original(Signed::parse_encoded(format!("narthex={value}")).unwrap());
    let read = jar
        .signed(&server_key())
        .get("narthex")
        .expect("the cookie must have the server's signature");
    read.value().to_owned()
}

fn signed(content: &str, key: &Key) -> String {
    let mut jar = Jar::new();
    jar.signed_mut(key)
        .add(Signed::new("narthex", content.to_owned()));
    let pair = jar.get("narthex").unwrap().encoded().stripped().to_string();
    pair.strip_prefix("narthex=").unwrap().to_owned()
}

fn server_key() -> Key {
    Key::from(crate::support::app::signing_keys().first())
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_with_foreign_or_missing_signature_is_rejected() {
    let app = TestApp::start();
    let genuine = value(&app.register(ADA).await);
    let content_text = content(&genuine);
    assert_accepted(&app, &signed(&content_text, &server_key())).await;
    assert_rejected(&app, &signed(&content_text, &Key::from(&[7; 64]))).await;
    let plain = Signed::new("narthex", content_text).encoded().to_string();
    assert_rejected(&app, plain.strip_prefix("narthex=").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_chosen_secret_is_never_adopted() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let content_text = content(&value(&browser));
    // The secret is the only part of 43 base64url characters.
    let secret = content_text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .find(|part| part.len() == 43)
        .expect("the cookie must contain a secret");
    let chosen = "A".repeat(43);
    let forged = signed(&content_text.replace(secret, &chosen), &server_key());
    assert_rejected(&app, &forged).await;
    let victim = app.browser();
    victim.put_cookie("narthex", &forged);
    let form = [("email", ADA), ("password", PASSWORD)];
    victim
        .post("/login", &form)
        .await
        .expect_redirect("/account");
    assert!(!content(&value(&victim)).contains(&chosen));
    assert_rejected(&app, &forged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_with_any_changed_byte_is_rejected() {
    let app = TestApp::start();
    let genuine = value(&app.register(ADA).await);
    for at in 0..genuine.len() {
        let mut bytes = genuine.clone().into_bytes();
        bytes[at] ^= 1;
        assert_rejected(&app, &String::from_utf8(bytes).unwrap()).await;
    }
    assert_accepted(&app, &genuine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_cookie_is_rejected() {
    let app = TestApp::start();
    let genuine = value(&app.register(ADA).await);
    let long = "A".repeat(8000);
    let cut = &genuine[..genuine.len() / 2];
    let doubled = format!("{genuine}{genuine}");
    for malformed in [
        "", "A", "%", "%ff", "\"\"", "null", "{}", &long, cut, &doubled,
    ] {
        assert_rejected(&app, malformed).await;
    }
    let hundred = vec!["narthex=A"; 100].join("; ");
    get_account(&app, &hundred)
        .await
        .expect_redirect("/login?next=%2Faccount");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_is_accepted_under_its_own_name_only() {
    let app = TestApp::start_with(&[PUBLIC]);
    let (browser, _) = register_under_https(&app).await;
    let genuine = browser.cookie("__Host-narthex").unwrap().value;
    let anonymous = app.anonymous();
    let request_to = |path: &str| {
        anonymous
            .request(Method::GET, path)
            .header("host", "id.example.com")
    };
    let request_with =
        |name: &str| request_to("/account").header("cookie", format!("{name}={genuine}"));
    anonymous
        .send(request_with("__Host-narthex"))
        .await
        .expect_status(200);
    for name in [
        "narthex",
        "__host-narthex",
        "__Secure-narthex",
        "__HOST-NARTHEX",
    ] {
        anonymous.send(request_with(name)).await.expect_status(303);
    }
    let in_the_query = request_to(&format!(
        "/account?narthex={genuine}&__Host-narthex={genuine}"
    ));
    anonymous.send(in_the_query).await.expect_status(303);
    let in_a_header = request_to("/account").header("x-session", &genuine);
    anonymous.send(in_a_header).await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookie_value_appears_in_no_page() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let secret = content(&value(&browser));
    let secret = secret
        .split('"')
        .find(|part| part.len() > 40)
        .expect("the cookie must contain a secret")
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
async fn cookie_replayed_after_sign_out_is_rejected() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let old_value = value(&browser);
    browser.post("/logout", &[]).await.expect_redirect("/login");
    assert_rejected(&app, &old_value).await;
    let anonymous = app.anonymous();
    let call = anonymous.request(Method::GET, "/api/v1/user");
    let call = call.header("cookie", format!("narthex={old_value}"));
    anonymous.send(call).await.expect_status(401);
}

/// Asserts that the session is active just before its idle limit and expired just after it.
async fn assert_idle_limit(app: &TestApp, browser: &Browser, limit: Duration) {
    browser.get("/account").await.expect_status(200);
    app.advance(limit - SECOND);
    browser.get("/account").await.expect_status(200);
    app.advance(limit + SECOND);
    browser.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_limit_is_2_hours_or_14_days_if_remembered() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    assert_idle_limit(&app, &browser, 2 * HOUR).await;
    let (remembered, _) = sign_in_remembered(&app).await;
    assert_idle_limit(&app, &remembered, 14 * DAY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn session_expires_at_its_absolute_limit_despite_activity() {
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
    let (remembered, _) = sign_in_remembered(&app).await;
    for _ in 0..8 {
        app.advance(10 * DAY);
        remembered.get("/account").await.expect_status(200);
    }
    app.advance(10 * DAY - SECOND);
    remembered.get("/account").await.expect_status(200);
    app.advance(SECOND);
    remembered.get("/account").await.expect_status(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_configures_both_session_limits() {
    let app = TestApp::start_with(&[
        ("NARTHEX_SESSION_IDLE", "10m"),
        ("NARTHEX_SESSION_MAX", "1h"),
        ("NARTHEX_REMEMBER_IDLE", "2d"),
        ("NARTHEX_REMEMBER_MAX", "30d"),
    ]);
    let browser = app.register(ADA).await;
    assert_idle_limit(&app, &browser, HOUR / 6).await;
    let (remembered, _) = sign_in_remembered(&app).await;
    assert_idle_limit(&app, &remembered, 2 * DAY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_session_stays_expired() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.advance(2 * HOUR);
    browser.get("/account").await.expect_status(303);
    browser.get("/account").await.expect_status(303);
    browser.get("/api/v1/user").await.expect_status(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirming_the_password_replaces_the_cookie() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let old_value = value(&browser);
    browser
        .post("/account/confirm", &[("password", PASSWORD)])
        .await
        .expect_redirect("/account");
    assert_ne!(value(&browser), old_value);
    assert_rejected(&app, &old_value).await;
    browser.get("/account").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_replaces_the_cookie() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let old_value = value(&browser);
    let form = [
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    browser
        .post("/account/password", &form)
        .await
        .expect_redirect("/account/profile");
    assert_rejected(&app, &old_value).await;
    browser.get("/account").await.expect_status(200);
}

/// Returns a key of 64 bytes in base64, for the setting.
fn key(byte: u8) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode((0..64).map(|at| at ^ byte).collect::<Vec<u8>>())
}

/// Returns whether the server accepts the cookie together with a cookie of another app that is not
/// ASCII.
async fn accepts_cookie(origin: &str, value: &str) -> bool {
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
async fn key_rotation_keeps_sessions_while_the_old_key_is_listed() {
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
    assert!(
        accepts_cookie(&serving.url, &early).await,
        "a cookie of a listed key must be valid"
    );
    let late = Browser::at(&serving.url);
    let form = [("email", ADA), ("password", PASSWORD)];
    late.post("/login", &form).await.expect_status(303);
    let late = value(&late);
    serving.stop().expect_code(0);

    let narthex = narthex.with("NARTHEX_SECRET_KEY", &new);
    let serving = narthex.serve();
    assert!(
        !accepts_cookie(&serving.url, &early).await,
        "a cookie of a removed key must be invalid"
    );
    assert!(
        accepts_cookie(&serving.url, &late).await,
        "a cookie of the new key must be valid"
    );
    serving.stop().expect_code(0);
}
