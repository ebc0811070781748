//! The receipt of one revocation.

use actix_web::HttpResponse;
use askama::Template;

use super::groups::{self, Group, Rows};
use crate::{
    credentials::find_receipt,
    error::Result,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        middleware::body::Query,
        paths,
        response::{
            client_address::{ClientAddress, Locator},
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    types::ids::ReceiptTag,
};

#[derive(Template)]
#[template(path = "revoke/receipt.html")]
struct ReceiptPage {
    layout: Layout,
    title: String,
    reason: String,
    at: RelativeTime,
    address: Option<ClientAddress>,
    by_this_browser: bool,
    groups: Vec<Group>,
    /// The path of this page.
    path: String,
    /// Whether only one group is shown.
    is_one_group: bool,
    forgotten: bool,
}

/// `GET /account/receipts/{id}`
pub async fn show(
    user: BrowserUser,
    id: PathId<ReceiptTag>,
    mut query: Query,
) -> Result<HttpResponse> {
    let shown = Rows::take(&mut query.0);
    query.0.check()?;
    let (state, language) = (&user.state, user.language());
    let receipt = find_receipt(state, user.principal.user().id, id.0).await?;
    let locator = Locator::new(state, language).await;
    let layout = user.layout();
    let count = receipt.count();
    html::ok(&ReceiptPage {
        title: layout.text_with(
            "receipt-title",
            &[
                ("sessions", count.sessions.into()),
                ("tokens", count.tokens.into()),
                ("browsers", count.trusted_browsers.into()),
            ],
        ),
        reason: user.text(&receipt.reason.message()),
        at: RelativeTime::past(language, state.now(), receipt.at),
        address: locator.address(receipt.ip),
        by_this_browser: receipt.by == Some(user.principal.credential().id),
        forgotten: receipt.credentials.is_empty()
            && receipt.sessions_ended + receipt.tokens_ended > 0,
        groups: groups::groups(&user, &layout, &locator, &receipt.credentials, &[], shown),
        path: paths::receipt(receipt.id),
        is_one_group: shown.is_some(),
        layout,
    })
}
