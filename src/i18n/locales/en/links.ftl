# Pages behind the links in mails

forgot-title = Forgot password?
forgot-lead = Enter the address of your account. We will email you a link to choose a new password.
forgot-hint = If no email arrives, check the spam folder. You can ask once a minute, at most five times an hour and ten times a day.
forgot-button = Send link
forgot-back = Back to sign-in
forgot-again = Send a new link

reset-title = Choose a new password
reset-lead = For the account { $email }.
reset-password = New password
reset-pause = Pause personal tokens
reset-pause-hint = Paused tokens are refused until you resume them.
reset-ends = All sessions and device tokens will be signed out.
reset-button = Set password

link-invalid-title = This link does not work
link-invalid-lead = It was used already, has expired, or was replaced by a newer one.
link-invalid-verify = Sign in to get a new email.
link-invalid-confirm = To change your address, sign in and enter it again in the settings.
link-invalid-invitation = If you have already created your account, sign in. Otherwise ask the people who run this site for another invitation.
link-invalid-undo = If you did not change the address, ask the people who run this site for help.

confirm-email-title = Confirm your new email address
confirm-email-lead = Confirm that { $email } is your address. You then sign in with it.
confirm-email-button = Confirm email address

notice-email-title = Confirm your address for notices
notice-email-lead = Confirm that { $email } is your address. Notices about the account are then sent to it as well.

invitation-title = Create your account
invitation-lead = You are invited to create an account with the address { $email }.
invitation-other-account = You are signed in as { $email }. The new account replaces this sign-in in your browser.
invitation-button = Create account

undo-email-title = Undo the change of your email address
undo-email-lead = Your account gets the address { $email } again. Then you choose a new password.
undo-email-ends = All sessions and device tokens will end, and personal tokens will be paused. Your second address is removed. An authenticator app, a passkey and recovery codes are removed as well if they were added, made or used after the change or on the day before.
undo-email-button = Undo the change

verify-title = Confirm your email address
verify-lead = Confirm that { $email } is your address.
verify-lead-password = Enter the password of the account { $email }.
verify-lead-code = Enter the code from the email to { $email }, or follow the link in it.
verify-lead-wait = Check your email. Follow the link in it to finish.
verify-button = Confirm email address
verify-code = Code
verify-again = You can ask for another email at:
verify-resend = Send a new email
verify-other-title = Did someone else create this account?
verify-other-lead = Choose a new password. The account is then yours, and everything that was signed in before is signed out.
