# Sign-in, sign-out, registration and confirmation

sign-in-title = Sign in
sign-in-heading = Sign in to { $app }
sign-in-to-continue = Sign in to continue to { $page }.
sign-in-email = Email address
sign-in-password = Password
sign-in-remember = Keep me signed in on this browser
sign-in-button = Sign in
sign-in-passkey = Sign in with a passkey
sign-in-passkey-hint = Use your face, your fingerprint or the screen lock of your device, or a security key.
sign-in-passkey-failed = The passkey was not accepted. Try again, or sign in with your password.
sign-in-passkey-cancelled = The browser got no confirmation from you. Try again, or sign in with your password.
sign-in-passkey-unknown = This passkey is no longer valid here. Use another one, or sign in with your password.
sign-in-new-here = New here?
sign-in-forgotten-contact = Forgot your password? Contact { $contact }.
sign-in-forgotten = Forgot your password? Ask the operator of { $app } for a new one.

# A form that can be sent again after a while. The script writes the rest of the time in place of "#".
wait-text = You can try again in { $rest }.
wait-over = You can try again now.

register-title = Create account
register-name = Your name
register-button = Create account
register-have-one = Already have an account?

# The password during input. The script writes the number in place of "#".
password-good = Looks good.
password-missing = Characters still needed: { $count }
password-beyond = Characters too many: { $count }

confirm-title = Confirm your password
confirm-lead = Confirm your password to continue. You will not be asked again for { $length }.
confirm-button = Confirm

sign-out-title = Sign out
sign-out-lead = This browser is signed in as { $name }. This signs out this browser and no other.
sign-out-button = Sign out
sign-out-stay = Stay signed in
