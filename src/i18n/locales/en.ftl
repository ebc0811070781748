# The texts for users in English. `src/types/message` declares the ids and arguments. A text is on one
# line, because Fluent keeps line breaks. A number chooses a plural. A length of time is a text, and a
# language may give it more forms as attributes of `length-…`: the attribute `dative` is
# `$longest-dative` in a message whose argument is `longest`.

## Parts of other messages

length-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
length-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
length-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
length-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
list-pair = { $start } and { $end }
list-middle = { $start }, { $next }

## Fields

field-unknown = Unknown field.
field-missing = This field is required.
field-given-twice = Send this field only once.
field-wrong-type = The value has the wrong type.
field-not-an-object = Send a JSON object.
field-empty-list = An empty list matches nothing. Leave the field out to match everything.
field-id-malformed = Invalid ID.
field-cursor-invalid = Invalid cursor. Use the cursor of the previous page.
field-limit-out-of-range = Enter a number from { $least } to { $most }.
field-not-a-boolean = Enter true or false.

field-name-missing = Enter a name.
field-name-too-long = Use at most { $most } characters.
field-name-unprintable = Remove line breaks and other control characters.
field-name-blank = Enter a name that has visible characters.
field-name-invisible = Remove invisible characters. Type the name instead of pasting it.
field-email-missing = Enter your e-mail address.
field-email-too-long = Use an address of at most { $most } characters.
field-email-malformed = Enter an e-mail address such as ada@example.com.
field-email-registered = An account with this address already exists. Sign in instead.
field-email-taken = Another account uses this address.

field-password-too-short = Use at least { $least } characters. A few words in a row are fine.
field-password-too-long = Use at most { $most } characters.
field-password-common = Many people use this password. Use a few words that do not belong together.
field-password-own-words = Use more than your name, your address and the name of this service.
field-password-repeated = Avoid repeating the same characters.
field-password-sequence = Avoid sequences such as abcdef or qwerty.
field-password-wrong = Incorrect password.
field-also-unknown = Choose sessions or tokens.

field-abilities-too-many = Choose at most { $most } permissions.
field-ability-unknown = There is no permission “{ $ability }”.
field-ability-repeated = The permission “{ $ability }” is listed twice.
field-ability-malformed = Enter a permission such as tokens:read.

field-class-unknown = Enter session or token.
field-class-other = { $class ->
    [session] Only sessions can be selected here.
   *[token] Only tokens can be selected here.
}
field-kind-unknown = For sessions, enter desktop, mobile, tablet or other. For tokens, enter personal, device or service.
field-kind-of-other-class = { $class ->
    [session] The kind { $kind } is a kind of session. No token has it.
   *[token] The kind { $kind } is a kind of token. No session has it.
}
field-current-unknown = There is no current session here. Enter an ID.
field-time-or-duration-malformed = Enter a length of time such as 30d, or a time such as 2026-01-31T00:00:00Z.
field-time-malformed = Enter a time such as 2026-01-31T00:00:00Z.
field-network-malformed = Enter an IP address, or a network such as 192.0.2.0/24.
field-all-not-true = Enter true, or leave this field out.
field-all-not-alone = Use this field alone, or name what to revoke.

field-expiry-in-the-past = Choose a time in the future.
field-expiry-too-late = A token can be valid for at most { $longest } here. Choose an earlier time.
field-expiry-too-many-seconds = Enter at most { $most } seconds, or null for no expiry.
field-expiry-ambiguous = You entered a date and selected another option. Choose one of them.
field-expiry-malformed = Choose a length of time, a date such as 2026-12-31, or never.
field-date-malformed = Enter a date such as 2026-12-31.
field-date-missing = Enter a date.
field-grace-period-malformed = Choose 0, or at most seven days such as 1h, 24h or 7d.

field-key-used-with-other-overlap = This key was sent with another overlap. Send a new key for a new rotation.
field-key-used-before-rotation = The token was rotated again after this key was sent. Send a new key for a new rotation.
field-key-used-with-other-expiry = This key was sent with another expires_in, or its signing key was removed. Send a new key for a new rotation.

## Times relative to the present

time-moments-ago = less than a minute ago
time-ago = { $length } ago
time-in-a-moment = in less than a minute
time-until = in { $length }

## Events

event-account-created = Account created
event-account-imported = Account imported by an operator
event-name-changed = Name changed
event-email-changed = E-mail address changed
event-account-disabled = Account disabled by an operator
event-account-enabled = Account enabled by an operator
event-password-changed = Password changed
event-password-confirmed = Password confirmed
event-password-refused = Failed password attempt
event-signed-in = Signed in
event-signed-in-anew = Signed in on a new device
event-token-created = Token created
event-token-imported = Token imported by an operator
event-token-changed = Token changed
event-token-rotated = Token rotated
event-token-paused = Token paused
event-token-resumed = Token resumed
event-credentials-ended = Revoked
event-other = Account changed

## Labels

label-kind-desktop = computer
label-kind-mobile = phone
label-kind-tablet = tablet
label-kind-other = other device
label-kind-personal = personal token
label-kind-device = device token
label-kind-service = service token

label-browser-on-system = { $browser } on { $system }
label-browser = { $browser }
label-unknown-browser-on-system = Unknown browser on { $system }
label-unknown-client = Unknown client

label-revoked = { $sessions ->
    [0] { $tokens ->
        [0] nothing
        [one] { $tokens } token
       *[other] { $tokens } tokens
    }
    [one] { $tokens ->
        [0] { $sessions } session
        [one] { $sessions } session and { $tokens } token
       *[other] { $sessions } session and { $tokens } tokens
    }
   *[other] { $tokens ->
        [0] { $sessions } sessions
        [one] { $sessions } sessions and { $tokens } token
       *[other] { $sessions } sessions and { $tokens } tokens
    }
}
label-reason-signed-out = Signed out
label-reason-revoked = Revoked
label-reason-password-changed = The password was changed
label-reason-account-disabled = The account was disabled
label-reason-account-deleted = The account was deleted
label-reason-replaced = The same browser signed in again
label-reason-limit = The limit was reached
label-reason-expired = Expired
label-reason-operator = Revoked by an operator
label-reason-other = Revoked

label-ability-account-read = See your name, e-mail address and activity
label-ability-tokens-read = See your tokens
label-ability-tokens-write = Create, change and revoke your tokens
label-ability-sessions-read = See your sessions
label-ability-sessions-write = Sign out your sessions
label-ability-tokens-introspect = Validate tokens and sessions, and see who they belong to
label-ability-everything = Full access, including permissions added later
label-ability-resource = Everything with { $resource }
label-ability-removed = No longer offered

label-expires-never = It does not expire
label-expires-at = It expires on { $end }
label-no-grace-period = None

## Problem types. The text with `-meaning` explains the type on a page of its own.

problem-not-signed-in = Not signed in
problem-not-signed-in-meaning = The request had no session and no token, or one that is unknown, revoked, paused or expired. Sign in, or send an active token as Authorization: Bearer. A refused token stays refused: ask its owner for another one.
problem-invalid-client = Unknown client
problem-invalid-client-meaning = The password of an OAuth client must be the secret of an active token with the permission tokens:introspect. Its name does not matter.
problem-wrong-password = Incorrect e-mail or password
problem-wrong-password-meaning = The e-mail address and the password do not match, or the account is disabled. The response does not say which. After a few failed attempts, each further attempt must wait.
problem-missing-ability = The token lacks a permission
problem-missing-ability-meaning = The token is valid, but it does not have a permission that the request needs. The challenge names the permission in scope. The owner of the token can add it, or create another token that has it.
problem-sessions-only = Only for signed-in browsers
problem-sessions-only-meaning = No token can do this, whatever its permissions are. Sign in with a browser.
problem-outlives-caller = The new token would outlive the calling token
problem-outlives-caller-meaning = A token can only create or rotate tokens that expire no later than itself. Choose an earlier expiry, or create the token in a browser.
problem-confirm-password = Confirm your password first
problem-confirm-password-meaning = A sensitive change needs a recent confirmation of the password. Confirm it with the call confirmPassword or on the page, then repeat the request.
problem-cross-site = The request came from another site
problem-cross-site-meaning = A page of another site made the browser send this request, and nothing was done. The operator can trust the origin of an app.
problem-https-required = This page was opened over http
problem-https-required-meaning = The service uses https. It refuses forms of pages that were opened over http, because others can read and change them on the way. Change a password that was entered there.
problem-registration-closed = Registration is closed
problem-registration-closed-meaning = The operator of this service creates the accounts.
problem-not-found = Not found
problem-not-found-meaning = The object does not exist, was deleted, or belongs to another user. The response does not say which.
problem-method-not-allowed = Method not allowed
problem-method-not-allowed-meaning = The address exists and takes other methods, which the header Allow names.
problem-too-slow = The request took too long
problem-too-slow-meaning = The body did not arrive within ten seconds. Nothing was done. Send it again.
problem-form-sent-twice = This form was already sent
problem-form-sent-twice-meaning = The same form arrived twice, for example after a reload. It was processed once.
problem-other-account = Another account is signed in
problem-other-account-meaning = The form was opened with one account and sent with another one. Nothing was done. Open the page again with the right account.
problem-preview-outdated = The list has changed
problem-preview-outdated-meaning = The digest no longer matches the sessions and tokens that would be revoked. Nothing was revoked. Review a new preview.
problem-too-many-tokens = Too many tokens
problem-too-many-tokens-meaning = The user has the largest number of active tokens. No token was created. Revoke tokens that are no longer used.
problem-too-large = The request is too large
problem-too-large-meaning = The body is longer than the limit. Nothing was done.
problem-wrong-media-type = Unsupported content type
problem-wrong-media-type-meaning = The Content-Type of the body is not supported here.
problem-misdirected = Unknown host name
problem-misdirected-meaning = The request names a host that this service does not answer for. Use the address that the operator gave you. An operator sets it as NARTHEX_PUBLIC_URL.
problem-invalid = Some fields are invalid
problem-invalid-meaning = The member errors names each invalid field and how to correct it. Nothing was done.
problem-throttled = Too many attempts
problem-throttled-meaning = Each failed attempt makes the next one wait longer. Wait for the time in Retry-After. A request before that is refused, and its password is not verified.
problem-malformed = The request cannot be read
problem-malformed-meaning = The request is malformed: for example invalid JSON, a repeated header, or text that is not UTF-8. Nothing was done.
problem-invalid-request = The request cannot be read
problem-invalid-request-meaning = A parameter of an OAuth request is missing or repeated (RFC 6749, section 5.2).
problem-internal = Something went wrong
problem-internal-meaning = Details are in the server log. If it happens again, tell the operator of this service.
problem-busy = The service is busy
problem-busy-meaning = The service cannot verify more passwords at the moment. The attempt was not counted. Try again after the time in Retry-After.
problem-unavailable = The service is temporarily unavailable
problem-unavailable-meaning = The database did not answer in time. Nothing was changed. Try again after the time in Retry-After.
problem-outcome-unknown = The outcome is unknown
problem-outcome-unknown-meaning = The connection to the database was lost during the change. Check if the change was made, and repeat it if it was not.

problem-use-another-token = The token is unknown, revoked, paused or expired. Use another one.
problem-sign-in-or-send-token = Sign in, or send a token in the Authorization header.
problem-several-authorizations = Send one Authorization header.
problem-send-token = Send a token as Authorization: Bearer, or as the password of HTTP Basic.
problem-client-secret-refused = The password is not the secret of a token, or the token is revoked, paused or expired.
problem-check-both = Check both and try again.
problem-needs-abilities = The request needs { $abilities }. Use a token with that permission.
problem-use-browser = A token cannot do this. Sign in with a browser.
problem-choose-earlier-expiry = The calling token expires at { $end }. Choose an earlier time.
problem-nothing-repeated = Nothing was done a second time.
problem-form-of-other-account = Nothing was done: this form belongs to another account. Continue with the account that is signed in now, or sign out and sign in with the other one.
problem-repeat-after-confirmation = Enter your password again, then repeat the request.
problem-send-form-here = Nothing was done. Open the page here and send the form again.
problem-open-https = Nothing was done. Open { $url } and enter it again there.
problem-ask-operator-for-account = Ask the operator of this service for an account.
problem-check-address = Check the address. It does not exist or was removed.
problem-allowed-methods = This address takes { $methods }.
problem-review-list = Nothing was revoked. Review the new list.
problem-revoke-unused-tokens = No token was created: at most { $most } can be active. Revoke some that you no longer use, then try again.
problem-body-limit = Send at most { $most } bytes.
problem-send-again = Nothing was done. Send the request again, faster.
problem-send-media-type = Send the body as { $media_type }.
problem-use-given-address = This service does not answer for this host name. Use the address that you were given.
problem-wait = Try again in { $wait }.
problem-try-again-soon = Try again in a few seconds.
problem-nothing-changed = Nothing was changed. Try again in a few seconds.
problem-check-outcome = Check in a few seconds if the change was made, and repeat it if it was not.
problem-tell-operator = Details are in the server log. If it happens again, tell the operator of this service.

problem-writes-not-one = The only value of writes is 1.
problem-body-incomplete = The body ended before it was complete.
problem-body-not-utf8 = Send text in UTF-8.
problem-body-not-json = Invalid JSON at line { $line }, column { $column }.
problem-several-idempotency-keys = Send one Idempotency-Key.
problem-idempotency-key-malformed = Send an Idempotency-Key of 1 to { $most } ASCII characters.
problem-query-and-body = Send the fields in the query or in the body, not in both.
problem-nothing-selected = Send a filter. For everything, send an empty JSON object or ?all=true.
problem-oauth-parameters-in-query = Send the parameters in the body, not in the address.
problem-oauth-parameters-not-a-form = Send the parameters as application/x-www-form-urlencoded.
problem-oauth-parameter-repeated = Send every parameter once.
problem-oauth-token-missing = Send the parameter token.

## Notices on pages

notice-saved = Saved.
notice-password-changed = Password changed. Revoked: { label-revoked }.
notice-account-deleted = Your account has been deleted. Revoked: { label-revoked }.
notice-signed-out = Signed out. Revoked: { label-revoked }.
notice-session-signed-out = Session signed out: { $name }.
notice-token-revoked = Token revoked: { $name }.
notice-session-already-ended = This session is already signed out.
notice-token-already-ended = This token is already revoked.
notice-token-paused = Token paused. It is refused until you resume it.
notice-token-resumed = Token resumed.
notice-token-already-created = This token was already created. Its secret cannot be shown again. If you did not see it, rotate the token.
notice-token-already-rotated = This token already has its new secret. The secret cannot be shown again. If you did not see it, rotate the token again.
notice-session-expired = Your session expired or was signed out. Sign in again to continue.
notice-not-submitted = This form has not been submitted yet. Check it, then submit it again.
# It does not say which of the two is wrong. Otherwise a client could find out who has an account.
notice-wrong-email-or-password = Incorrect e-mail or password. Check both and try again.
notice-review-first = Review the list first, then confirm it.
notice-list-changed = The list has changed since you viewed it. Nothing was revoked. Review the new list.
notice-filter-invalid = Check the marked filters. Nothing is selected.
