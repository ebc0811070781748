# Events

event-account-created = Account created
event-account-imported = Account imported by an operator
event-name-changed = Name changed
event-email-changed = E-mail address changed
event-email-verified = Email address confirmed
event-account-disabled = Account disabled by an operator
event-account-enabled = Account enabled by an operator
event-password-changed = Password changed
event-password-reset = Password reset with a link
event-password-confirmed = Password confirmed
event-password-refused = Failed password attempt
event-signed-in = Signed in
event-signed-in-anew = Signed in on a new device
event-sign-in-recognised = Sign-in recognised as yours
event-token-created = Token created
event-token-imported = Token imported by an operator
event-token-changed = Token changed
event-token-rotated = Token rotated
event-token-paused = Token paused
event-token-resumed = Token resumed
event-credentials-ended = Revoked
event-other = Account changed
