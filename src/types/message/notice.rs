//! Notices on pages: the result of an earlier request, or the reason why a form is shown again.

use super::{Message, messages};
use crate::util::clock::Timestamp;

messages! {
    saved = "notice-saved";
    password_changed(sessions: u64, tokens: u64, browsers: u64) = "notice-password-changed";
    check_mail(email: String) = "notice-check-mail";
    mail_limited(time: Timestamp) = "notice-mail-limited";
    mail_scheduled(email: String, time: Timestamp) = "notice-mail-scheduled";
    email_verified = "notice-email-verified";
    email_changed(sessions: u64, tokens: u64, browsers: u64) = "notice-email-changed";
    email_change_cancelled = "notice-email-change-cancelled";
    email_change_undone = "notice-email-change-undone";
    email_change_requested(email: String) = "notice-email-change-requested";
    reset_requested = "notice-reset-requested";
    password_reset = "notice-password-reset";
    password_removed(sessions: u64, tokens: u64, browsers: u64) = "notice-password-removed";
    account_deleted(sessions: u64, tokens: u64, browsers: u64) = "notice-account-deleted";
    sign_in_recognised = "notice-sign-in-recognised";
    signed_out(sessions: u64, tokens: u64, browsers: u64) = "notice-signed-out";
    session_signed_out(name: String) = "notice-session-signed-out";
    token_revoked(name: String) = "notice-token-revoked";
    session_already_ended = "notice-session-already-ended";
    token_already_ended = "notice-token-already-ended";
    token_paused = "notice-token-paused";
    token_resumed = "notice-token-resumed";
    token_already_created = "notice-token-already-created";
    token_already_rotated = "notice-token-already-rotated";
    session_expired = "notice-session-expired";
    not_submitted = "notice-not-submitted";
    wrong_email_or_password = "notice-wrong-email-or-password";
    sign_in_attempt_over = "notice-sign-in-attempt-over";
    password_link_needed = "notice-password-link-needed";
    password_needs_operator = "notice-password-needs-operator";
    second_factor_needed = "notice-second-factor-needed";
    factor_already_on = "notice-factor-already-on";
    factor_added(sessions: u64, tokens: u64, browsers: u64) = "notice-factor-added";
    factor_removed(sessions: u64, tokens: u64, browsers: u64) = "notice-factor-removed";
    passkey_added(sessions: u64, tokens: u64, browsers: u64) = "notice-passkey-added";
    passkey_removed(sessions: u64, tokens: u64, browsers: u64) = "notice-passkey-removed";
    recovery_codes_made(sessions: u64, tokens: u64, browsers: u64) = "notice-recovery-codes-made";
    factor_removal_cancelled = "notice-factor-removal-cancelled";
    no_planned_removal = "notice-no-planned-removal";
    already_removed = "notice-already-removed";
    trusted_browser_removed = "notice-trusted-browser-removed";
    recovery_code_replaced = "notice-recovery-code-replaced";
    review_first = "notice-review-first";
    list_changed = "notice-list-changed";
    filter_invalid = "notice-filter-invalid";
    recovery_codes_not_shown = "notice-recovery-codes-not-shown";
}

/// Returns whether `message` reports a success. Otherwise nothing was done, or the user has to do
/// something first.
#[must_use]
pub fn is_success(message: &Message) -> bool {
    let others = [
        session_already_ended(),
        token_already_ended(),
        token_already_created(),
        token_already_rotated(),
        session_expired(),
        not_submitted(),
        sign_in_attempt_over(),
        password_link_needed(),
        password_needs_operator(),
        second_factor_needed(),
        factor_already_on(),
        no_planned_removal(),
        already_removed(),
        recovery_codes_not_shown(),
        mail_limited(Timestamp::default()),
    ];
    others.iter().all(|other| other.id() != message.id())
}
