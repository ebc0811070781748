# Fields

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
field-email-missing = Enter your email address.
field-email-too-long = Use an address of at most { $most } characters.
field-email-malformed = Enter an email address such as ada@example.com.
field-email-registered = An account with this address already exists. Sign in instead.
field-email-taken = Another account uses this address.
field-language-unknown = Choose a language from the list.

field-password-too-short = Use at least { $least } characters. A few words in a row are fine.
field-password-too-long = Use at most { $most } characters.
field-password-common = Many people use this password. Use a few words that do not belong together.
field-password-own-words = Use more than your name, your address and the name of this service.
field-password-repeated = Avoid repeating the same characters.
field-password-sequence = Avoid sequences such as abcdef or qwerty.
field-code-wrong = This code is wrong or has expired. Send a new email and use its code.
field-password-wrong = Incorrect password.

field-code-malformed = Enter the six digits that your app shows, or a recovery code.
field-app-code-wrong = This code is wrong. Enter the code that your app shows now. If that is refused too, set the clock of your phone.
field-factor-code-wrong = This code is wrong or was used before. Enter the next code of your app, or an unused recovery code.
field-passkey-refused = The passkey was not accepted. Try again.
field-passkey-unverified = This account has no password, so the passkey must ask for your face, your fingerprint or a PIN. Try again.
field-own-email-differs = Enter the email address of this account.
field-passkey-known = This passkey is registered already.
field-passkeys-too-many = An account has at most { $most } passkeys. Remove one first.
field-code-of-no-secret = This QR code is no longer valid. Scan the new one.
field-also-unknown = Choose sessions, trusted_browsers, device_tokens or personal_tokens.
field-last-way-to-sign-in = Your account has no password, so you need this passkey to sign in. Set a password or add another passkey first.
field-password-needed = To sign in without a password, you need two passkeys, or one passkey and recovery codes. Add a passkey, or use one that asks for your face, your fingerprint or a PIN.
field-last-factor = This service requires a second factor. Your only one cannot be removed.
field-one-proof = Enter a password or a code, not both.

field-abilities-too-many = Choose at most { $most } permissions.
field-ability-unknown = There is no permission “{ $ability }”.
field-ability-repeated = The permission “{ $ability }” is listed twice.
field-ability-malformed = Enter a permission such as tokens:read.

field-class-unknown = Enter session or token.
field-acr-unknown = Enter 1 or 2.
field-max-age-malformed = Enter a length of time over zero, such as 15m.
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

field-list-value-unknown = Choose one of the values that the page offers.

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
