//! Forms of signed-in pages name the user for whom they were rendered.

use narthex::http::{auth::Access, paths, routes};
use serde_json::json;

use super::drafts::OF_AN_APP;
use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::Browser;
use crate::support::page::{ADA, GRACE, fetch_list, newest_token, own_session};

async fn user_id(browser: &Browser) -> String {
    let user = browser.get("/api/v1/user").await.json();
    user["id"]
        .as_str()
        .expect("the user must have an ID")
        .to_owned()
}

/// The calls of the scripts of pages.
const CALLS: [&str; 4] = [
    paths::CONFIRM_PASSKEY_OPTIONS,
    paths::CONFIRM_PASSKEY,
    paths::PASSKEY_OPTIONS,
    paths::PASSKEYS,
];

/// Returns the path of every route that accepts `method` from a signed-in browser. The ID in a path
/// is that of a session or a token of `browser`.
async fn paths(browser: &Browser, method: &str) -> Vec<String> {
    let (session, token) = (own_session(browser).await, newest_token(browser).await);
    // A session cannot recognise itself.
    let sessions = fetch_list(browser, "/api/v1/sessions").await;
    let mut ids = sessions.iter().filter_map(|found| found["id"].as_str());
    let other = ids.find(|id| *id != session).unwrap_or(&session).to_owned();
    let table = routes::table().into_iter();
    let table =
        table.filter(|route| route.access == Access::SessionPage && route.method == *method);
    // A script sends them as JSON.
    let table = table.filter(|route| !CALLS.contains(&route.path));
    let paths = table.map(|route| {
        let id = match route.path {
            paths::SESSION_REVOKE => &session,
            paths::SESSION_RECOGNISE => &other,
            _ => &token,
        };
        route.path.replace("{id}", id)
    });
    paths.collect()
}

/// Returns the forms of a page that are sent with POST.
fn forms(page: &Answer) -> Vec<&str> {
    let forms = page.text.split("<form").skip(1);
    let forms = forms.filter_map(|rest| rest.split("</form>").next());
    forms
        .filter(|form| form.contains("method=\"post\""))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_post_route_rejects_a_form_of_another_user() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    app.token_of(&ada, "CI", &[]).await;
    let (own, other) = (user_id(&ada).await, user_id(&grace).await);
    let before = ada.get("/api/v1/events").await.text;
    let paths = paths(&ada, "POST").await;
    assert!(paths.len() >= 12, "{paths:?}");
    for path in &paths {
        // The form has the fields of all routes, so that no other check rejects it.
        let form = |users: &[&str]| {
            let fields = [
                ("name", "Changed"),
                ("email", "changed@example.com"),
                ("password", PASSWORD),
                ("confirmed", "1"),
            ];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let users = users.iter().map(|id| ("user".to_owned(), (*id).to_owned()));
            fields.into_iter().chain(users).collect::<Vec<_>>()
        };
        for users in [&[&*other][..], &[&own, &other], &[""], &["x"]] {
            let request = ada.request(reqwest::Method::POST, path).form(&form(users));
            let answer = ada.send(request).await.expect_status(409);
            answer
                .expect_text("Another account is signed in")
                .expect_text("Nothing was done")
                .expect_text("href=\"/account\"");
        }
    }
    assert_eq!(ada.get("/api/v1/events").await.text, before);
    assert_eq!(app.sign_in(ADA).await.get("/account").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_post_route_accepts_a_form_of_its_user_or_of_no_user() {
    let app = TestApp::start_with(&[("NARTHEX_THROTTLE_EXEMPT", "127.0.0.1")]);
    for with_user in [true, false] {
        let sample = app
            .register(&format!("sample{with_user}@example.com"))
            .await;
        app.token_of(&sample, "CI", &[]).await;
        let count = paths(&sample, "POST").await.len();
        for number in 0..count {
            // Each route gets its own user because some routes revoke the session.
            let email = format!("user{number}{with_user}@example.com");
            let browser = app.register(&email).await;
            app.token_of(&browser, "CI", &[]).await;
            app.sign_in(&email).await;
            let path = paths(&browser, "POST").await.swap_remove(number);
            let own = user_id(&browser).await;
            let form = [("user", &*own)];
            let form = if with_user { &form[..] } else { &[] };
            let answer = browser.post(&path, form).await;
            let has_nothing_to_change = answer.status == 404
                && (OF_AN_APP.contains(&&*path)
                    || path.starts_with("/account/security/passkeys/")
                    || path.starts_with("/account/security/trusted-browsers/")
                    || path.starts_with("/account/security/removals/")
                    || path == "/email/cancel");
            let accepted = [200, 303, 422].contains(&answer.status) || has_nothing_to_change;
            assert!(
                accepted && !answer.text.contains("no such field"),
                "{answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_signed_in_page_names_its_user() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    app.token_of(&browser, "CI", &[]).await;
    let id = user_id(&browser).await;
    let field = format!("<input type=\"hidden\" name=\"user\" value=\"{id}\">");
    let mut seen = 0;
    for path in paths(&browser, "GET").await {
        let page = browser.get(&path).await;
        for form in forms(&page) {
            assert_eq!(form.matches(&field).count(), 1, "{path}: {form}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} forms");
    // A form with errors has the field as well.
    let page = browser.post("/account/tokens", &[("name", "")]).await;
    assert!(
        forms(&page).iter().all(|form| form.contains(&field)),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn form_of_a_signed_out_browser_redirects_to_sign_in() {
    let app = TestApp::start();
    let browser = app.register(ADA).await;
    let id = user_id(&browser).await;
    let form = [("user", &*id), ("name", "Ada")];
    let answer = app.browser().post("/account/profile", &form).await;
    let target = "/login?next=%2Faccount%2Fprofile%3Fdraft";
    assert!(answer.location().starts_with(target), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn call_of_a_page_of_another_user_is_refused() {
    let app = TestApp::start();
    let (ada, grace) = (app.register(ADA).await, app.register(GRACE).await);
    let (own, other) = (user_id(&ada).await, user_id(&grace).await);
    for path in CALLS {
        let stale = ada.post_json(path, &json!({ "user": other })).await;
        stale.expect_problem(409, "other-account");
        let malformed = ada.post_json(path, &json!({ "user": 1 })).await;
        malformed.expect_problem(409, "other-account");
        let fresh = ada.post_json(path, &json!({ "user": own })).await;
        assert_ne!(fresh.status, 409, "{fresh}");
    }
}
