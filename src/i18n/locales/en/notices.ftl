# Notices on pages

notice-saved = Saved.
notice-password-changed = Password changed.{ label-revoked-sentence }
notice-check-mail = We sent an email to { $email }. Follow the link in it to finish.
notice-email-verified = Email address confirmed.
notice-email-changed = Email address changed.{ label-revoked-sentence }
notice-email-change-cancelled = The change of your email address was cancelled.
notice-email-change-undone = Your email address is restored. Now choose a new password.
notice-email-change-requested = Saved. Your address changes when you follow the link that we sent to { $email }.
notice-reset-requested = If there is an account with this address, an email is on its way.
notice-password-reset = Password changed. Sign in with the new password.
notice-password-removed = Password removed. You sign in with a passkey from now on.{ label-revoked-sentence }
notice-account-deleted = Your account has been deleted.{ label-revoked-sentence }
notice-sign-in-recognised = Thank you. This sign-in counts as yours.
notice-signed-out = { $sessions ->
    [0] Revoked: { label-revoked }.
   *[other] Signed out.{ label-revoked-sentence }
}
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
notice-wrong-email-or-password = Incorrect email or password. Check both and try again.
notice-sign-in-attempt-over = This sign-in took too long or had too many wrong codes. Sign in again.
notice-second-factor-needed = This needs a second factor. Set one up to continue.
notice-password-link-needed = You have neither a password nor a passkey. Ask for a link here, and set a password with it.
notice-password-needs-operator = You have neither a password nor a passkey. Ask the operator of this service for a link that sets a password.
notice-factor-already-on = Your authenticator app is already on.
notice-factor-added = Authenticator app turned on.{ label-revoked-sentence }
notice-factor-removed = Authenticator app removed.{ label-revoked-sentence }
notice-passkey-added = Passkey added.{ label-revoked-sentence }
notice-passkey-removed = Passkey removed.{ label-revoked-sentence }
notice-recovery-codes-made = New recovery codes made. The old ones no longer work.{ label-revoked-sentence }
notice-factor-removal-cancelled = Cancelled. Your second factor stays.
notice-trusted-browser-removed = Trust ended. A sign-in in this browser asks for a code again.
notice-recovery-code-replaced = You used a recovery code. A new one replaces it.
notice-review-first = Review the list first, then confirm it.
notice-list-changed = The list has changed since you viewed it. Nothing was revoked. Review the new list.
notice-filter-invalid = Check the marked filters. Nothing is selected.
