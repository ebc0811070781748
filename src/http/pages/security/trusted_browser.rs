//! The browsers that the user trusts: their rows on the overview, and the removal of one.

use actix_web::HttpResponse;
use askama::Template;

use super::answers::to_overview;
use crate::{
    credentials::trusted_browsers::{self, TrustedBrowser},
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::Form,
        paths,
        response::{
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    i18n,
    sessions::Device,
    types::{ids::FactorTag, message::notice},
};

/// A trusted browser as the pages show it.
pub(super) struct TrustedBrowserRow {
    /// The browser and the system.
    pub(super) name: String,
    /// Whether it is the browser that shows the page.
    pub(super) is_current: bool,
    pub(super) ip: Option<String>,
    pub(super) since: RelativeTime,
    pub(super) last_used: Option<RelativeTime>,
    pub(super) expires: RelativeTime,
    /// The path that ends the trust.
    pub(super) remove: String,
}

impl TrustedBrowserRow {
    pub(super) fn of(user: &BrowserUser, browser: TrustedBrowser) -> Self {
        let (language, now) = (user.language(), user.state.now());
        let past = |then| RelativeTime::past(language, now, then);
        let device = Device::of(browser.user_agent.as_deref());
        Self {
            name: i18n::text(language, &device.message()),
            is_current: user.trust_digest() == Some(browser.digest),
            ip: browser.ip,
            since: past(browser.created_at),
            last_used: browser.last_used_at.map(past),
            expires: RelativeTime::future(language, now, browser.expires_at),
            remove: paths::trusted_browser_remove(browser.id),
        }
    }
}

#[derive(Template)]
#[template(path = "security/trusted_browser.html")]
struct RemovalPage {
    layout: Layout,
    browser: TrustedBrowserRow,
}

/// `POST /account/security/trusted-browsers/{id}/remove`. Without `confirmed=1`, it shows the browser
/// and asks.
pub async fn remove(user: BrowserUser, id: PathId<FactorTag>, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let is_confirmed = fields.text("confirmed") == "1";
    fields.check()?;
    let account = user.principal.user().id;
    let browser = match trusted_browsers::find(&user.state, account, id.0).await {
        Err(Error::NotFound) => return to_overview(&user, &notice::already_removed()),
        found => found?,
    };
    if !is_confirmed {
        return html::ok(&RemovalPage {
            layout: user.layout(),
            browser: TrustedBrowserRow::of(&user, browser),
        });
    }
    let removed = trusted_browsers::remove(&user.state, &user.principal, id.0).await;
    // Another request may have removed it since it was found.
    if matches!(removed, Err(Error::NotFound)) {
        return to_overview(&user, &notice::already_removed());
    }
    user.with_return_address(|| paths::SECURITY.to_owned(), removed)?;
    user.redirect(paths::SECURITY, &notice::trusted_browser_removed())
}
