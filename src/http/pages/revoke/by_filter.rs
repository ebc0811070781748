//! The page that revokes a selection. It previews the credentials first and revokes exactly these.

use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;

use crate::{
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationPreview, RevocationRequest},
    },
    error::{Error, Result},
    http::{
        auth::BrowserUser,
        draft,
        middleware::body::{Form, Query},
        pages::credential_row::CredentialRow,
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout, see_other},
        },
    },
    i18n::{self, Language},
    types::{
        credential_kind::CredentialKind,
        fields::{FieldErrors, Fields},
        ids::CredentialId,
        message::{label, notice},
    },
};

/// The text fields that a browser also sends empty.
const OPTIONAL_TEXT_FIELDS: [&str; 4] = ["unused_since", "created_before", "from", "ability"];

#[derive(Template)]
#[template(path = "revoke/by_filter.html")]
struct SignOutPage {
    frame: Layout,
    everything: bool,
    everything_else: bool,
    summary: String,
    includes_this_browser: bool,
    rows: Vec<CredentialRow>,
    hidden: Vec<(&'static str, String)>,
    digest: String,
    problem: Option<String>,
    filters: Filters,
    errors: FieldTexts,
}

/// The form that narrows the selection, with its current values.
#[derive(Default)]
struct Filters {
    kinds: Vec<(&'static str, String, bool)>,
    unused_since: String,
    created_before: String,
    from: String,
    ability: String,
}

impl Filters {
    fn of(language: &Language, selection: &CredentialFilter, typed: &[(String, String)]) -> Self {
        let typed = |name: &str| {
            typed
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        Self {
            kinds: CredentialKind::ALL
                .into_iter()
                .map(|kind| {
                    let label = i18n::text(language, &kind.label());
                    (kind.as_str(), label, selection.kind.contains(&kind))
                })
                .collect(),
            unused_since: typed("unused_since"),
            created_before: typed("created_before"),
            from: typed("from"),
            ability: typed("ability"),
        }
    }
}

/// `GET /account/sign-out` with a selection
pub async fn preview(user: BrowserUser, query: Query) -> Result<HttpResponse> {
    let mut fields = query.0.without_empty(&OPTIONAL_TEXT_FIELDS);
    let drafts = fields.many(draft::FIELD);
    if !drafts.is_empty()
        && let Some(typed) = user.draft(paths::SIGN_OUT)
    {
        fields = typed;
    }
    let typed = fields.pairs();
    let selection = take(&user, &mut fields);
    match fields.finish() {
        Ok(()) => show(&user, StatusCode::OK, &selection, &typed, None).await,
        Err(errors) => refuse(&user, &selection, &typed, &errors),
    }
}

/// `POST /account/sign-out` with a selection and the digest of its preview
pub async fn revoke_selection(user: BrowserUser, form: Form) -> Result<HttpResponse> {
    let mut fields = form.0;
    let digest = fields.one("digest").filter(|digest| !digest.is_empty());
    let typed = fields.pairs();
    let selection = take(&user, &mut fields);
    if let Err(errors) = fields.finish() {
        return refuse(&user, &selection, &typed, &errors);
    }
    let Some(digest) = digest else {
        let problem = user.text(&notice::review_first());
        return show(
            &user,
            StatusCode::UNPROCESSABLE_ENTITY,
            &selection,
            &typed,
            Some(problem),
        )
        .await;
    };
    let authorization = user
        .principal
        .authorize_revocation(&selection, user.context.now());
    user.with_return_address(|| address_of(&selection), authorization)?;
    let request = RevocationRequest {
        selection: selection.clone(),
        digest: Some(digest.clone()),
        reason: RevocationReason::SignedOut,
    };
    let user_id = user.principal.user().id;
    match revoke::revoke(&user.context, user_id, request, user.principal.actor()).await {
        Ok(receipt) => redirect_to_receipt(&user, &receipt).await,
        Err(Error::PreviewOutdated) => {
            let earlier = revoke::earlier_receipt(&user.context, user_id, digest).await?;
            if let Some(receipt) = earlier {
                return redirect_to_receipt(&user, &receipt).await;
            }
            let problem = user.text(&notice::list_changed());
            show(
                &user,
                StatusCode::CONFLICT,
                &selection,
                &typed,
                Some(problem),
            )
            .await
        }
        Err(other) => Err(other),
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
    let message = notice::signed_out(count.sessions, count.tokens);
    user.sign_out_and_redirect(&message).await
}

/// Returns the path of the preview of `selection`.
pub(crate) fn address_of(selection: &CredentialFilter) -> String {
    paths::with_query(paths::SIGN_OUT, &selection.to_fields())
}

/// Returns the fields of `selection` for a form. The browser's own session is `current`, so that
/// the form stays valid after a new sign-in.
fn fields_of(selection: &CredentialFilter, current: CredentialId) -> Vec<(&'static str, String)> {
    let own = current.to_string();
    let mut fields = selection.to_fields();
    for (name, value) in &mut fields {
        if *name == "except" && *value == own {
            "current".clone_into(value);
        }
    }
    fields
}

fn take(user: &BrowserUser, fields: &mut Fields) -> CredentialFilter {
    CredentialFilter::take(
        fields,
        user.context.now(),
        Some(user.principal.credential().id),
    )
}

async fn show(
    user: &BrowserUser,
    status: StatusCode,
    selection: &CredentialFilter,
    typed: &[(String, String)],
    problem: Option<String>,
) -> Result<HttpResponse> {
    let current = user.principal.credential().id;
    let preview =
        revoke::preview(&user.context, user.principal.user().id, selection.clone()).await?;
    let count = preview.count();
    let summary = label::revoked(count.sessions, count.tokens);
    let RevocationPreview {
        digest,
        credentials,
    } = preview;
    let template = SignOutPage {
        frame: user.frame(),
        everything: *selection == CredentialFilter::default(),
        everything_else: *selection == CredentialFilter::all_but(current),
        summary: i18n::text(user.language(), &summary),
        includes_this_browser: credentials
            .iter()
            .any(|credential| credential.id == current),
        rows: CredentialRow::all(user, &credentials),
        hidden: fields_of(selection, current),
        digest,
        problem,
        filters: Filters::of(user.language(), selection, typed),
        errors: FieldTexts::default(),
    };
    html::page(status, &template)
}

/// Shows an invalid selection without a preview, because it is not known which credentials the user
/// meant.
fn refuse(
    user: &BrowserUser,
    selection: &CredentialFilter,
    typed: &[(String, String)],
    errors: &FieldErrors,
) -> Result<HttpResponse> {
    html::unprocessable(&SignOutPage {
        frame: user.frame(),
        everything: false,
        everything_else: false,
        summary: String::new(),
        includes_this_browser: false,
        rows: Vec::new(),
        hidden: Vec::new(),
        digest: String::new(),
        problem: Some(user.text(&notice::filter_invalid())),
        filters: Filters::of(user.language(), selection, typed),
        errors: user.field_texts(errors),
    })
}
