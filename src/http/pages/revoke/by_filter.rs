//! The page that revokes the credentials that a filter matches. It previews the credentials first
//! and revokes exactly these, without those that the user spares.

use actix_web::{HttpResponse, http::StatusCode};

use super::{
    groups::Rows,
    review::{self, Review},
};
use crate::{
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationRequest},
    },
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        draft,
        middleware::body::{FORM_USER, Form, Query},
        paths,
        response::html::see_other,
        return_to::ReturnTo,
    },
    types::{
        fields::Fields,
        ids::CredentialId,
        message::{field, notice},
    },
};

/// The fields that a browser also sends empty.
const OPTIONAL_FIELDS: [&str; 7] = [
    "kind",
    "rows",
    "unused_since",
    "unused_since_date",
    "created_before",
    "from",
    "ability",
];

/// The fields of the form.
pub(super) struct Submission {
    pub(super) filter: CredentialFilter,
    /// Credentials of the preview that are not revoked.
    pub(super) spare: Vec<CredentialId>,
    /// The digest of the preview.
    digest: Option<String>,
    /// The whole path to which the user returns.
    pub(super) next: Option<String>,
    /// The rows of the one group that is shown.
    pub(super) rows: Option<Rows>,
}

impl Submission {
    fn take(user: &BrowserUser, fields: &mut Fields) -> Self {
        let next = fields.text("next");
        let next = ReturnTo::parse(&next, user.state.settings());
        let next = next.filter(|next| user.state.mount().relative(next.as_str()).is_some());
        // A date beside the choice of a length of time is the more exact one.
        if let Some(date) = fields.one("unused_since_date") {
            fields.replace("unused_since", date);
        }
        Self {
            next: next.map(|next| next.as_str().to_owned()),
            rows: Rows::take(fields),
            digest: fields.one("digest").filter(|digest| !digest.is_empty()),
            spare: fields.read_many("spare", |text| {
                text.parse().map_err(|_| field::id_malformed())
            }),
            filter: CredentialFilter::take(
                fields,
                user.state.now(),
                Some(user.principal.credential().id),
            ),
        }
    }

    /// Returns the path of the preview with the same ticks.
    fn address(&self) -> String {
        let mut fields = self.filter.to_fields();
        fields.extend(self.spare.iter().map(|id| ("spare", id.to_string())));
        fields.extend(self.next.clone().map(|next| ("next", next)));
        paths::with_query(paths::SIGN_OUT, &fields)
    }
}

/// `GET /account/sign-out` with a filter
pub async fn preview(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let mut fields = query.0.without_empty(&OPTIONAL_FIELDS);
    // The form of a preview is sent here to show it again without the spared credentials.
    fields.many(FORM_USER);
    let leaves_out_spared = !fields.many("again").is_empty();
    let drafts = fields.many(draft::FIELD);
    if !drafts.is_empty()
        && let Some(typed) = user.draft(paths::SIGN_OUT)
    {
        fields = typed;
    }
    let typed = fields.pairs();
    let mut sent = Submission::take(&user, &mut fields);
    if leaves_out_spared {
        sent.filter.except.append(&mut sent.spare);
    }
    match fields.finish() {
        Ok(()) => review::show(&user, Review::of(&sent)).await,
        Err(errors) => review::refuse(&user, &sent.filter, &typed, &errors).await,
    }
}

/// `POST /account/sign-out` with a filter and the digest of its preview
pub async fn revoke_selection(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let typed = fields.pairs();
    let sent = Submission::take(&user, &mut fields);
    if let Err(errors) = fields.finish() {
        return review::refuse(&user, &sent.filter, &typed, &errors).await;
    }
    let Some(digest) = sent.digest.clone() else {
        let reason = (StatusCode::UNPROCESSABLE_ENTITY, notice::review_first());
        return review::show(&user, Review::again(&sent, reason)).await;
    };
    let authorization = user
        .principal
        .authorize_revocation(&sent.filter, user.state.now());
    user.with_return_address(|| sent.address(), authorization)?;
    let request = RevocationRequest {
        digest: Some(digest.clone()),
        spare: sent.spare.clone(),
        ..RevocationRequest::of(sent.filter.clone(), RevocationReason::SignedOut)
    };
    let (user_id, actor) = (user.principal.user().id, user.principal.actor());
    match revoke::revoke(&user.state, user_id, request, actor).await {
        Ok(receipt) => redirect(&user, &receipt, sent.next.as_deref()).await,
        Err(Error::PreviewOutdated) => {
            let spare = sent.spare.clone();
            let earlier = revoke::earlier_receipt(&user.state, user_id, digest, spare).await?;
            if let Some(receipt) = earlier {
                return redirect(&user, &receipt, sent.next.as_deref()).await;
            }
            let reason = (StatusCode::CONFLICT, notice::list_changed());
            review::show(&user, Review::again(&sent, reason)).await
        }
        Err(other) => Err(other),
    }
}

/// Redirects to the page that the user came from, with a message that links the receipt. Without
/// such a page, the receipt itself is shown.
async fn redirect(
    user: &BrowserUser,
    receipt: &RevocationReceipt,
    next: Option<&str>,
) -> Result<HttpResponse> {
    match next.and_then(|next| user.state.mount().relative(next)) {
        Some(next) if !receipt.contains(user.principal.credential().id) => {
            let count = receipt.count();
            let message = count.message(notice::signed_out);
            user.redirect_with_receipt(next, &message, receipt.id)
        }
        _ => redirect_to_receipt(user, receipt).await,
    }
}

/// Redirects to the receipt, or to the sign-in page if the browser's own session was revoked.
pub(super) async fn redirect_to_receipt(
    user: &BrowserUser,
    receipt: &RevocationReceipt,
) -> Result<HttpResponse> {
    if !receipt.contains(user.principal.credential().id) {
        return Ok(see_other(&user.address(&paths::receipt(receipt.id))));
    }
    let count = receipt.count();
    let message = count.message(notice::signed_out);
    user.sign_out_and_redirect(&message).await
}

/// Returns the path of the preview of `filter`.
pub(crate) fn address_of(filter: &CredentialFilter) -> String {
    paths::with_query(paths::SIGN_OUT, &filter.to_fields())
}

/// Returns the path of the preview of `filter`, from which the user returns to the whole path
/// `next`.
pub(crate) fn address_from(filter: &CredentialFilter, next: &str) -> String {
    let mut fields = filter.to_fields();
    fields.push(("next", next.to_owned()));
    paths::with_query(paths::SIGN_OUT, &fields)
}
