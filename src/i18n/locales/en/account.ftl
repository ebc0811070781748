# Overview and settings

settings-title = Settings
settings-profile = Profile
settings-email-hint = You sign in with this address. A change asks for your password.
settings-save = Save
settings-password = Password
settings-current-password = Current password
settings-new-password = New password
settings-also = When I change my password, also
settings-also-sessions = { $count ->
    [0] sign out other sessions (there are none)
    [one] sign out { $count } other session
   *[other] sign out { $count } other sessions
}
settings-also-tokens = { $count ->
    [0] revoke all tokens (there are none)
    [one] revoke { $count } token
   *[other] revoke { $count } tokens
}
settings-change-password = Change password
settings-delete = Delete account
settings-delete-lead = This permanently deletes your account. You cannot undo it. It removes:
settings-delete-profile = your name, your email address and your password
settings-delete-credentials = your access: { label-revoked }
settings-delete-activity = your activity and all receipts
settings-your-password = Your password
settings-delete-button = Delete my account
