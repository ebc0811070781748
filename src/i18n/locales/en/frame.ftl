# The layout and the components

frame-product = Narthex
frame-description = Sign in to { $app }, and manage your sessions and tokens.
frame-skip = Skip to content
frame-menu = Account
frame-overview = Overview
frame-sessions = Sessions
frame-tokens = Tokens
frame-activity = Activity
frame-settings = Settings
frame-sign-out = Sign out
frame-sign-out-everywhere = Sign out everywhere…
frame-back = Back to { $app }
frame-api = API
# The script writes the time zone of the reader in place of "UTC".
frame-time-zone = Time zone: UTC

# The title of a page whose form was refused.
title-error = Error: { $title }
form-refused = Nothing was saved. Please correct:
button-cancel = Cancel
chip-remove = (remove this filter)
toast-receipt = View receipt
toast-dismiss = Dismiss this message
password-show = Show
password-hide = Hide
password-hint = At least { $least } characters. A few words in a row are easy to remember and hard to guess.
table-select = Select { $name }
table-select-all = Select all
table-menu = Actions for { $name }
# The script writes the number in place of "#".
bar-selected = { $count } selected
pages-previous = Previous
pages-next = Next
filter-title = Search and filter
filter-apply = Filter
filter-reset = Reset
copy-copy = Copy
copy-done = Copied

# Pages that say what went wrong
error-to-account = Go to your account
error-list-stale = This page is no longer there
error-list-stale-hint = The address is from an earlier list, or it was changed.
error-newest-sessions = Show the newest sessions
error-newest-tokens = Show the newest tokens
error-newest-events = Show the newest activity
problem-page-status = The API answers with the status { $status } and a problem of this type:
