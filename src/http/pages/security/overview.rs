//! The overview: the password, the authenticator app and the recovery codes.

use actix_web::HttpResponse;
use askama::Template;

use super::endings::OTHER_SESSIONS;
use crate::{
    error::Result,
    factors::{self, AppSummary, Endable, Ending, RecoveryCodesSummary},
    http::{
        auth::BrowserUser,
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
};

/// The number of recovery codes at which the page asks for new ones.
const FEW_CODES: u64 = 3;

/// A factor as the page shows it.
struct FactorCard {
    since: RelativeTime,
    last_used: Option<RelativeTime>,
    /// Whether codes of the app are refused after too many wrong ones.
    is_suspended: bool,
    /// The number of recovery codes.
    left: u64,
}

#[derive(Template)]
#[template(path = "security/overview.html")]
pub(super) struct SecurityPage {
    frame: Layout,
    app: Option<FactorCard>,
    codes: Option<FactorCard>,
    few_codes: bool,
    /// Whether the user must have a factor, so that the last one cannot be removed.
    is_required: bool,
    endable: Endable,
    /// The choices of the removal, and of new recovery codes.
    after_removal: Ending,
    after_codes: Ending,
    errors: FieldTexts,
}

/// Returns the page.
pub(super) async fn page(user: &BrowserUser, errors: FieldTexts) -> Result<SecurityPage> {
    let (context, account) = (&user.context, user.principal.user().id);
    let summary = factors::summary(context, account).await?;
    let endable = Endable::of(context, account, user.principal.credential().id).await?;
    let few = summary.recovery_codes.as_ref();
    Ok(SecurityPage {
        frame: user.frame(),
        is_required: context.settings().requires_second_factor(),
        few_codes: few.is_some_and(|codes| codes.left <= FEW_CODES),
        app: summary.app.map(|app| of_app(user, &app)),
        codes: summary.recovery_codes.map(|codes| of_codes(user, &codes)),
        endable,
        after_removal: OTHER_SESSIONS,
        after_codes: Ending::default(),
        errors,
    })
}

fn of_app(user: &BrowserUser, app: &AppSummary) -> FactorCard {
    let (language, now) = (user.language(), user.context.now());
    let past = |then| RelativeTime::past(language, now, then);
    FactorCard {
        since: past(app.created_at),
        last_used: app.last_used_at.map(past),
        is_suspended: app.is_suspended,
        left: 0,
    }
}

fn of_codes(user: &BrowserUser, codes: &RecoveryCodesSummary) -> FactorCard {
    let (language, now) = (user.language(), user.context.now());
    let past = |then| RelativeTime::past(language, now, then);
    FactorCard {
        since: past(codes.created_at),
        last_used: codes.last_used_at.map(past),
        is_suspended: false,
        left: codes.left,
    }
}

/// `GET /account/security`
pub async fn show(user: BrowserUser) -> Result<HttpResponse> {
    let mut page = page(&user, FieldTexts::default()).await?;
    if let Some(mut typed) = user.draft(paths::TOTP_REMOVE) {
        page.after_removal = super::endings::take(&mut typed, OTHER_SESSIONS);
    }
    if let Some(mut typed) = user.draft(paths::RECOVERY_CODES) {
        page.after_codes = super::endings::take(&mut typed, Ending::default());
    }
    html::ok(&page)
}
