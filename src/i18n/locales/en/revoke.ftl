# Preview of a revocation, and its receipt

review-title-everything = Sign out everywhere
review-title-everything-else = Sign out everywhere else
review-title-selected = Sign out and revoke
review-title-sessions = Sign out sessions
review-title-tokens = Revoke tokens
review-back = Back
review-filter = Filter
review-kind = Type
review-unused = Not used in the last
review-any-time = Any time
review-unused-since = Not since { $time }
review-unused-date = Not used since (UTC)
review-created-before = Created before (UTC)
review-network = Last used from
review-any-network = Any address
review-ability = Has permission
review-any-ability = Any permission
review-apply = Preview
review-none = No active session or token matches.
review-includes-this-browser = This browser is in the list. You will be signed out here too.
review-this-browser = This browser
review-keep = Keep
review-again = Leave out the ticked and preview again
review-never-used = never used
review-show-all = Show all { $count }
review-range = { $first }–{ $last } of { $total }
review-all-groups = Show all types
review-group-desktop = Computers
review-group-mobile = Phones
review-group-tablet = Tablets
review-group-other = Other devices
review-group-personal = Personal tokens
review-group-device = Device tokens
review-group-service = Service tokens

## The filters in words

review-chip-ids = { $count ->
    [one] { $count } selected
   *[other] { $count } selected
}
review-chip-sessions = Sessions
review-chip-tokens = Tokens
review-chip-unused = Not used since { $time }
review-chip-created = Created before { $time }
review-chip-from = Last used from { $network }
review-chip-ability = Permission { $ability }
review-chip-made-by = Created by { $name }
review-chip-made-by-ended = Created by an ended session or token
review-chip-current = Without this browser
review-chip-spared = { $count ->
    [one] Without { $count } that you keep
   *[other] Without { $count } that you keep
}

## What it does

review-actions = { $sessions ->
    [0] { $tokens ->
        [one] revoke { $tokens } token
       *[other] revoke { $tokens } tokens
    }
    [one] { $tokens ->
        [0] sign out { $sessions } session
        [one] sign out { $sessions } session and revoke { $tokens } token
       *[other] sign out { $sessions } session and revoke { $tokens } tokens
    }
   *[other] { $tokens ->
        [0] sign out { $sessions } sessions
        [one] sign out { $sessions } sessions and revoke { $tokens } token
       *[other] sign out { $sessions } sessions and revoke { $tokens } tokens
    }
}
review-summary = This will { review-actions }.
review-summary-everything = This will { review-actions }: everything with access to your account.
review-trusted-browsers = { $count ->
    [one] The trust in { $count } browser ends as well. A sign-in there then asks for a code.
   *[other] The trust in { $count } browsers ends as well. A sign-in there then asks for a code.
}
review-button = { $sessions ->
    [0] { $tokens ->
        [one] Revoke { $tokens } token
       *[other] Revoke { $tokens } tokens
    }
    [one] { $tokens ->
        [0] Sign out { $sessions } session
        [one] Sign out { $sessions } session and revoke { $tokens } token
       *[other] Sign out { $sessions } session and revoke { $tokens } tokens
    }
   *[other] { $tokens ->
        [0] Sign out { $sessions } sessions
        [one] Sign out { $sessions } sessions and revoke { $tokens } token
       *[other] Sign out { $sessions } sessions and revoke { $tokens } tokens
    }
}

## Receipt

receipt-title = Ended: { label-revoked }
receipt-lead = Access ended immediately.
receipt-by-this-browser = by this browser
receipt-forgotten = Details of this sign-out are no longer kept.
receipt-back = Back to overview

## One session or token

revoke-one-token-title = Revoke { $name }?
revoke-one-session-title = Sign out { $name }?
revoke-one-this-browser = This is the browser that you are using now. You will be signed out here.
revoke-one-token-used = Everything that uses this token loses access immediately. You can’t undo this.
revoke-one-token-unused = This token was never used. It is refused from now on. You can’t undo this.
revoke-one-session = This session loses access to your account immediately.
revoke-one-kind = Type
revoke-one-last-used = Last used
revoke-one-never-used = Never
revoke-one-created = Created
revoke-one-password = You will be asked to confirm that it is you.
revoke-one-token = Revoke token
revoke-one-browser = Sign out session
