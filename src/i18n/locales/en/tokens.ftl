# Tokens

tokens-title = Tokens
tokens-lead = Tokens let apps and scripts access your account.
tokens-new = New token
tokens-none = You have no tokens yet
tokens-none-hint = Create one for a script or app that needs access.
tokens-none-command = Or let a command line sign in:

## The list

tokens-states = State
tokens-state = State
tokens-state-active = Active
tokens-state-paused = Paused
tokens-state-ended = Ended
tokens-state-expired = Expired
tokens-state-revoked = Revoked
tokens-search = Name or last four characters
tokens-filter-kind = Type
tokens-filter-ability = Permission
tokens-filter-more = More filters
tokens-filter-any = Any
tokens-kind-personal = Personal
tokens-kind-device = Device
tokens-kind-service = Service
tokens-unused-for = Not used for { $length }
tokens-never-used = Never used
tokens-expires-within = In the next { $length }
tokens-sort = Sort by
tokens-sort-last-used = Last used
tokens-sort-expiry = Next to expire
tokens-sort-created = Newest
tokens-sort-name = Name
tokens-sort-ended = Last ended
tokens-column-name = Name
tokens-column-permissions = Permissions
tokens-column-last-used = Last used
tokens-column-expires = Expires
tokens-column-ended = Ended
tokens-column-created = Created
tokens-range = { $first }–{ $last } of { $total }
tokens-pages = Pages of tokens
tokens-none-in-state = No tokens here.
tokens-none-found = No tokens match. Change or reset the filters.
tokens-foreign = Imported
tokens-foreign-over = Imported, not accepted any more
tokens-never = Never
tokens-receipt = Receipt
tokens-edit = Edit
tokens-rotate = Rotate secret
tokens-pause = Pause
tokens-resume = Resume
tokens-revoke = Revoke…
tokens-revoke-ticked = Revoke…
tokens-revoke-all = Revoke all tokens…
tokens-revoke-matching = Revoke all matching tokens…

## Permissions

tokens-permissions = Permissions
tokens-permissions-hint = Give the token only what it needs. You can change this later.
tokens-no-permissions = No permissions: it can only identify you.
tokens-no-permissions-short = No permissions
tokens-nothing-ticked = Without a permission, the token can only identify you.
tokens-more-permissions = +{ $count }
tokens-full-access = Full access
tokens-full-access-warning = All permissions, including those added later. If the token leaks, so does your account.
tokens-write-warning = A token that can create tokens can give them its own permissions.
tokens-resource = Resource
tokens-read = Read
tokens-write = Write
tokens-preset-read = Read-only
tokens-preset-read-write = Read and write
tokens-preset-nothing = Clear
tokens-ability-resource = Everything with { $resource }
tokens-ability-removed = No longer offered

## Forms

tokens-name = Name
tokens-name-hint = What is it for? For example “Shop CI”.
tokens-create = Create token
tokens-save = Save
tokens-expiration = Expiration
tokens-expires-in = { $length }: { $end }
tokens-expires-date = Custom date
tokens-expires-never = No expiration
tokens-expires-keep = No change: { $end }
tokens-expires-keep-never = No change: no expiration
tokens-expiration-date = Date of expiration
tokens-expiration-date-hint = The token expires at the end of that day: 23:59 UTC.
tokens-expiration-never-warning = A token without an expiration works until you revoke it. A date is safer.

## A new secret

tokens-created = Token created.
tokens-rotated = Secret rotated.
tokens-copy-now = Copy the secret now. You won’t be able to see it again.
tokens-secret = Secret
tokens-curl = As a curl command
tokens-env = For a .env file
tokens-done = Done
tokens-show = Show token
tokens-same-name = { $count ->
    [one] You have another token with this name. The last four characters tell them apart.
   *[other] You have { $count } other tokens with this name. The last four characters tell them apart.
}
tokens-previous-stopped = The previous secret no longer works.
tokens-previous-secret = A previous secret still works. It stops
tokens-previous-secret-hint = The previous secret (…{ $hint }) still works. It stops

## One token

tokens-details = Details
tokens-paused-note = Requests with this token are refused until you resume it.
tokens-foreign-note = Imported from another system. Rotate it to get a secret of this service.
tokens-foreign-until = Imported from another system and accepted until { $end }. Rotate it to get a secret of this service.
tokens-foreign-since = Imported from another system and not accepted since { $end }. Rotate it to get a secret of this service.
tokens-change-expiry = Change
tokens-rotate-lead = The token gets a new secret. Its name and permissions stay the same.
tokens-overlap = Keep the current secret valid for
tokens-overlap-hint = If the secret leaked, revoke it immediately.
tokens-overlap-none = Revoke immediately
tokens-created-with = Created with this token
tokens-created-all = Show all
tokens-activity = Recent activity
tokens-all-activity = All activity of this token
tokens-revoke-title = Revoke token
