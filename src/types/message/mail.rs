//! The texts of mails.

use super::messages;

messages! {
    verify_subject(app: String) = "mail-verify-subject";
    verify_reason(app: String, email: String) = "mail-verify-reason";
    verify_button = "mail-verify-button";
    verify_code = "mail-verify-code";
    verify_ignore = "mail-verify-ignore";
    account_exists_subject(app: String) = "mail-account-exists-subject";
    account_exists_reason(app: String, email: String) = "mail-account-exists-reason";
    account_exists_button = "mail-account-exists-button";
    account_exists_forgotten = "mail-account-exists-forgotten";
    account_exists_ignore = "mail-account-exists-ignore";
    reset_subject(app: String) = "mail-reset-subject";
    reset_reason(app: String, email: String) = "mail-reset-reason";
    reset_button = "mail-reset-button";
    reset_ignore = "mail-reset-ignore";
    confirm_subject(app: String) = "mail-confirm-subject";
    confirm_reason(app: String, email: String) = "mail-confirm-reason";
    confirm_button = "mail-confirm-button";
    confirm_ignore = "mail-confirm-ignore";
    verify_notice_subject(app: String) = "mail-verify-notice-subject";
    verify_notice_reason(app: String, email: String) = "mail-verify-notice-reason";
    invitation_subject(app: String) = "mail-invitation-subject";
    invitation_reason(app: String, email: String) = "mail-invitation-reason";
    invitation_button = "mail-invitation-button";
    invitation_ignore = "mail-invitation-ignore";
    address_taken_reason(app: String, email: String) = "mail-address-taken-reason";
    test_subject(app: String) = "mail-test-subject";
    test_reason(app: String) = "mail-test-reason";
    link_lifetime(life: std::time::Duration) = "mail-link-lifetime";
    contact(contact: String) = "mail-contact";
    automatic(app: String) = "mail-automatic";
}
