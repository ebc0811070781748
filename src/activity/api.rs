//! The activity log in the JSON API.

use std::net::IpAddr;

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use super::Event;
use crate::{
    callers::AnyCaller,
    error::Result,
    ids::{CredentialId, EventId, ReceiptId},
    kit::clock::Timestamp,
    web::{
        body::Query,
        json,
        list::{List, take_paging},
    },
};

#[derive(Serialize)]
struct EventJson<'a> {
    id: EventId,
    at: Timestamp,
    r#type: &'static str,
    detail: &'a str,
    credential_id: Option<CredentialId>,
    by: Option<CredentialId>,
    ip: Option<IpAddr>,
    receipt_id: Option<ReceiptId>,
}

impl<'a> EventJson<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            id: event.id,
            at: event.at,
            r#type: event.kind.as_str(),
            detail: &event.detail,
            credential_id: event.credential_id,
            by: event.by_credential,
            ip: event.ip,
            receipt_id: event.receipt_id,
        }
    }
}

/// `GET /events`: what happened, newest first.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for a page that cannot be.
pub async fn list(here: AnyCaller, Query(mut fields): Query) -> Result<HttpResponse> {
    let paging = take_paging(&mut fields);
    fields.finish()?;
    let page = super::list(&here.context, here.caller.user.id, paging).await?;
    json::answer(StatusCode::OK, &List::of(&page, EventJson::of))
}
