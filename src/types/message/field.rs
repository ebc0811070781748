//! The problems of input fields.

use std::time::Duration;

use super::messages;

messages! {
    // Every field
    unknown = "field-unknown";
    missing = "field-missing";
    given_twice = "field-given-twice";
    wrong_type = "field-wrong-type";
    not_an_object = "field-not-an-object";
    empty_list = "field-empty-list";
    id_malformed = "field-id-malformed";
    cursor_invalid = "field-cursor-invalid";
    limit_out_of_range(least: usize, most: usize) = "field-limit-out-of-range";
    not_a_boolean = "field-not-a-boolean";

    // Names and e-mail addresses
    name_missing = "field-name-missing";
    name_too_long(most: usize) = "field-name-too-long";
    name_unprintable = "field-name-unprintable";
    name_blank = "field-name-blank";
    name_invisible = "field-name-invisible";
    email_missing = "field-email-missing";
    email_too_long(most: usize) = "field-email-too-long";
    email_malformed = "field-email-malformed";
    email_registered = "field-email-registered";
    email_taken = "field-email-taken";
    language_unknown = "field-language-unknown";

    // Passwords
    password_too_short(least: usize) = "field-password-too-short";
    password_too_long(most: usize) = "field-password-too-long";
    password_common = "field-password-common";
    password_own_words = "field-password-own-words";
    password_repeated = "field-password-repeated";
    password_sequence = "field-password-sequence";
    code_wrong = "field-code-wrong";
    password_wrong = "field-password-wrong";

    // Second factors
    code_malformed = "field-code-malformed";
    factor_code_wrong = "field-factor-code-wrong";
    app_code_wrong = "field-app-code-wrong";
    code_of_no_secret = "field-code-of-no-secret";
    passkey_refused = "field-passkey-refused";
    passkey_unverified = "field-passkey-unverified";
    own_email_differs = "field-own-email-differs";
    passkey_known = "field-passkey-known";
    passkeys_too_many(most: usize) = "field-passkeys-too-many";
    one_proof = "field-one-proof";
    also_unknown = "field-also-unknown";
    last_factor = "field-last-factor";
    last_way_to_sign_in = "field-last-way-to-sign-in";
    password_needed = "field-password-needed";

    // Abilities
    abilities_too_many(most: usize) = "field-abilities-too-many";
    ability_unknown(ability: String) = "field-ability-unknown";
    ability_repeated(ability: String) = "field-ability-repeated";
    ability_malformed = "field-ability-malformed";

    // The assurance that forward auth requires
    acr_unknown = "field-acr-unknown";
    max_age_malformed = "field-max-age-malformed";

    // The filter of credentials
    class_unknown = "field-class-unknown";
    class_other(class: &'static str) = "field-class-other";
    kind_unknown = "field-kind-unknown";
    kind_of_other_class(kind: &'static str, class: &'static str) = "field-kind-of-other-class";
    current_unknown = "field-current-unknown";
    time_or_duration_malformed = "field-time-or-duration-malformed";
    time_malformed = "field-time-malformed";
    network_malformed = "field-network-malformed";
    all_not_true = "field-all-not-true";
    all_not_alone = "field-all-not-alone";

    // The query of a list on a page
    list_value_unknown = "field-list-value-unknown";

    // The life of a token
    expiry_in_the_past = "field-expiry-in-the-past";
    expiry_too_late(longest: Duration) = "field-expiry-too-late";
    expiry_too_many_seconds(most: u64) = "field-expiry-too-many-seconds";
    expiry_ambiguous = "field-expiry-ambiguous";
    expiry_malformed = "field-expiry-malformed";
    date_malformed = "field-date-malformed";
    date_missing = "field-date-missing";
    grace_period_malformed = "field-grace-period-malformed";

    // An idempotency key that was sent before
    key_used_with_other_overlap = "field-key-used-with-other-overlap";
    key_used_before_rotation = "field-key-used-before-rotation";
    key_used_with_other_expiry = "field-key-used-with-other-expiry";
}
