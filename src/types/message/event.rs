//! The kinds of events in the audit log.

use super::messages;

messages! {
    account_created = "event-account-created";
    account_imported = "event-account-imported";
    name_changed = "event-name-changed";
    email_changed = "event-email-changed";
    email_change_requested = "event-email-change-requested";
    email_change_undone = "event-email-change-undone";
    notice_email_changed = "event-notice-email-changed";
    email_verified = "event-email-verified";
    account_disabled = "event-account-disabled";
    account_enabled = "event-account-enabled";
    password_changed = "event-password-changed";
    password_reset = "event-password-reset";
    password_removed = "event-password-removed";
    password_confirmed = "event-password-confirmed";
    password_refused = "event-password-refused";
    code_confirmed = "event-code-confirmed";
    code_refused = "event-code-refused";
    factor_added = "event-factor-added";
    factor_removed = "event-factor-removed";
    factor_resumed = "event-factor-resumed";
    passkey_added = "event-passkey-added";
    passkey_confirmed = "event-passkey-confirmed";
    passkey_refused = "event-passkey-refused";
    passkey_copy_suspected = "event-passkey-copy-suspected";
    passkey_renamed = "event-passkey-renamed";
    passkey_removed = "event-passkey-removed";
    recovery_codes_made = "event-recovery-codes-made";
    recovery_code_used = "event-recovery-code-used";
    factor_removal_planned = "event-factor-removal-planned";
    factor_removal_cancelled = "event-factor-removal-cancelled";
    trusted_browser_added = "event-trusted-browser-added";
    trusted_browser_removed = "event-trusted-browser-removed";
    signed_in = "event-signed-in";
    signed_in_on_new_device = "event-signed-in-on-new-device";
    sign_in_recognised = "event-sign-in-recognised";
    token_created = "event-token-created";
    token_imported = "event-token-imported";
    token_changed = "event-token-changed";
    token_rotated = "event-token-rotated";
    token_paused = "event-token-paused";
    token_resumed = "event-token-resumed";
    credentials_ended = "event-credentials-ended";
    other = "event-other";
}
