//! The preview page: what a revocation would revoke, and the form that narrows it.

use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;

use super::{
    by_filter::{Submission, address_from, address_of},
    chips::{self, Chip},
    filters::Filters,
    groups::{self, Group, Rows},
};
use crate::{
    audit::RevokedDetail,
    credentials::{
        CredentialFilter,
        revoke::{self, RevocationPreview},
    },
    error::Result,
    http::{
        auth::BrowserUser,
        paths,
        response::{
            client_address::Locator,
            field_texts::FieldTexts,
            html::{self, Layout},
        },
    },
    types::{
        fields::FieldErrors,
        ids::CredentialId,
        message::{Message, notice},
    },
};

#[derive(Template)]
#[template(path = "revoke/by_filter.html")]
struct ReviewPage {
    layout: Layout,
    title: String,
    problem: Option<String>,
    /// The sentence with the numbers and the label of the button; `None` without a preview.
    summary: Option<Summary>,
    chips: Vec<(String, Option<String>)>,
    includes_this_browser: bool,
    groups: Vec<Group>,
    /// Whether only one group is shown.
    is_one_group: bool,
    /// The kept credentials whose rows are not shown.
    kept: Vec<CredentialId>,
    hidden: Vec<(&'static str, String)>,
    digest: String,
    /// The number of browsers whose trust would end.
    trusted_browsers: u64,
    back: String,
    filters: Filters,
    errors: FieldTexts,
}

struct Summary {
    is_empty: bool,
    sentence: String,
    button: String,
}

/// A preview that is to be shown.
pub(super) struct Review {
    filter: CredentialFilter,
    /// The credentials whose ticks are set.
    spare: Vec<CredentialId>,
    /// The whole path to which the user returns.
    next: Option<String>,
    rows: Option<Rows>,
    status: StatusCode,
    problem: Option<Message>,
}

impl Review {
    pub(super) fn of(sent: &Submission) -> Self {
        Self {
            filter: sent.filter.clone(),
            spare: sent.spare.clone(),
            next: sent.next.clone(),
            rows: sent.rows,
            status: StatusCode::OK,
            problem: None,
        }
    }

    /// Returns the preview after a revocation that was refused for this reason.
    pub(super) fn again(sent: &Submission, (status, problem): (StatusCode, Message)) -> Self {
        Self {
            status,
            problem: Some(problem),
            ..Self::of(sent)
        }
    }

    /// Returns the path of the page to which the user returns.
    fn back(&self, user: &BrowserUser) -> String {
        let next = self.next.as_deref();
        let back = next.and_then(|next| user.state.mount().relative(next));
        back.unwrap_or(paths::ACCOUNT).to_owned()
    }

    /// Returns the path of the preview of `filter` with the same way back.
    fn address(&self, filter: &CredentialFilter) -> String {
        match &self.next {
            Some(next) => address_from(filter, next),
            None => address_of(filter),
        }
    }
}

/// Shows the preview.
pub(super) async fn show(user: &BrowserUser, review: Review) -> Result<HttpResponse> {
    let (state, user_id) = (&user.state, user.principal.user().id);
    let current = user.principal.credential().id;
    // The filters offer the values that the user's credentials have.
    let all = revoke::preview(state, user_id, CredentialFilter::default()).await?;
    let filter = &review.filter;
    let preview = revoke::preview(state, user_id, filter.clone()).await?;
    let count = preview.count();
    let RevocationPreview {
        digest,
        credentials,
        trusted_browsers,
    } = preview;
    let locator = Locator::new(state, user.language()).await;
    let layout = user.layout();
    let chips = chips::chips(user, &layout, filter, &all.credentials).into_iter();
    let chips =
        chips.map(|Chip { label, without }| (label, without.map(|filter| review.address(&filter))));
    let groups = groups::groups(
        user,
        &layout,
        &locator,
        &credentials,
        &review.spare,
        review.rows,
    );
    let template = ReviewPage {
        title: title(&layout, filter, current, count),
        problem: review.problem.as_ref().map(|problem| user.text(problem)),
        summary: Some(summary(&layout, filter, count)),
        chips: chips.collect(),
        includes_this_browser: credentials
            .iter()
            .any(|credential| credential.id == current),
        kept: kept(&review.spare, &groups),
        groups,
        is_one_group: review.rows.is_some(),
        hidden: hidden(&review, current),
        digest,
        trusted_browsers,
        back: review.back(user),
        filters: Filters::of(user, &layout, &locator, filter, &all.credentials)
            .with_next(review.next.clone()),
        errors: FieldTexts::default(),
        layout,
    };
    html::page(review.status, &template)
}

/// Shows an invalid filter without a preview, because it is not known which credentials the user
/// meant.
pub(super) async fn refuse(
    user: &BrowserUser,
    filter: &CredentialFilter,
    typed: &[(String, String)],
    errors: &FieldErrors,
) -> Result<HttpResponse> {
    let (state, user_id) = (&user.state, user.principal.user().id);
    let all = revoke::preview(state, user_id, CredentialFilter::default()).await?;
    let locator = Locator::new(state, user.language()).await;
    let layout = user.layout();
    html::unprocessable(&ReviewPage {
        title: layout.text("review-title-selected"),
        problem: Some(user.text(&notice::filter_invalid())),
        summary: None,
        chips: Vec::new(),
        includes_this_browser: false,
        groups: Vec::new(),
        is_one_group: false,
        kept: Vec::new(),
        hidden: Vec::new(),
        digest: String::new(),
        trusted_browsers: 0,
        back: paths::ACCOUNT.to_owned(),
        filters: Filters::of(user, &layout, &locator, filter, &all.credentials).with_typed(typed),
        errors: user.field_texts(errors),
        layout,
    })
}

fn title(
    layout: &Layout,
    filter: &CredentialFilter,
    current: CredentialId,
    count: RevokedDetail,
) -> String {
    if *filter == CredentialFilter::default() {
        return layout.text("review-title-everything");
    }
    if *filter == CredentialFilter::all_but(current) {
        return layout.text("review-title-everything-else");
    }
    match (count.sessions, count.tokens) {
        (1.., 0) => layout.text("review-title-sessions"),
        (0, 1..) => layout.text("review-title-tokens"),
        _ => layout.text("review-title-selected"),
    }
}

fn summary(layout: &Layout, filter: &CredentialFilter, count: RevokedDetail) -> Summary {
    let RevokedDetail {
        sessions, tokens, ..
    } = count;
    Summary {
        is_empty: sessions == 0 && tokens == 0,
        sentence: if *filter == CredentialFilter::default() {
            layout.text_with(
                "review-summary-everything",
                &[("sessions", sessions.into()), ("tokens", tokens.into())],
            )
        } else {
            layout.text_with(
                "review-summary",
                &[("sessions", sessions.into()), ("tokens", tokens.into())],
            )
        },
        button: layout.text_with(
            "review-button",
            &[("sessions", sessions.into()), ("tokens", tokens.into())],
        ),
    }
}

/// Returns the kept credentials whose rows are not on the page.
fn kept(spare: &[CredentialId], groups: &[Group]) -> Vec<CredentialId> {
    let is_shown = |id| {
        let mut rows = groups.iter().flat_map(|group| &group.rows);
        rows.any(|row| row.id == id)
    };
    let kept = spare.iter().copied();
    kept.filter(|id| !is_shown(*id)).collect()
}

/// Returns the fields of the form. The browser's own session is `current`, so that the form stays
/// valid after a new sign-in.
fn hidden(review: &Review, current: CredentialId) -> Vec<(&'static str, String)> {
    let own = current.to_string();
    let mut fields = review.filter.to_fields();
    for (name, value) in &mut fields {
        if *name == "except" && *value == own {
            "current".clone_into(value);
        }
    }
    fields.extend(review.next.clone().map(|next| ("next", next)));
    fields
}
