//! The receipt of one revocation.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::find_receipt,
    error::Result,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        pages::credential_row::CredentialRow,
        response::{
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    i18n,
    types::ids::ReceiptTag,
};

#[derive(Template)]
#[template(path = "revoke/receipt.html")]
struct ReceiptPage {
    frame: Layout,
    summary: String,
    reason: String,
    at: RelativeTime,
    ip: Option<String>,
    by_this_browser: bool,
    rows: Vec<CredentialRow>,
    forgotten: bool,
}

/// `GET /account/receipts/{id}`
pub async fn show(user: BrowserUser, id: PathId<ReceiptTag>) -> Result<HttpResponse> {
    let (context, language) = (&user.context, user.language());
    let receipt = find_receipt(context, user.principal.user().id, id.0).await?;
    let by_this_browser = receipt.by == Some(user.principal.credential().id);
    html::ok(&ReceiptPage {
        frame: user.frame(),
        summary: i18n::text(language, &receipt.summary()),
        reason: i18n::text(language, &receipt.reason.message()),
        at: RelativeTime::past(language, context.now(), receipt.at),
        ip: receipt.ip.map(|ip| ip.to_string()),
        by_this_browser,
        forgotten: receipt.credentials.is_empty()
            && receipt.sessions_ended + receipt.tokens_ended > 0,
        rows: CredentialRow::all(&user, &receipt.credentials),
    })
}
