//! The content of a notice: what has happened, and what to do if it was not the user.

use super::content::{Button, Content, Event, Fact};
use crate::{
    config::Settings,
    error::{Error, Result},
    http::paths,
    i18n::{self, Language, humanize},
    mail::{
        links::Purpose,
        notices::{Author, NamedToken, Notice, NoticeEvent, NoticeKind, TRUSTED_BROWSER},
    },
    sessions::Device,
    types::{
        credential_kind::CredentialKind,
        message::{Message, Text, mail_notice},
    },
};

/// The most characters of a token's name in a mail, so that the mail stays small.
const MAX_NAME: usize = 60;

/// The most characters of an operator's reason in a mail.
const MAX_REASON: usize = 300;

/// Returns the parts of a notice. `undo` is the address that undoes the event.
///
/// # Errors
/// Returns an error if the notice has no event.
pub(super) fn content(
    settings: &Settings,
    language: &Language,
    notice: &Notice,
    undo: Option<String>,
) -> Result<Content> {
    let first = notice.events.first();
    let first = first.ok_or_else(|| Error::internal("a notice has no event"))?;
    let first = &first.kind;
    let app = settings.branding.app_name.clone();
    let events = notice.events.iter();
    let mut reasons = Vec::new();
    if notice.further > 0 {
        reasons.push(mail_notice::further(notice.further));
    }
    let account_is_open = !matches!(
        first,
        NoticeKind::AccountDisabled | NoticeKind::AccountDeleted
    );
    reasons.push(match first {
        _ if undo.is_some() => mail_notice::undo_reason(Purpose::UndoEmail.life()),
        NoticeKind::TokenExpires { .. } => mail_notice::renew_token(),
        _ if account_is_open => mail_notice::not_you(),
        _ => mail_notice::ask(),
    });
    Ok(Content {
        subject: subject(app.clone(), first),
        events: events
            .map(|event| describe(&app, language, &notice.account, event))
            .collect(),
        reasons,
        button: match undo {
            Some(address) => Some(Button {
                label: mail_notice::undo(),
                address,
            }),
            // The user of a closed account cannot sign in, so the page would be of no use.
            None => account_is_open.then(|| Button {
                label: mail_notice::secure(),
                address: settings.base_url() + paths::SECURE,
            }),
        },
        code: None,
        closing: Vec::new(),
    })
}

fn subject(app: String, kind: &NoticeKind) -> Message {
    match kind {
        NoticeKind::PasswordChanged => mail_notice::password_changed_subject(app),
        NoticeKind::PasswordReset => mail_notice::password_reset_subject(app),
        NoticeKind::PasswordRemoved => mail_notice::password_removed_subject(app),
        NoticeKind::EmailChangeRequested { .. } => mail_notice::email_change_requested_subject(app),
        NoticeKind::EmailChanged { .. } => mail_notice::email_changed_subject(app),
        NoticeKind::EmailChangeUndone { .. } => mail_notice::email_change_undone_subject(app),
        NoticeKind::NoticeEmailChanged { .. } => mail_notice::notice_email_changed_subject(app),
        NoticeKind::NewBrowser => mail_notice::new_browser_subject(app),
        NoticeKind::SecondFactorRefused => mail_notice::second_factor_refused_subject(app),
        NoticeKind::TokenCreated(_) => mail_notice::token_created_subject(app),
        NoticeKind::TokenUsedElsewhere(_) => mail_notice::token_used_elsewhere_subject(app),
        NoticeKind::TokenExpires { .. } => mail_notice::token_expires_subject(app),
        NoticeKind::TokenLeaked(_) => mail_notice::token_leaked_subject(app),
        NoticeKind::AuthenticatorAppAdded => mail_notice::app_added_subject(app),
        NoticeKind::AuthenticatorAppRemoved { .. } => mail_notice::app_removed_subject(app),
        NoticeKind::PasskeyAdded { .. } => mail_notice::passkey_added_subject(app),
        NoticeKind::PasskeyRemoved { .. } => mail_notice::passkey_removed_subject(app),
        NoticeKind::PasskeyCopySuspected { .. } => mail_notice::passkey_copy_suspected_subject(app),
        NoticeKind::RecoveryCodesMade => mail_notice::recovery_codes_made_subject(app),
        NoticeKind::RecoveryCodeUsed { .. } => mail_notice::recovery_code_used_subject(app),
        NoticeKind::FactorRemovalPlanned { .. } => mail_notice::removal_planned_subject(app),
        NoticeKind::FactorRemovalCancelled => mail_notice::removal_cancelled_subject(app),
        NoticeKind::TrustedBrowserAdded => mail_notice::trusted_browser_added_subject(app),
        NoticeKind::TrustedBrowserRemoved { .. } => {
            mail_notice::trusted_browser_removed_subject(app)
        }
        NoticeKind::SignedOut => mail_notice::signed_out_subject(app),
        NoticeKind::AccountDisabled => mail_notice::account_disabled_subject(app),
        NoticeKind::AccountDeleted => mail_notice::account_deleted_subject(app),
    }
}

fn sentence(app: &str, language: &Language, kind: &NoticeKind) -> Message {
    let name = |token: &NamedToken| token_name(language, token);
    match kind {
        NoticeKind::PasswordChanged => mail_notice::password_changed(),
        NoticeKind::PasswordReset => mail_notice::password_reset(),
        NoticeKind::PasswordRemoved => mail_notice::password_removed(),
        NoticeKind::EmailChangeRequested { new } => {
            mail_notice::email_change_requested(new.clone())
        }
        NoticeKind::EmailChanged { new } => mail_notice::email_changed(new.clone()),
        NoticeKind::EmailChangeUndone { restored } => {
            mail_notice::email_change_undone(restored.clone())
        }
        NoticeKind::NoticeEmailChanged { new: Some(new) } => {
            mail_notice::notice_email_entered(new.clone())
        }
        NoticeKind::NoticeEmailChanged { new: None } => mail_notice::notice_email_removed(),
        NoticeKind::NewBrowser => mail_notice::new_browser(),
        NoticeKind::SecondFactorRefused => mail_notice::second_factor_refused(),
        NoticeKind::TokenCreated(token) => mail_notice::token_created(name(token)),
        NoticeKind::TokenUsedElsewhere(token) => mail_notice::token_used_elsewhere(name(token)),
        NoticeKind::TokenExpires { token, expires_at } => {
            mail_notice::token_expires(name(token), *expires_at)
        }
        NoticeKind::TokenLeaked(token) => mail_notice::token_leaked(name(token)),
        NoticeKind::AuthenticatorAppAdded => mail_notice::app_added(),
        NoticeKind::AuthenticatorAppRemoved { .. } => mail_notice::app_removed(),
        NoticeKind::PasskeyAdded { name } => mail_notice::passkey_added(shortened(name, MAX_NAME)),
        NoticeKind::PasskeyRemoved { name, .. } => {
            mail_notice::passkey_removed(shortened(name, MAX_NAME))
        }
        NoticeKind::PasskeyCopySuspected { name } => {
            mail_notice::passkey_copy_suspected(shortened(name, MAX_NAME))
        }
        NoticeKind::RecoveryCodesMade => mail_notice::recovery_codes_made(),
        NoticeKind::RecoveryCodeUsed { left } => mail_notice::recovery_code_used(*left),
        NoticeKind::FactorRemovalPlanned {
            passkey, due_at, ..
        } => match passkey {
            Some(name) => mail_notice::passkey_removal_planned(shortened(name, MAX_NAME), *due_at),
            None => mail_notice::app_removal_planned(*due_at),
        },
        NoticeKind::FactorRemovalCancelled => mail_notice::removal_cancelled(),
        NoticeKind::TrustedBrowserAdded => mail_notice::trusted_browser_added(),
        NoticeKind::TrustedBrowserRemoved { user_agent, .. } => {
            let device = Device::of(user_agent.as_deref()).message();
            mail_notice::trusted_browser_removed(i18n::text(language, &device))
        }
        NoticeKind::SignedOut => mail_notice::signed_out(),
        NoticeKind::AccountDisabled => mail_notice::account_disabled(app.to_owned()),
        NoticeKind::AccountDeleted => mail_notice::account_deleted(app.to_owned()),
    }
}

fn describe(app: &str, language: &Language, account: &str, event: &NoticeEvent) -> Event {
    let verbatim = |text: &dyn ToString| Text::Verbatim(text.to_string());
    let mut facts: Vec<Fact> = vec![(mail_notice::account(), verbatim(&account))];
    // The time of an expiry is in the sentence.
    if !matches!(event.kind, NoticeKind::TokenExpires { .. }) {
        facts.push((
            mail_notice::time(),
            Text::Verbatim(humanize::minute(language, event.at)),
        ));
    }
    if let Some(author) = &event.author {
        facts.push((mail_notice::by(), Text::Message(author_name(author))));
    }
    if let Some(ip) = event.ip {
        facts.push((mail_notice::address(), verbatim(&ip)));
    }
    if let NoticeKind::AuthenticatorAppRemoved {
        reason: Some(reason),
    }
    | NoticeKind::PasskeyRemoved {
        reason: Some(reason),
        ..
    }
    | NoticeKind::TrustedBrowserRemoved {
        reason: Some(reason),
        ..
    }
    | NoticeKind::FactorRemovalPlanned { reason, .. } = &event.kind
    {
        let reason = shortened(reason, MAX_REASON);
        facts.push((mail_notice::reason(), verbatim(&reason)));
    }
    if !event.revoked.is_empty() {
        let kinds = CredentialKind::ALL.into_iter();
        let counts = kinds.filter_map(|kind| Some((kind, *event.revoked.get(kind.as_str())?)));
        let counts = counts.map(|(kind, count)| count_of(kind, count));
        let browsers = event.revoked.get(TRUSTED_BROWSER).copied();
        let counts = counts.chain(browsers.map(mail_notice::trusted_browsers));
        let counts = counts.map(|count| i18n::text(language, &count));
        let kinds = mail_notice::revoked_kinds(counts.collect());
        facts.push((mail_notice::revoked(), Text::Message(kinds)));
    }
    Event {
        sentence: sentence(app, language, &event.kind),
        facts,
    }
}

fn author_name(author: &Author) -> Message {
    match author {
        Author::Operator => mail_notice::by_operator(),
        Author::Client => mail_notice::by_client(),
        Author::Browser(user_agent) => Device::of(user_agent.as_deref()).message(),
        Author::Token(name) => mail_notice::by_token(shortened(name, MAX_NAME)),
    }
}

fn count_of(kind: CredentialKind, count: u64) -> Message {
    match kind {
        CredentialKind::Desktop => mail_notice::desktop(count),
        CredentialKind::Mobile => mail_notice::mobile(count),
        CredentialKind::Tablet => mail_notice::tablet(count),
        CredentialKind::Other => mail_notice::other(count),
        CredentialKind::Personal => mail_notice::personal(count),
        CredentialKind::Device => mail_notice::device(count),
        CredentialKind::Service => mail_notice::service(count),
    }
}

fn token_name(language: &Language, token: &NamedToken) -> String {
    let hint = match &*token.hint {
        "" => "none",
        hint => hint,
    };
    i18n::text(
        language,
        &mail_notice::token(shortened(&token.name, MAX_NAME), hint.to_owned()),
    )
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most).collect();
    kept + "…"
}
