# Emails about events of an account

mail-notice-password-changed-subject = { $app }: your password was changed
mail-notice-password-changed = The password of your account was changed.
mail-notice-password-reset-subject = { $app }: a new password was set
mail-notice-password-reset = A new password was set for your account, with a link from an email or from an operator.
mail-notice-password-removed-subject = { $app }: your password was removed
mail-notice-password-removed = The password of your account was removed. From now on, you sign in with a passkey.
mail-notice-email-change-requested-subject = { $app }: change of your email address requested
mail-notice-email-change-requested = The new email address { $email } was entered for your account. Your address changes when the new one is confirmed.
mail-notice-email-changed-subject = { $app }: your email address was changed
mail-notice-email-changed = The email address of your account was changed to { $email }.
mail-notice-email-change-undone-subject = { $app }: your email address was restored
mail-notice-email-change-undone = The change of the email address was undone. The address of the account is { $email } again.
mail-notice-notice-email-changed-subject = { $app }: your second address was changed
mail-notice-notice-email-entered = The address { $email } was entered as the second address of your account. It gets a copy of these notices once it is confirmed.
mail-notice-notice-email-removed = The second address of your account was removed. It gets no more notices.
mail-notice-second-factor-refused-subject = { $app }: second factor refused at a sign-in
mail-notice-second-factor-refused = Your password was entered. Then several codes or passkeys were refused, and the sign-in was stopped. If it was not you, another person knows your password: change it.
mail-notice-new-browser-subject = { $app }: sign-in from a new browser
mail-notice-new-browser = A browser signed in to your account for the first time.
mail-notice-token-created-subject = { $app }: new token
mail-notice-token-created = The token { $token } was created for your account.
mail-notice-token-used-elsewhere-subject = { $app }: token used from a new network
mail-notice-token-used-elsewhere = The token { $token } was used from a network for the first time.
mail-notice-token-expires-subject = { $app }: a token expires soon
mail-notice-token-expires = The token { $token } expires on { $at }.
mail-notice-token-leaked-subject = { $app }: a leaked token was revoked
mail-notice-token-leaked = The secret of the token { $token } was found in a public place. The token was revoked.
mail-notice-app-added-subject = { $app }: authenticator app added
mail-notice-app-added = An authenticator app was added to your account. From now on, a sign-in asks for a code.
mail-notice-app-removed-subject = { $app }: authenticator app removed
mail-notice-app-removed = The authenticator app of your account was removed. Without another second factor, the recovery codes were removed too, and a sign-in asks for the password alone.
mail-notice-passkey-added-subject = { $app }: passkey added
mail-notice-passkey-added = The passkey “{ $name }” was added to your account.
mail-notice-passkey-removed-subject = { $app }: passkey removed
mail-notice-passkey-removed = The passkey “{ $name }” was removed from your account.
mail-notice-passkey-copy-suspected-subject = { $app }: passkey possibly copied
mail-notice-passkey-copy-suspected = The passkey “{ $name }” was used with a counter that was not higher than before. A copy of the passkey causes that. If you do not use it on several devices, remove it.
mail-notice-recovery-codes-made-subject = { $app }: new recovery codes
mail-notice-recovery-codes-made = New recovery codes were made for your account. The earlier ones no longer work.
mail-notice-recovery-code-used-subject = { $app }: recovery code used
mail-notice-recovery-code-used = A recovery code of your account was used. { $left ->
    [0] No codes are left.
    [one] { $left } code is left.
   *[other] { $left } codes are left.
}
mail-notice-removal-planned-subject = { $app }: a second factor will be removed
mail-notice-app-removal-planned = An operator will remove the authenticator app from your account on { $at }. If you did not ask for it, cancel it on the page “Sign-in and security”.
mail-notice-passkey-removal-planned = An operator will remove the passkey “{ $name }” from your account on { $at }. If you did not ask for it, cancel it on the page “Sign-in and security”.
mail-notice-removal-cancelled-subject = { $app }: the removal of a second factor was cancelled
mail-notice-removal-cancelled = The removal of a second factor that an operator had planned was cancelled.
mail-notice-trusted-browser-added-subject = { $app }: a browser is trusted
mail-notice-trusted-browser-added = You asked not to enter a code in this browser again. Signing in there needs only your password for now.
mail-notice-trusted-browser-removed-subject = { $app }: a browser is no longer trusted
mail-notice-trusted-browser-removed = Your account no longer trusts this browser: { $browser }. A sign-in there asks for a code again.
mail-notice-signed-out-subject = { $app }: you were signed out
mail-notice-signed-out = An operator ended sessions or tokens of your account.
mail-notice-account-disabled-subject = { $app }: your account was disabled
mail-notice-account-disabled = An operator disabled your account at { $app }. You can no longer sign in.
mail-notice-account-deleted-subject = { $app }: your account was deleted
mail-notice-account-deleted = Your account at { $app } was deleted, with all its data.
mail-notice-further = { $count ->
    [one] The same happened once more within this minute.
   *[other] The same happened { $count } more times within this minute.
}

mail-notice-account = Account
mail-notice-time = Time
mail-notice-by = By
mail-notice-address = IP address
mail-notice-reason = Reason
mail-notice-revoked = Ended
mail-notice-revoked-kinds = { $kinds }
mail-notice-by-operator = An operator
mail-notice-by-client = An app or a browser that was not signed in
mail-notice-by-token = A program with the token “{ $token }”
mail-notice-token = { $hint ->
    [none] “{ $name }”
   *[other] “{ $name }” (…{ $hint })
}

mail-notice-desktop = { $count ->
    [one] { $count } computer
   *[other] { $count } computers
}
mail-notice-mobile = { $count ->
    [one] { $count } phone
   *[other] { $count } phones
}
mail-notice-tablet = { $count ->
    [one] { $count } tablet
   *[other] { $count } tablets
}
mail-notice-other = { $count ->
    [one] { $count } other device
   *[other] { $count } other devices
}
mail-notice-personal = { $count ->
    [one] { $count } personal token
   *[other] { $count } personal tokens
}
mail-notice-device = { $count ->
    [one] { $count } device token
   *[other] { $count } device tokens
}
mail-notice-trusted-browsers = { $count ->
    [one] { $count } trusted browser
   *[other] { $count } trusted browsers
}
mail-notice-service = { $count ->
    [one] { $count } service token
   *[other] { $count } service tokens
}

mail-notice-not-you = If this was you, you need not do anything. If not, secure your account now.
mail-notice-undo-reason = If this was you, you need not do anything. If not, undo the change. The link works for { $life }, and only once.
mail-notice-undo = Undo the change
mail-notice-renew-token = If you still need it, rotate it or choose a later expiration date. Otherwise you need not do anything.
mail-notice-ask = If you did not expect this, use the contact below.
mail-notice-secure = Secure your account
