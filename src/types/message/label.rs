//! Names of things: kinds, reasons, devices, permissions, and choices of a form.

use super::messages;
use crate::util::clock::Timestamp;

messages! {
    // Kinds of credentials
    kind_desktop = "label-kind-desktop";
    kind_mobile = "label-kind-mobile";
    kind_tablet = "label-kind-tablet";
    kind_other = "label-kind-other";
    kind_personal = "label-kind-personal";
    kind_device = "label-kind-device";
    kind_service = "label-kind-service";

    // Devices
    browser_on_system(browser: String, system: String) = "label-browser-on-system";
    browser(browser: String) = "label-browser";
    unknown_browser_on_system(system: String) = "label-unknown-browser-on-system";
    unknown_client = "label-unknown-client";

    // Places
    near_city_in_country(city: String, country: String) = "label-near-city-in-country";
    near_city(city: String) = "label-near-city";

    // Changes of tokens
    permissions_changed = "label-permissions-changed";
    renamed_from(name: String) = "label-renamed-from";
    expires_never = "label-expires-never";
    expires_at(end: Timestamp) = "label-expires-at";

    // Revocations
    revoked(sessions: u64, tokens: u64, browsers: u64) = "label-revoked";
    reason_signed_out = "label-reason-signed-out";
    reason_revoked = "label-reason-revoked";
    reason_password_changed = "label-reason-password-changed";
    reason_password_reset = "label-reason-password-reset";
    reason_password_removed = "label-reason-password-removed";
    reason_email_changed = "label-reason-email-changed";
    reason_email_change_undone = "label-reason-email-change-undone";
    reason_email_verified = "label-reason-email-verified";
    reason_factor_added = "label-reason-factor-added";
    reason_factor_removed = "label-reason-factor-removed";
    reason_passkey_added = "label-reason-passkey-added";
    reason_passkey_removed = "label-reason-passkey-removed";
    passkey = "label-passkey";
    reason_recovery_codes_made = "label-reason-recovery-codes-made";
    reason_recovery_code_used = "label-reason-recovery-code-used";
    reason_account_disabled = "label-reason-account-disabled";
    reason_account_deleted = "label-reason-account-deleted";
    reason_replaced = "label-reason-replaced";
    reason_limit = "label-reason-limit";
    reason_expired = "label-reason-expired";
    reason_operator = "label-reason-operator";
    reason_leaked = "label-reason-leaked";
    reason_other = "label-reason-other";

    // Abilities
    ability_account_read = "label-ability-account-read";
    ability_tokens_read = "label-ability-tokens-read";
    ability_tokens_write = "label-ability-tokens-write";
    ability_sessions_read = "label-ability-sessions-read";
    ability_sessions_write = "label-ability-sessions-write";
    ability_tokens_introspect = "label-ability-tokens-introspect";
}
