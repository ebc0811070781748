# Overview and settings

settings-title = Settings
settings-profile = Profile
settings-email-hint = You sign in with this address. A change asks you to confirm that it is you.
settings-email-also = When I change my email address, also
settings-email-also-hint = A new address counts after you follow the link that we send to it.
settings-email-pending = The new address { $email } waits for its confirmation. Follow the link in the email to it.
settings-email-later = We will send this email at:
settings-email-cancel = Cancel the change
settings-notice-email = Second email address for notices (optional)
settings-notice-email-hint = Notices about your account are sent to this address as well. You cannot sign in with it. A change asks you to confirm that it is you.
settings-notice-email-pending = Notices about your account are sent to this address after you follow the link in the email to it. You cannot sign in with it.
settings-language = Language
settings-language-browser = Language of the browser
settings-save = Save
settings-password = Password
settings-current-password = Current password
settings-new-password = New password
settings-also = With the new password, also
settings-change-password = Change password
settings-set-password = Set password
settings-no-password = You have no password. With a new one, you can also sign in with it and a second factor.
settings-delete = Delete account
settings-delete-lead = This permanently deletes your account. You cannot undo it. It removes:
settings-delete-profile = your name, your email address and your password
settings-delete-profile-without-password = your name, your email address and your passkeys
settings-delete-credentials = your access: { label-revoked }
settings-delete-activity = your activity and all receipts
settings-your-password = Your password
settings-delete-email = Your email address
settings-delete-email-hint = Type it to confirm the deletion.
settings-delete-button = Delete my account

overview-lead = Signed in as { $name } ({ $email })
overview-sign-out-others = Sign out other sessions…
overview-unfamiliar = New sign-in: { $device }. Was this you?
overview-was-me = Yes, it was me
overview-was-not-me = No, sign it out and secure my account
overview-new-sessions = { $count } new in the last 7 days
overview-expiring-tokens = { $count ->
    [one] { $count } expires within 7 days
   *[other] { $count } expire within 7 days
}
overview-unused-tokens = { $count } not used for 90 days
overview-paused-tokens = { $count ->
    [one] { $count } is paused
   *[other] { $count } are paused
}
overview-second-factor = Second factor
overview-set-up-factor = Set up a second factor
overview-manage-factors = Manage
overview-few-codes = { $count ->
    [0] No recovery code left
    [one] Only { $count } recovery code left
   *[other] Only { $count } recovery codes left
}
overview-failed-attempts = Show failed attempts
overview-password = Password changed
overview-no-password = No password
overview-unknown = Unknown
overview-refused = Last failed attempt
overview-none = None
overview-this-browser = This browser
overview-active = Active
overview-used = Used
overview-never-used = Never used
overview-all-sessions = { $count ->
    [one] View session
   *[other] View all { $count }
}
overview-all-tokens = { $count ->
    [one] View token
   *[other] View all { $count }
}
overview-no-tokens = You have no tokens yet. Create one for a script or an app that needs access.
overview-new-token = New token
overview-activity = Recent activity
overview-all-activity = View all activity
