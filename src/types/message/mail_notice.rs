//! The texts of notices: mails about events of an account.

use super::messages;
use crate::util::clock::Timestamp;

messages! {
    password_changed_subject(app: String) = "mail-notice-password-changed-subject";
    password_changed = "mail-notice-password-changed";
    password_reset_subject(app: String) = "mail-notice-password-reset-subject";
    password_reset = "mail-notice-password-reset";
    password_removed_subject(app: String) = "mail-notice-password-removed-subject";
    password_removed = "mail-notice-password-removed";
    email_change_requested_subject(app: String) = "mail-notice-email-change-requested-subject";
    email_change_requested(email: String) = "mail-notice-email-change-requested";
    email_changed_subject(app: String) = "mail-notice-email-changed-subject";
    email_changed(email: String) = "mail-notice-email-changed";
    email_change_undone_subject(app: String) = "mail-notice-email-change-undone-subject";
    email_change_undone(email: String) = "mail-notice-email-change-undone";
    notice_email_changed_subject(app: String) = "mail-notice-notice-email-changed-subject";
    notice_email_entered(email: String) = "mail-notice-notice-email-entered";
    notice_email_removed = "mail-notice-notice-email-removed";
    second_factor_refused_subject(app: String) = "mail-notice-second-factor-refused-subject";
    second_factor_refused = "mail-notice-second-factor-refused";
    new_browser_subject(app: String) = "mail-notice-new-browser-subject";
    new_browser = "mail-notice-new-browser";
    token_created_subject(app: String) = "mail-notice-token-created-subject";
    token_created(token: String) = "mail-notice-token-created";
    token_used_elsewhere_subject(app: String) = "mail-notice-token-used-elsewhere-subject";
    token_used_elsewhere(token: String) = "mail-notice-token-used-elsewhere";
    token_expires_subject(app: String) = "mail-notice-token-expires-subject";
    token_expires(token: String, at: Timestamp) = "mail-notice-token-expires";
    token_leaked_subject(app: String) = "mail-notice-token-leaked-subject";
    token_leaked(token: String) = "mail-notice-token-leaked";
    app_added_subject(app: String) = "mail-notice-app-added-subject";
    app_added = "mail-notice-app-added";
    app_removed_subject(app: String) = "mail-notice-app-removed-subject";
    app_removed = "mail-notice-app-removed";
    passkey_added_subject(app: String) = "mail-notice-passkey-added-subject";
    passkey_added(name: String) = "mail-notice-passkey-added";
    passkey_removed_subject(app: String) = "mail-notice-passkey-removed-subject";
    passkey_removed(name: String) = "mail-notice-passkey-removed";
    passkey_copy_suspected_subject(app: String) = "mail-notice-passkey-copy-suspected-subject";
    passkey_copy_suspected(name: String) = "mail-notice-passkey-copy-suspected";
    recovery_codes_made_subject(app: String) = "mail-notice-recovery-codes-made-subject";
    recovery_codes_made = "mail-notice-recovery-codes-made";
    recovery_code_used_subject(app: String) = "mail-notice-recovery-code-used-subject";
    recovery_code_used(left: u64) = "mail-notice-recovery-code-used";
    removal_planned_subject(app: String) = "mail-notice-removal-planned-subject";
    app_removal_planned(at: Timestamp) = "mail-notice-app-removal-planned";
    passkey_removal_planned(name: String, at: Timestamp) = "mail-notice-passkey-removal-planned";
    removal_cancelled_subject(app: String) = "mail-notice-removal-cancelled-subject";
    removal_cancelled = "mail-notice-removal-cancelled";
    trusted_browser_added_subject(app: String) = "mail-notice-trusted-browser-added-subject";
    trusted_browser_added = "mail-notice-trusted-browser-added";
    trusted_browser_removed_subject(app: String) = "mail-notice-trusted-browser-removed-subject";
    trusted_browser_removed(browser: String) = "mail-notice-trusted-browser-removed";
    signed_out_subject(app: String) = "mail-notice-signed-out-subject";
    signed_out = "mail-notice-signed-out";
    account_disabled_subject(app: String) = "mail-notice-account-disabled-subject";
    account_disabled(app: String) = "mail-notice-account-disabled";
    account_deleted_subject(app: String) = "mail-notice-account-deleted-subject";
    account_deleted(app: String) = "mail-notice-account-deleted";
    further(count: u64) = "mail-notice-further";

    // The facts of an event
    account = "mail-notice-account";
    time = "mail-notice-time";
    by = "mail-notice-by";
    address = "mail-notice-address";
    reason = "mail-notice-reason";
    revoked = "mail-notice-revoked";
    revoked_kinds(kinds: Vec<String>) = "mail-notice-revoked-kinds";
    by_operator = "mail-notice-by-operator";
    by_client = "mail-notice-by-client";
    by_token(token: String) = "mail-notice-by-token";
    token(name: String, hint: String) = "mail-notice-token";

    // The number of credentials of a kind
    desktop(count: u64) = "mail-notice-desktop";
    mobile(count: u64) = "mail-notice-mobile";
    tablet(count: u64) = "mail-notice-tablet";
    other(count: u64) = "mail-notice-other";
    personal(count: u64) = "mail-notice-personal";
    device(count: u64) = "mail-notice-device";
    service(count: u64) = "mail-notice-service";
    trusted_browsers(count: u64) = "mail-notice-trusted-browsers";

    // Instructions to the user
    not_you = "mail-notice-not-you";
    undo_reason(life: std::time::Duration) = "mail-notice-undo-reason";
    undo = "mail-notice-undo";
    renew_token = "mail-notice-renew-token";
    ask = "mail-notice-ask";
    secure = "mail-notice-secure";
}
