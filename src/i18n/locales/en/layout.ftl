# The layout and the components

layout-product = Narthex
layout-description = Sign in to { $app }, and manage your sessions and tokens.
layout-skip = Skip to content
layout-menu = Account
layout-overview = Overview
layout-sessions = Sessions
layout-tokens = Tokens
layout-activity = Activity
layout-settings = Settings
layout-sign-out = Sign out
layout-sign-out-everywhere = Sign out everywhere…
layout-back = Back to { $app }
layout-api = API
# The script writes the time zone of the reader in place of "UTC".
layout-time-zone = Time zone: UTC

# The title of a page whose form was refused.
title-error = Error: { $title }
form-refused = Nothing was saved. Please correct:
form-correct = Please correct:
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
