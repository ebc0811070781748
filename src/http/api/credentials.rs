//! Everything that can get in, and its ending, in the JSON API.

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
            credentials::{Both, Listed, SelectionBody, SignOutBody},
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
    },
    util::{clock::Timestamp, pagination::Page},
};

/// A session or a token. Both say which in `class`, so that a list of both can be told apart.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Credential)]
pub enum CredentialJson<'a> {
    /// A session.
    Session(SessionJson),
    /// A token.
    Token(TokenJson<'a>),
}

/// A page of them.
type CredentialList<'a> = List<CredentialJson<'a>>;

impl<'a> CredentialJson<'a> {
    /// As whoever calls with the credential `current` sees it.
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

/// The record of one sign-out.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptJson<'a> {
    id: ReceiptId,
    at: Timestamp,
    #[schema(schema_with = reasons)]
    reason: &'static str,
    /// The credential whose caller asked; none for an operator and for Narthex itself.
    #[schema(required)]
    by: Option<CredentialId>,
    sessions_ended: i64,
    tokens_ended: i64,
    /// As far as they are still kept.
    credentials: Vec<CredentialJson<'a>>,
}

fn reasons() -> Shape {
    schemas::one_of_these_and_more(RevocationReason::ALL.iter().map(|reason| reason.as_str()))
}

impl<'a> ReceiptJson<'a> {
    /// As whoever calls with the credential `current` sees it.
    #[must_use]
    pub fn of(receipt: &'a RevocationReceipt, current: Option<CredentialId>) -> Self {
        Self {
            id: receipt.id,
            at: receipt.at,
            reason: receipt.reason.as_str(),
            by: receipt.by,
            sessions_ended: receipt.sessions_ended,
            tokens_ended: receipt.tokens_ended,
            credentials: all(&receipt.credentials, current),
        }
    }
}

/// What a selection would end.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub struct PreviewJson<'a> {
    /// Stands for just these credentials.
    digest: &'a str,
    credentials: Vec<CredentialJson<'a>>,
}

impl<'a> PreviewJson<'a> {
    /// As whoever calls with the credential `current` sees it.
    #[must_use]
    pub fn of(preview: &'a RevocationPreview, current: Option<CredentialId>) -> Self {
        Self {
            digest: &preview.digest,
            credentials: all(&preview.credentials, current),
        }
    }
}

/// Sessions and tokens in one list.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for a selection or page that cannot be.
#[utoipa::path(
    get,
    path = paths::API_CREDENTIALS,
    tag = "Sign-out",
    operation_id = "listCredentials",
    params(Listed<Both>),
    responses((status = 200, description = "A page of them.", body = CredentialList))
)]
pub async fn list(caller: ApiCaller, Query(fields): Query) -> Result<HttpResponse> {
    let page = page_of(&caller, fields, None).await?;
    let shown = List::of(&page, |credential| {
        CredentialJson::of(credential, caller.caller.current())
    });
    response::json::answer(StatusCode::OK, &shown)
}

/// The page that a query asks for: `limit`, `cursor`, `ended` and a selection, of one class where
/// the list is of one.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for a query that cannot be.
pub(crate) async fn page_of(
    caller: &ApiCaller,
    mut fields: Fields,
    class: Option<CredentialType>,
) -> Result<Page<Credential, CredentialTag>> {
    let paging = take_paging(&mut fields);
    let ended = fields.parsed("ended", "Give true or false.");
    let selection = take_selection(caller, &mut fields, class);
    fields.finish()?;
    let scope = match ended {
        Some(true) => StatusFilter::All,
        Some(false) | None => StatusFilter::Active,
    };
    crate::credentials::list(
        &caller.context,
        caller.caller.user.id,
        selection,
        scope,
        paging,
    )
    .await
}

fn take_selection(
    caller: &ApiCaller,
    fields: &mut Fields,
    class: Option<CredentialType>,
) -> CredentialFilter {
    let (now, current) = (caller.context.now(), Some(caller.caller.credential.id));
    match class {
        Some(class) => CredentialFilter::take_within(class, fields, now, current),
        None => CredentialFilter::take(fields, now, current),
    }
}

/// What a selection would end, and the digest that stands for just that.
///
/// The selection may be the query instead of the body.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for a selection that cannot be.
#[utoipa::path(
    post,
    path = paths::API_SIGN_OUT_PREVIEW,
    tag = "Sign-out",
    operation_id = "previewSignOut",
    request_body = Option<SelectionBody>,
    responses((status = 200, description = "What would end.", body = PreviewJson))
)]
pub async fn preview(
    caller: ApiCaller,
    FilterInput(mut fields): FilterInput,
) -> Result<HttpResponse> {
    let selection = take_selection(&caller, &mut fields, None);
    fields.finish()?;
    let preview = revoke::preview(&caller.context, caller.caller.user.id, selection).await?;
    response::json::answer(
        StatusCode::OK,
        &PreviewJson::of(&preview, caller.caller.current()),
    )
}

/// Ends a selection: with an empty object everything, the credential that calls included.
///
/// The selection may be the query instead of the body, where `all=true` means everything. With neither query
/// nor body nothing ends.
///
/// # Errors
/// [`crate::error::Error::PreviewOutdated`] where the digest no longer fits, and as [`revoke::revoke`].
#[utoipa::path(
    post,
    path = paths::API_SIGN_OUT,
    tag = "Sign-out",
    operation_id = "signOut",
    request_body = SignOutBody,
    responses(
        (status = 200, description = "What ended.", body = ReceiptJson)
    )
)]
pub async fn sign_out(
    caller: ApiCaller,
    GivenFields(mut fields): GivenFields,
) -> Result<HttpResponse> {
    let selection = take_selection(&caller, &mut fields, None);
    let digest = fields.one("digest");
    fields.finish()?;
    let ending = RevocationRequest {
        selection,
        digest,
        reason: RevocationReason::SignedOut,
    };
    end(&caller, ending).await
}

/// `DELETE /sessions` and `DELETE /tokens`: ends what `fields` select of one class.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for a selection that cannot be, and as [`revoke::revoke`].
pub(crate) async fn end_selected(
    caller: &ApiCaller,
    mut fields: Fields,
    class: CredentialType,
) -> Result<HttpResponse> {
    let selection = take_selection(caller, &mut fields, Some(class));
    fields.finish()?;
    let ending = RevocationRequest::of(selection, RevocationReason::Revoked);
    end(caller, ending).await
}

/// `DELETE /sessions/{id}` and `DELETE /tokens/{id}`: ends one, where it had not ended before.
///
/// # Errors
/// As [`revoke::revoke_one`].
pub(crate) async fn end_one_of_class(
    caller: &ApiCaller,
    class: CredentialType,
    id: CredentialId,
) -> Result<HttpResponse> {
    let ended = revoke::revoke_one(&caller.context, &caller.caller, class, id).await?;
    let answer = HttpResponse::NoContent().finish();
    Ok(match ended {
        Some(receipt) => {
            caller.sign_out_if_revoked(&receipt).await?;
            answer
        }
        None => answer,
    })
}

/// Ends what is selected and answers its receipt.
///
/// # Errors
/// [`crate::error::Error::ReauthenticationRequired`] where a session has to confirm its password first, and
/// as [`revoke::revoke`].
async fn end(caller: &ApiCaller, ending: RevocationRequest) -> Result<HttpResponse> {
    caller.authorize_revocation(&ending.selection)?;
    let (user, actor) = (caller.caller.user.id, caller.caller.actor());
    let receipt = revoke::revoke(&caller.context, user, ending, actor).await?;
    let answer = response::json::answer(
        StatusCode::OK,
        &ReceiptJson::of(&receipt, caller.caller.current()),
    )?;
    caller.sign_out_if_revoked(&receipt).await?;
    Ok(answer)
}

/// What one sign-out ended.
///
/// # Errors
/// [`crate::error::Error::NotFound`] where it is nobody's or somebody else's.
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
    let receipt = find_receipt(&caller.context, caller.caller.user.id, id).await?;
    response::json::answer(
        StatusCode::OK,
        &ReceiptJson::of(&receipt, caller.caller.current()),
    )
}
