//! Problem types: a title, an explanation for the page of the type, and the details of an error.

use std::time::Duration;

use super::messages;
use crate::util::clock::Timestamp;

messages! {
    // Titles and explanations
    not_signed_in = "problem-not-signed-in";
    not_signed_in_meaning = "problem-not-signed-in-meaning";
    invalid_client = "problem-invalid-client";
    invalid_client_meaning = "problem-invalid-client-meaning";
    wrong_password = "problem-wrong-password";
    wrong_password_meaning = "problem-wrong-password-meaning";
    second_factor_required = "problem-second-factor-required";
    second_factor_required_meaning = "problem-second-factor-required-meaning";
    confirm_second_factor = "problem-confirm-second-factor";
    confirm_second_factor_meaning = "problem-confirm-second-factor-meaning";
    missing_ability = "problem-missing-ability";
    missing_ability_meaning = "problem-missing-ability-meaning";
    sessions_only = "problem-sessions-only";
    sessions_only_meaning = "problem-sessions-only-meaning";
    outlives_caller = "problem-outlives-caller";
    outlives_caller_meaning = "problem-outlives-caller-meaning";
    confirm_password = "problem-confirm-password";
    confirm_password_meaning = "problem-confirm-password-meaning";
    cross_site = "problem-cross-site";
    cross_site_meaning = "problem-cross-site-meaning";
    https_required = "problem-https-required";
    https_required_meaning = "problem-https-required-meaning";
    email_not_verified = "problem-email-not-verified";
    email_not_verified_meaning = "problem-email-not-verified-meaning";
    follow_verification_link = "problem-follow-verification-link";
    registration_closed = "problem-registration-closed";
    registration_closed_meaning = "problem-registration-closed-meaning";
    not_found = "problem-not-found";
    not_found_meaning = "problem-not-found-meaning";
    method_not_allowed = "problem-method-not-allowed";
    method_not_allowed_meaning = "problem-method-not-allowed-meaning";
    too_slow = "problem-too-slow";
    too_slow_meaning = "problem-too-slow-meaning";
    form_sent_twice = "problem-form-sent-twice";
    form_sent_twice_meaning = "problem-form-sent-twice-meaning";
    other_account = "problem-other-account";
    other_account_meaning = "problem-other-account-meaning";
    preview_outdated = "problem-preview-outdated";
    preview_outdated_meaning = "problem-preview-outdated-meaning";
    too_many_tokens = "problem-too-many-tokens";
    too_many_tokens_meaning = "problem-too-many-tokens-meaning";
    too_large = "problem-too-large";
    too_large_meaning = "problem-too-large-meaning";
    wrong_media_type = "problem-wrong-media-type";
    wrong_media_type_meaning = "problem-wrong-media-type-meaning";
    misdirected = "problem-misdirected";
    misdirected_meaning = "problem-misdirected-meaning";
    invalid = "problem-invalid";
    invalid_meaning = "problem-invalid-meaning";
    throttled = "problem-throttled";
    throttled_meaning = "problem-throttled-meaning";
    malformed = "problem-malformed";
    malformed_meaning = "problem-malformed-meaning";
    invalid_request = "problem-invalid-request";
    invalid_request_meaning = "problem-invalid-request-meaning";
    internal = "problem-internal";
    internal_meaning = "problem-internal-meaning";
    busy = "problem-busy";
    busy_meaning = "problem-busy-meaning";
    unavailable = "problem-unavailable";
    unavailable_meaning = "problem-unavailable-meaning";
    outcome_unknown = "problem-outcome-unknown";
    outcome_unknown_meaning = "problem-outcome-unknown-meaning";

    // Details: what to do next
    use_another_token = "problem-use-another-token";
    sign_in_or_send_token = "problem-sign-in-or-send-token";
    several_authorizations = "problem-several-authorizations";
    send_token = "problem-send-token";
    client_secret_refused = "problem-client-secret-refused";
    check_both = "problem-check-both";
    needs_abilities(abilities: Vec<String>) = "problem-needs-abilities";
    use_browser = "problem-use-browser";
    choose_earlier_expiry(end: Timestamp) = "problem-choose-earlier-expiry";
    nothing_repeated = "problem-nothing-repeated";
    form_of_other_account = "problem-form-of-other-account";
    send_code = "problem-send-code";
    repeat_after_second_factor = "problem-repeat-after-second-factor";
    repeat_after_confirmation = "problem-repeat-after-confirmation";
    send_form_here = "problem-send-form-here";
    open_https(url: String) = "problem-open-https";
    ask_operator_for_account = "problem-ask-operator-for-account";
    check_address = "problem-check-address";
    allowed_methods(methods: Vec<String>) = "problem-allowed-methods";
    review_list = "problem-review-list";
    revoke_unused_tokens(most: usize) = "problem-revoke-unused-tokens";
    body_limit(most: usize) = "problem-body-limit";
    send_again = "problem-send-again";
    send_media_type(media_type: &'static str) = "problem-send-media-type";
    use_given_address = "problem-use-given-address";
    wait(wait: Duration) = "problem-wait";
    try_again_soon = "problem-try-again-soon";
    nothing_changed = "problem-nothing-changed";
    check_outcome = "problem-check-outcome";
    tell_operator = "problem-tell-operator";

    // Details of a malformed request
    writes_not_one = "problem-writes-not-one";
    body_incomplete = "problem-body-incomplete";
    body_not_utf8 = "problem-body-not-utf8";
    body_not_json(line: usize, column: usize) = "problem-body-not-json";
    several_idempotency_keys = "problem-several-idempotency-keys";
    idempotency_key_malformed(most: usize) = "problem-idempotency-key-malformed";
    query_and_body = "problem-query-and-body";
    nothing_selected = "problem-nothing-selected";
    oauth_parameters_in_query = "problem-oauth-parameters-in-query";
    oauth_parameters_not_a_form = "problem-oauth-parameters-not-a-form";
    oauth_parameter_repeated = "problem-oauth-parameter-repeated";
    oauth_token_missing = "problem-oauth-token-missing";
}
