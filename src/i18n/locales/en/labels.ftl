# Labels

label-kind-desktop = Computer
label-kind-mobile = Phone
label-kind-tablet = Tablet
label-kind-other = Other device
label-kind-personal = Personal token
label-kind-device = Device token
label-kind-service = Service token

label-browser-on-system = { $browser } on { $system }
label-browser = { $browser }
label-unknown-browser-on-system = Unknown browser on { $system }
label-unknown-client = Unknown client

label-revoked-credentials = { $sessions ->
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
label-revoked = { $browsers ->
    [0] { label-revoked-credentials }
    [one] { label-revoked-before-browsers }{ $browsers } trusted browser
   *[other] { label-revoked-before-browsers }{ $browsers } trusted browsers
}
label-revoked-before-browsers = { $sessions ->
    [0] { $tokens ->
        [0] { "" }
       *[other] { label-revoked-credentials }, and{ " " }
    }
   *[other] { label-revoked-credentials }, and{ " " }
}
label-results = { $sessions ->
    [0] { $tokens ->
        [0] { label-results-of-browsers }
        [one] { $tokens } token revoked.{ label-results-and-browsers }
       *[other] { $tokens } tokens revoked.{ label-results-and-browsers }
    }
    [one] { $tokens ->
        [0] { $sessions } session signed out.{ label-results-and-browsers }
        [one] { $sessions } session signed out, { $tokens } token revoked.{ label-results-and-browsers }
       *[other] { $sessions } session signed out, { $tokens } tokens revoked.{ label-results-and-browsers }
    }
   *[other] { $tokens ->
        [0] { $sessions } sessions signed out.{ label-results-and-browsers }
        [one] { $sessions } sessions signed out, { $tokens } token revoked.{ label-results-and-browsers }
       *[other] { $sessions } sessions signed out, { $tokens } tokens revoked.{ label-results-and-browsers }
    }
}
label-results-of-browsers = { $browsers ->
    [0] Nothing was revoked.
    [one] { $browsers } browser is no longer trusted.
   *[other] { $browsers } browsers are no longer trusted.
}
label-results-and-browsers = { $browsers ->
    [0] { "" }
   *[other] { " " }{ label-results-of-browsers }
}
# Follows another sentence. It is empty if nothing was revoked.
label-revoked-sentence = { $sessions ->
    [0] { $tokens ->
        [0] { $browsers ->
            [0] { "" }
           *[other] { " " }{ label-results }
        }
       *[other] { " " }{ label-results }
    }
   *[other] { " " }{ label-results }
}
label-reason-signed-out = Signed out
label-reason-revoked = Revoked
label-reason-password-changed = The password was changed
label-reason-password-reset = The password was reset
label-reason-password-removed = The password was removed
label-reason-email-changed = The email address was changed
label-reason-email-change-undone = The previous email address was restored
label-reason-email-verified = The email address was confirmed
label-reason-factor-added = The authenticator app was turned on
label-reason-factor-removed = The authenticator app was removed
label-reason-passkey-added = A passkey was added
label-reason-passkey-removed = A passkey was removed
label-passkey = Passkey
label-reason-recovery-codes-made = New recovery codes were made
label-reason-recovery-code-used = A recovery code was used
label-reason-account-disabled = The account was disabled
label-reason-account-deleted = The account was deleted
label-reason-replaced = The same browser signed in again
label-reason-limit = The limit was reached
label-reason-expired = Expired
label-reason-operator = Revoked by an operator
label-reason-leaked = The secret was found in a public place
label-reason-other = Revoked

label-ability-account-read = See your name, email address and activity
label-ability-tokens-read = See your tokens
label-ability-tokens-write = Create, change and revoke your tokens
label-ability-sessions-read = See your sessions
label-ability-sessions-write = Sign out your sessions
label-ability-tokens-introspect = Validate tokens and sessions, and see who they belong to

label-expires-never = It does not expire
label-expires-at = It expires on { $end }

label-near-city-in-country = near { $city }, { $country }
label-near-city = near { $city }
label-permissions-changed = Permissions changed
label-renamed-from = before: { $name }
