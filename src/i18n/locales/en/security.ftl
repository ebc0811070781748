# The password and the second factors

security-title = Sign-in and security
security-lead = What you sign in with.
security-link = Password, passkeys, authenticator app, trusted browsers and recovery codes
security-open = Review sign-in and security
security-password = You sign in with a password. Change it in the settings.
security-no-password = You have no password. You sign in with a passkey.
security-no-way = You have neither a password nor a passkey. Set a password before you sign out.
security-password-remove-lead = Your passkeys are enough to sign in. Without a password, none can be guessed or stolen.
security-password-lost-mail = If you lose your passkeys, you need a recovery code and the link of an email to { $email }.
security-password-lost-operator = If you lose your passkeys, you need a recovery code and a link from the operator of this service.
security-password-remove = Remove password
security-password-needed = To sign in without a password, you need two passkeys, or one passkey and recovery codes. A passkey counts once it has asked for your face, your fingerprint or a PIN.
security-app = Authenticator app
security-app-lead = An app on your phone shows a new code every 30 seconds. With it on, a sign-in asks for the password and a code.
security-app-set-up = Set up authenticator app
security-app-remove = Remove authenticator app
security-app-required = This service requires a second factor, so your only one cannot be removed. If you no longer have the phone, ask the operator of this service.
security-on = On
security-off = Off
security-suspended = The codes of this app are refused, because too many wrong codes were entered. Sign in or confirm with a passkey or a recovery code to use the app again.
security-since = Since
security-last-used = Last used
security-never = Never
security-codes = Recovery codes
security-codes-lead = Each of these codes replaces your second factor once. Keep them where you find them without your phone.
security-codes-need-factor = You get recovery codes with your first authenticator app or passkey.
security-codes-left = Codes left
security-codes-make = Make new recovery codes
security-few-codes = You have few recovery codes left. Make new ones, and keep them safe.

# Passkeys

passkeys-title = Passkeys
passkeys-lead = A passkey proves that it is you with the screen lock of your device, or with a security key. With one, a sign-in with the password asks for a second factor.
passkeys-add = Add a passkey
passkeys-needs-script = To add a passkey, you need JavaScript, and a browser and a connection that support passkeys.
passkeys-no-host-name = This server has an address instead of a host name, so it cannot have passkeys.
passkeys-failed = The passkey was not added. Try again.
passkeys-cancelled = No passkey was added. The browser got no confirmation from you.
passkeys-existing = This device already has a passkey of your account.
passkeys-limit = Your account cannot have more passkeys now. Remove one, or wait a minute.
passkey-manage = Rename or remove
passkey-provider = Provider
passkey-kept = Kept
passkey-verification = Asks for face, fingerprint or PIN
passkey-verified = Yes
passkey-not-verified = Not yet
passkey-copy = Warning
passkey-copy-suspected = It may have been copied. If you do not use it on several devices, remove it.
passkey-synced = On several devices of yours
passkey-not-synced = On one device
passkey-rename = Rename
passkey-name = Name
passkey-remove = Remove passkey
passkey-remove-lead = You can no longer sign in with it. Delete it on your device as well.

# Additional credentials that a change of a factor revokes

also-revoke = Also
also-revoke-sessions = { $count ->
    [0] sign out other sessions (there are none)
    [one] sign out { $count } other session
   *[other] sign out { $count } other sessions
}
also-revoke-device-tokens = { $count ->
    [0] revoke device tokens (there are none)
    [one] revoke { $count } device token
   *[other] revoke { $count } device tokens
}
also-revoke-personal-tokens = { $count ->
    [0] revoke personal tokens (there are none)
    [one] revoke { $count } personal token
   *[other] revoke { $count } personal tokens
}

also-revoke-trusted-browsers = { $count ->
    [0] end the trust in browsers (none are trusted)
    [one] end the trust in { $count } browser
   *[other] end the trust in { $count } browsers
}
also-revoke-trusted-browsers-always = { $count ->
    [one] The trust in { $count } browser ends with this change.
   *[other] The trust in { $count } browsers ends with this change.
}

# A removal that an operator has planned

removal-app = An operator will remove your authenticator app.
removal-passkey = An operator will remove the passkey “{ $name }”.
removal-lead = If you did not ask the operator for it, cancel it, and change your password: another person may have asked in your name.
removal-reason = Reason
removal-at = Time
removal-cancel = Cancel the removal

# Trusted browsers

trusted-title = Trusted browsers
trusted-lead = In these browsers, your password is enough to sign in. Changes to your account still need a code or a passkey. A change of the password or of a factor ends the trust.
trusted-needs-factor = Once you have a second factor, you can trust a browser when you sign in. It then asks for your password only.
trusted-none = No trusted browsers. When you sign in with a code, you can choose not to be asked for one in that browser again.
trusted-until = Ends
trusted-remove = End the trust
trusted-remove-title = End the trust in { $browser }?
trusted-remove-lead = The next sign-in in this browser asks for a code. You stay signed in there.

# A code

code-label = Code
code-hint = Six digits from your authenticator app, or a recovery code.
code-hint-recovery = One of your recovery codes.

# Setting up the authenticator app

totp-title = Set up authenticator app
totp-required = This service requires a second factor. Set one up to continue.
totp-or-passkey = You can add a passkey instead of an app.
totp-scan = Scan this QR code with an authenticator app. Then enter the code that the app shows.
totp-qr = QR code with the secret for your authenticator app
totp-type = If you cannot scan it, enter the secret in the app, or open the address on your phone.
totp-open = Open the authenticator app on this device
totp-secret = Secret
totp-address = Address
totp-code-hint = The six digits that the app shows now.
totp-button = Turn on

# New recovery codes

recovery-title = { $count ->
    [one] Your new recovery code
   *[other] Your recovery codes
}
recovery-lead = { $count ->
    [one] This code replaces the one that you have used. Your other codes stay valid.
   *[other] Use one of these codes if you do not have your second factor at hand. Each code works once.
}
recovery-once = { $count ->
    [one] Save it now. You will not see it again.
   *[other] Save them now. You will not see them again.
}
recovery-codes = { $count ->
    [one] Recovery code
   *[other] Recovery codes
}
recovery-download = Download
recovery-file = recovery-codes.txt
recovery-print = Print
recovery-done = { $count ->
    [one] I have saved it
   *[other] I have saved them
}

# The second step of a sign-in

second-step-title = Enter a code
second-step-lead = Your password is correct. Enter a code to finish signing in.
second-step-password-title = Enter your password
second-step-password-lead = Your passkey was accepted, but the device did not check that it is you. Enter your password to finish signing in.
second-step-button = Sign in
second-step-passkey = Use a passkey
second-step-passkey-failed = The passkey was not accepted. Try again, or enter a code.
second-step-passkey-cancelled = The browser got no confirmation from you. Try again, or enter a code.
second-step-passkey-limit = Too many attempts. Wait a while, then try again.
second-step-trust = Don’t ask for a code in this browser for { $length }
second-step-trust-hint = Select this only on a device of your own.
second-step-lost = No second factor at hand? Enter one of your recovery codes.
second-step-other = Use another account

# A confirmation, if the account has a second factor

confirm-identity-title = Confirm that it is you
confirm-either-lead = Enter a code or your password to continue. You will not be asked again for { $length }.
confirm-app-lead = { $name } asks you to confirm that it is you.
confirm-code-lead = A second factor is needed to continue. You will not be asked again for { $length }.
confirm-or-password = Or your password
