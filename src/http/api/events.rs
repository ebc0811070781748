//! The audit log in the JSON API.

use std::net::IpAddr;

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    audit::{Event, EventKind},
    error::Result,
    http::{
        auth::ApiCaller,
        middleware::body::Query,
        openapi::schemas::{self, Shape},
        paths,
        response::{
            self,
            paginated::{List, Paged, take_paging},
        },
    },
    i18n::{self, Language},
    types::ids::{CredentialId, EventId, ReceiptId},
    util::clock::Timestamp,
};

/// A security event.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventJson {
    id: EventId,
    at: Timestamp,
    #[schema(schema_with = types)]
    r#type: &'static str,
    /// A description of the object of the event.
    detail: String,
    /// The credential that the event is about.
    #[schema(required)]
    credential_id: Option<CredentialId>,
    /// The credential of the caller that caused the event.
    #[schema(required)]
    by: Option<CredentialId>,
    #[schema(required, value_type = Option<schemas::Ip>)]
    ip: Option<IpAddr>,
    #[schema(required)]
    receipt_id: Option<ReceiptId>,
    /// The number of times that the same caller did the same within one minute.
    #[schema(minimum = 1)]
    times: i64,
}

/// A page of events.
type EventList = List<EventJson>;

fn types() -> Shape {
    schemas::one_of_these_and_more(EventKind::ALL.iter().map(|kind| kind.as_str()))
}

impl EventJson {
    /// Returns the event as the API shows it.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            id: event.id,
            at: event.at,
            r#type: event.kind.as_str(),
            detail: i18n::written(Language::english(), &event.detail.text()),
            credential_id: event.credential_id,
            by: event.actor_credential_id,
            ip: event.ip,
            receipt_id: event.receipt_id,
            times: event.times,
        }
    }
}

/// Lists the events of the audit log, newest first.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid page.
#[utoipa::path(
    get,
    path = paths::API_EVENTS,
    tag = "Account",
    operation_id = "listEvents",
    params(Paged),
    responses((status = 200, description = "A page of the list.", body = EventList))
)]
pub async fn list(caller: ApiCaller, Query(mut fields): Query) -> Result<HttpResponse> {
    let paging = take_paging(&mut fields);
    fields.finish()?;
    let page = crate::audit::list(&caller.state, caller.principal.user().id, paging).await?;
    response::json::answer(StatusCode::OK, &List::of(&page, EventJson::of))
}
