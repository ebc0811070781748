//! Sessions and tokens together in the JSON API: the list, the preview, the revocation and its
//! receipt.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{sessions::SessionJson, tokens::TokenJson};
use crate::{
    credentials::{
        Credential, CredentialFilter, RevocationReason, RevocationReceipt, StatusFilter,
        find_receipt,
        revoke::{self, RevocationPreview, RevocationRequest},
    },
    error::Result,
    http::{
        auth::ApiCaller,
        extract::{
            path::PathId,
            string_map::{FilterInput, GivenFields},
        },
        middleware::body::{NoQuery, Query},
        openapi::schemas::{
            self, Shape,
            credentials::{AnyCredential, Listed, SelectionBody, SignOutBody},
        },
        paths,
        response::{
            self,
            paginated::{List, take_paging},
        },
    },
    types::{
        credential_kind::CredentialType,
        fields::Fields,
        ids::{CredentialId, CredentialTag, ReceiptId, ReceiptTag},
        message::field,
        pagination::Page,
    },
    util::clock::Timestamp,
};

/// A session or a token. The member `class` tells them apart.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Credential)]
pub enum CredentialJson<'a> {
    /// A session.
    Session(SessionJson),
    /// A token.
    Token(TokenJson<'a>),
}

/// A page of sessions and tokens.
type CredentialList<'a> = List<CredentialJson<'a>>;

impl<'a> CredentialJson<'a> {
    /// Returns `credential` as the caller sees it. `current` is the caller's own credential.
    #[must_use]
    pub fn of(credential: &'a Credential, current: Option<CredentialId>) -> Self {
        match credential.class() {
            CredentialType::Session => Self::Session(SessionJson::of(credential, current)),
            CredentialType::Token => Self::Token(TokenJson::of(credential)),
        }
    }
}

fn all(credentials: &[Credential], current: Option<CredentialId>) -> Vec<CredentialJson<'_>> {
    credentials
        .iter()
        .map(|credential| CredentialJson::of(credential, current))
        .collect()
}

/// The record of one revocation.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptJson<'a> {
    id: ReceiptId,
    at: Timestamp,
    #[schema(schema_with = reasons)]
    reason: &'static str,
    /// The credential of the caller. `null` if an operator or Narthex itself revoked.
    #[schema(required)]
    by: Option<CredentialId>,
    sessions_ended: i64,
    tokens_ended: i64,
    /// The number of browsers that the user no longer trusts.
    trusted_browsers_ended: i64,
    /// The revoked credentials, without those that Narthex has deleted since.
    credentials: Vec<CredentialJson<'a>>,
}

fn reasons() -> Shape {
    schemas::one_of_these_and_more(RevocationReason::ALL.iter().map(|reason| reason.as_str()))
}

impl<'a> ReceiptJson<'a> {
    /// Returns `receipt` as the caller sees it. `current` is the caller's own credential.
    #[must_use]
    pub fn of(receipt: &'a RevocationReceipt, current: Option<CredentialId>) -> Self {
        Self {
            id: receipt.id,
            at: receipt.at,
            reason: receipt.reason.as_str(),
            by: receipt.by,
            sessions_ended: receipt.sessions_ended,
            tokens_ended: receipt.tokens_ended,
            trusted_browsers_ended: receipt.trusted_browsers_ended,
            credentials: all(&receipt.credentials, current),
        }
    }
}

/// The credentials that a selection would revoke.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub struct PreviewJson<'a> {
    /// Identifies exactly these credentials.
    digest: &'a str,
    /// The number of browsers that the user would no longer trust. It is zero unless everything is
    /// selected.
    trusted_browsers: u64,
    credentials: Vec<CredentialJson<'a>>,
}

impl<'a> PreviewJson<'a> {
    /// Returns `preview` as the caller sees it. `current` is the caller's own credential.
    #[must_use]
    pub fn of(preview: &'a RevocationPreview, current: Option<CredentialId>) -> Self {
        Self {
            digest: &preview.digest,
            trusted_browsers: preview.trusted_browsers,
            credentials: all(&preview.credentials, current),
        }
    }
}

/// Lists sessions and tokens.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid selection or page.
#[utoipa::path(
    get,
    path = paths::API_CREDENTIALS,
    tag = "Sign-out",
    operation_id = "listCredentials",
    params(Listed<AnyCredential>),
    responses((status = 200, description = "A page of the list.", body = CredentialList))
)]
pub async fn list(caller: ApiCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&caller, fields, None).await?;
    let list = List::of(&page, |credential| {
        CredentialJson::of(credential, Some(caller.principal.credential().id))
    });
    response::json::answer(StatusCode::OK, &list)
}

/// Returns the page that a query asks for. The fields are `limit`, `cursor`, `ended` and a
/// selection. `class` restricts the selection to one class.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid query.
pub(crate) async fn page_of(
    caller: &ApiCaller,
    mut fields: Fields,
    class: Option<CredentialType>,
) -> Result<Page<Credential, CredentialTag>> {
    let paging = take_paging(&mut fields);
    let with_ended = fields.parsed("ended", field::not_a_boolean());
    let filter = take_filter(caller, &mut fields, class);
    fields.finish()?;
    let scope = match with_ended {
        Some(true) => StatusFilter::All,
        Some(false) | None => StatusFilter::Active,
    };
    crate::credentials::list(
        &caller.state,
        caller.principal.user().id,
        filter,
        scope,
        paging,
    )
    .await
}

fn take_filter(
    caller: &ApiCaller,
    fields: &mut Fields,
    class: Option<CredentialType>,
) -> CredentialFilter {
    let (now, current) = (caller.state.now(), Some(caller.principal.credential().id));
    match class {
        Some(class) => CredentialFilter::take_within(class, fields, now, current),
        None => CredentialFilter::take(fields, now, current),
    }
}

/// Returns the credentials that a selection would revoke, and a digest of the list.
///
/// The selection may be in the query instead of the body.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid selection.
#[utoipa::path(
    post,
    path = paths::API_SIGN_OUT_PREVIEW,
    tag = "Sign-out",
    operation_id = "previewSignOut",
    request_body = Option<SelectionBody>,
    responses((status = 200, description = "The credentials that would be revoked.", body = PreviewJson))
)]
pub async fn preview(
    caller: ApiCaller,
    FilterInput(mut fields): FilterInput,
) -> Result<HttpResponse> {
    let filter = take_filter(&caller, &mut fields, None);
    fields.finish()?;
    let preview = revoke::preview(&caller.state, caller.principal.user().id, filter).await?;
    response::json::answer(
        StatusCode::OK,
        &PreviewJson::of(&preview, Some(caller.principal.credential().id)),
    )
}

/// Revokes a selection. An empty object selects everything, the caller's own credential included.
///
/// The selection may be in the query instead of the body. There, `all=true` selects everything.
/// Without a query and a body nothing is revoked.
///
/// # Errors
/// [`crate::error::Error::PreviewOutdated`] if the digest no longer matches, and the errors of
/// [`revoke::revoke`].
#[utoipa::path(
    post,
    path = paths::API_SIGN_OUT,
    tag = "Sign-out",
    operation_id = "signOut",
    request_body = SignOutBody,
    responses(
        (status = 200, description = "The receipt.", body = ReceiptJson)
    )
)]
pub async fn sign_out(
    caller: ApiCaller,
    GivenFields(mut fields): GivenFields,
) -> Result<HttpResponse> {
    let filter = take_filter(&caller, &mut fields, None);
    let digest = fields.one("digest");
    fields.finish()?;
    let request = RevocationRequest {
        digest,
        ..RevocationRequest::of(filter, RevocationReason::SignedOut)
    };
    revoke_and_respond(&caller, request).await
}

/// `DELETE /sessions` and `DELETE /tokens`: revokes the credentials of one class that `fields`
/// select.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for an invalid selection, and the errors of [`revoke::revoke`].
pub(crate) async fn revoke_selection(
    caller: &ApiCaller,
    mut fields: Fields,
    class: CredentialType,
) -> Result<HttpResponse> {
    let filter = take_filter(caller, &mut fields, Some(class));
    fields.finish()?;
    let request = RevocationRequest::of(filter, RevocationReason::Revoked);
    revoke_and_respond(caller, request).await
}

/// `DELETE /sessions/{id}` and `DELETE /tokens/{id}`: revokes one credential unless it has ended
/// before.
///
/// # Errors
/// The errors of [`revoke::revoke_one`].
pub(crate) async fn revoke_one_of_class(
    caller: &ApiCaller,
    class: CredentialType,
    id: CredentialId,
) -> Result<HttpResponse> {
    let receipt = revoke::revoke_one(&caller.state, &caller.principal, class, id).await?;
    let answer = HttpResponse::NoContent().finish();
    Ok(match receipt {
        Some(receipt) => {
            caller.sign_out_if_revoked(&receipt).await?;
            answer
        }
        None => answer,
    })
}

/// Revokes the selection and answers with the receipt.
///
/// # Errors
/// [`crate::error::Error::ReauthenticationRequired`] if a session must re-authenticate first, and
/// the errors of [`revoke::revoke`].
async fn revoke_and_respond(
    caller: &ApiCaller,
    request: RevocationRequest,
) -> Result<HttpResponse> {
    caller.authorize_revocation(&request.filter)?;
    let (user, actor) = (caller.principal.user().id, caller.principal.actor());
    let receipt = revoke::revoke(&caller.state, user, request, actor).await?;
    let answer = response::json::answer(
        StatusCode::OK,
        &ReceiptJson::of(&receipt, Some(caller.principal.credential().id)),
    )?;
    caller.sign_out_if_revoked(&receipt).await?;
    Ok(answer)
}

/// Returns the receipt of one revocation.
///
/// # Errors
/// [`crate::error::Error::NotFound`] if the user has no such receipt.
#[utoipa::path(
    get,
    path = paths::API_RECEIPT,
    tag = "Sign-out",
    operation_id = "getReceipt",
    params(("id" = ReceiptId, Path)),
    responses((status = 200, description = "The receipt.", body = ReceiptJson))
)]
pub async fn receipt(
    caller: ApiCaller,
    PathId(id): PathId<ReceiptTag>,
    _: NoQuery,
) -> Result<HttpResponse> {
    let receipt = find_receipt(&caller.state, caller.principal.user().id, id).await?;
    response::json::answer(
        StatusCode::OK,
        &ReceiptJson::of(&receipt, Some(caller.principal.credential().id)),
    )
}
