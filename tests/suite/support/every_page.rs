//! The path of every page, from the table of routes.

use std::time::Duration;

use narthex::http::auth::Access;
use narthex::http::paths;
use narthex::http::routes;
use reqwest::Method;

use super::app::TestApp;
use super::client::Browser;
use super::page::{fetch_list, own_session};

/// Routes that answer with a file or with a redirect.
const NO_PAGES: [&str; 13] = [
    paths::HOME,
    paths::PASSWORD,
    paths::PASSWORD_REMOVE,
    paths::DELETE,
    paths::ACTIVITY_CSV,
    paths::ACTIVITY_JSON,
    paths::TOTP_REMOVE,
    paths::PASSKEY_REMOVE,
    paths::TRUSTED_BROWSER_REMOVE,
    paths::REMOVAL_CANCEL,
    paths::SESSION_REVOKE,
    paths::TOKEN_ROTATE,
    paths::TOKEN_REVOKE,
];

/// Pages that only the answer of a form leads to. Their tests are those of second factors.
const AFTER_A_FORM: [&str; 3] = [paths::LOGIN_VERIFY, paths::RECOVERY_CODES, paths::PASSKEY];

/// Links of mails, which need the secret of the mail. `pages::mailed_links` visits them.
const OF_MAILS: [&str; 7] = [
    paths::VERIFY_EMAIL,
    paths::PASSWORD_FORGOT,
    paths::PASSWORD_RESET,
    paths::EMAIL_CONFIRM,
    paths::EMAIL_UNDO,
    paths::NOTICE_EMAIL_CONFIRM,
    paths::INVITATION,
];

/// Returns the paths of the pages that need no user.
pub fn public_pages() -> Vec<String> {
    let pages = paths_with(|access| matches!(access, Access::OptionalSession));
    pages
        .filter(|path| *path != paths::LOGOUT)
        .map(|path| path.replace("{name}", "throttled"))
        .collect()
}

/// Returns the paths of the pages of a signed-in user, who gets two tokens and a receipt.
pub async fn account_pages(app: &TestApp, browser: &Browser) -> Vec<String> {
    // So that the lists have the new tokens first.
    app.advance(Duration::from_secs(1));
    for name in ["Backup", "Shop CI"] {
        app.token_of(browser, name, &["orders:read", "tokens:write"])
            .await;
    }
    let tokens = fetch_list(browser, "/api/v1/tokens").await;
    let id_of = |name: &str| {
        let token = tokens.iter().find(|token| token["name"] == name);
        token
            .and_then(|token| token["id"].as_str())
            .expect("a token")
    };
    let (token, revoked) = (id_of("Shop CI"), id_of("Backup"));
    let revoke = format!("/account/tokens/{revoked}/revoke");
    browser.post(&revoke, &[("confirmed", "1")]).await;
    let events = fetch_list(browser, "/api/v1/events").await;
    let receipt = events.iter().find_map(|event| event["receipt_id"].as_str());
    let receipt = receipt.expect("a receipt");
    let session = own_session(browser).await;
    let pages = paths_with(|access| matches!(access, Access::SessionPage));
    let pages = pages.map(|path| match path {
        paths::SESSION => paths::SESSION.replace("{id}", &session),
        paths::TOKEN => paths::TOKEN.replace("{id}", token),
        paths::RECEIPT => paths::RECEIPT.replace("{id}", receipt),
        other => other.to_owned(),
    });
    pages.chain([paths::LOGOUT.to_owned()]).collect()
}

fn paths_with(is_wanted: fn(&Access) -> bool) -> impl Iterator<Item = &'static str> {
    let routes = routes::table().into_iter();
    let pages = routes.filter(move |route| {
        route.method.as_str() == Method::GET.as_str()
            && is_wanted(&route.access)
            && !NO_PAGES.contains(&route.path)
            && !OF_MAILS.contains(&route.path)
            && !AFTER_A_FORM.contains(&route.path)
    });
    pages.map(|route| route.path)
}
