//! The overview: the password, the passkeys, the authenticator app, the trusted browsers and the
//! recovery codes.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    planned_removal::RemovalRow, revocation_choices::OTHER_SESSIONS,
    trusted_browser::TrustedBrowserRow,
};
use crate::{
    credentials::trusted_browsers,
    error::Result,
    factors::{
        self, AppSummary, PasskeySummary, RecoveryCodesSummary, RevocableCounts, RevocationChoice,
        passkeys::{self, AcceptedPasskeys},
    },
    http::{
        auth::BrowserUser,
        extract::form_key::new_form_key,
        pages::relying_party,
        paths,
        response::{
            field_texts::FieldTexts,
            html::{self, Layout},
            relative_time::RelativeTime,
        },
    },
};

/// The number of recovery codes at which the pages ask for new ones.
pub(in crate::http::pages) const FEW_CODES: u64 = 3;

/// The authenticator app as the page shows it.
struct AppCard {
    since: RelativeTime,
    last_used: Option<RelativeTime>,
    /// Whether its codes are refused after too many wrong ones.
    is_suspended: bool,
}

impl AppCard {
    fn of(user: &BrowserUser, app: &AppSummary) -> Self {
        let (language, now) = (user.language(), user.state.now());
        let past = |then| RelativeTime::past(language, now, then);
        Self {
            since: past(app.created_at),
            last_used: app.last_used_at.map(past),
            is_suspended: app.is_suspended,
        }
    }
}

/// The recovery codes as the page shows them.
struct CodesCard {
    since: RelativeTime,
    last_used: Option<RelativeTime>,
    /// The number of unused codes.
    left: u64,
}

impl CodesCard {
    fn of(user: &BrowserUser, codes: &RecoveryCodesSummary) -> Self {
        let (language, now) = (user.language(), user.state.now());
        let past = |then| RelativeTime::past(language, now, then);
        Self {
            since: past(codes.created_at),
            last_used: codes.last_used_at.map(past),
            left: codes.left,
        }
    }
}

/// A passkey as the pages show it.
pub(super) struct PasskeyRow {
    pub(super) name: String,
    pub(super) provider: Option<&'static str>,
    pub(super) is_synced: bool,
    pub(super) copy_suspected: bool,
    pub(super) user_verified: bool,
    pub(super) since: RelativeTime,
    pub(super) last_used: Option<RelativeTime>,
    /// The path of its page.
    pub(super) page: String,
}

impl PasskeyRow {
    pub(super) fn of(user: &BrowserUser, passkey: PasskeySummary) -> Self {
        let (language, now) = (user.language(), user.state.now());
        let past = |then| RelativeTime::past(language, now, then);
        Self {
            name: passkey.name,
            provider: passkey.provider,
            is_synced: passkey.is_synced,
            copy_suspected: passkey.copy_suspected,
            user_verified: passkey.user_verified,
            since: past(passkey.created_at),
            last_used: passkey.last_used_at.map(past),
            page: paths::passkey(passkey.id),
        }
    }
}

#[derive(Template)]
#[template(path = "security/overview.html")]
pub(super) struct SecurityPage {
    layout: Layout,
    has_password: bool,
    can_remove_password: bool,
    has_mail: bool,
    /// The choices of the removal of the password.
    pub(super) after_password: RevocationChoice,
    passkeys: Vec<PasskeyRow>,
    /// The address that confirms the user first.
    confirm: String,
    /// The host name of passkeys, if the settings allow them.
    relying_party: Option<String>,
    /// The passkeys that the browser reports to authenticators.
    accepted: Option<AcceptedPasskeys>,
    /// The name and the address of the user.
    name: String,
    email: String,
    app: Option<AppCard>,
    codes: Option<CodesCard>,
    few_codes: bool,
    has_factor: bool,
    /// The removals that an operator has planned.
    removals: Vec<RemovalRow>,
    trusted_browsers: Vec<TrustedBrowserRow>,
    /// Whether users with a second factor can trust a browser at a sign-in.
    offers_trust: bool,
    /// Whether the user must have a factor, and the app is the only one.
    is_required: bool,
    revocable: RevocableCounts,
    /// The choices of the removal of the app.
    after_removal: RevocationChoice,
    /// The choices of a new passkey.
    after_addition: RevocationChoice,
    /// The choices of new recovery codes.
    after_codes: RevocationChoice,
    /// The key of the form that makes recovery codes.
    form_key: String,
    errors: FieldTexts,
}

/// Returns the page.
pub(super) async fn page(user: &BrowserUser, errors: FieldTexts) -> Result<SecurityPage> {
    let (state, account) = (&user.state, user.principal.user().id);
    let summary = factors::summary(state, account).await?;
    let revocable = RevocableCounts::of(state, account, user.principal.credential().id).await?;
    let few = summary.recovery_codes.as_ref();
    let requires_factor = state.settings().requires_second_factor();
    let is_required = requires_factor && summary.passkeys.is_empty();
    let browsers = trusted_browsers::list(state, account).await?.into_iter();
    let has_factor = summary.has_second_factor();
    let here = user.address(paths::SECURITY);
    let confirm = match has_factor {
        true => paths::confirm_second_factor(Some(here.as_str())),
        false => paths::with_next(paths::CONFIRM, here.as_str()),
    };
    let can_remove_password = summary.can_remove_password(state.settings());
    let rows = summary.passkeys.into_iter();
    Ok(SecurityPage {
        layout: user.layout(),
        has_password: summary.has_password,
        can_remove_password,
        has_mail: state.settings().mail.is_on(),
        after_password: OTHER_SESSIONS,
        is_required,
        passkeys: rows.map(|passkey| PasskeyRow::of(user, passkey)).collect(),
        confirm,
        relying_party: relying_party(state),
        accepted: passkeys::accepted(state, account).await?,
        name: user.principal.user().name.clone(),
        email: user.principal.user().email.clone(),
        few_codes: has_factor && few.is_none_or(|codes| codes.left <= FEW_CODES),
        has_factor,
        app: summary.app.map(|app| AppCard::of(user, &app)),
        codes: summary
            .recovery_codes
            .map(|codes| CodesCard::of(user, &codes)),
        removals: RemovalRow::all(user).await?,
        trusted_browsers: browsers
            .map(|browser| TrustedBrowserRow::of(user, browser))
            .collect(),
        offers_trust: state.settings().sessions.trust_browser.is_some(),
        revocable,
        after_removal: OTHER_SESSIONS,
        after_addition: RevocationChoice::default(),
        after_codes: RevocationChoice::default(),
        form_key: new_form_key(state)?,
        errors,
    })
}

/// `GET /account/security`
pub async fn show(user: BrowserUser) -> Result<HttpResponse> {
    let mut page = page(&user, FieldTexts::default()).await?;
    if let Some(mut typed) = user.draft(paths::PASSWORD_REMOVE) {
        page.after_password = super::revocation_choices::take(&mut typed, OTHER_SESSIONS);
    }
    if let Some(mut typed) = user.draft(paths::TOTP_REMOVE) {
        page.after_removal = super::revocation_choices::take(&mut typed, OTHER_SESSIONS);
    }
    if let Some(mut typed) = user.draft(paths::RECOVERY_CODES) {
        page.after_codes = super::revocation_choices::take(&mut typed, RevocationChoice::default());
    }
    html::ok(&page)
}
