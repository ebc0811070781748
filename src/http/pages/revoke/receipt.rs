//! The receipt of one revocation.

use actix_web::HttpResponse;
use askama::Template;

use crate::{
    credentials::find_receipt,
    error::Result,
    http::{
        auth::BrowserUser,
        extract::path::PathId,
        pages::credential_row::Row,
        response::{
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
    types::ids::ReceiptTag,
};

#[derive(Template)]
#[template(path = "revoke/receipt.html")]
struct ReceiptPage {
    frame: Layout,
    summary: String,
    reason: &'static str,
    at: RelativeTime,
    ip: Option<String>,
    by: Option<String>,
    rows: Vec<Row>,
    forgotten: bool,
}

/// `GET /account/receipts/{id}`
pub async fn show(user: BrowserUser, id: PathId<ReceiptTag>) -> Result<HttpResponse> {
    let context = &user.context;
    let receipt = find_receipt(context, user.caller.user().id, id.0).await?;
    let by_this_browser = receipt.by == Some(user.caller.credential().id);
    html::ok(&ReceiptPage {
        frame: user.frame(),
        summary: receipt.summary(),
        reason: receipt.reason.sentence(),
        at: RelativeTime::past(context.now(), receipt.at),
        ip: receipt.ip.map(|ip| ip.to_string()),
        by: by_this_browser.then(|| "this browser".to_owned()),
        forgotten: receipt.credentials.is_empty()
            && receipt.sessions_ended + receipt.tokens_ended > 0,
        rows: Row::all(context, &receipt.credentials, user.caller.credential().id),
    })
}
