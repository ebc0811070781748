# Sessions

sessions-title = Sessions
sessions-lead = These browsers are signed in to your account. Sign out any session that you don’t recognise.
sessions-this-browser = This browser
sessions-sign-out = Sign out
sessions-tabs = Active and ended sessions
sessions-tab-active = Active
sessions-tab-ended = Ended
sessions-search = Search device or address
sessions-type = Type
sessions-any-type = Any
sessions-activity = Activity
sessions-any-activity = Any
sessions-inactive-for = Inactive for { $length }
sessions-device = Device
sessions-address = Address
sessions-last-active = Last active
sessions-signed-in = Signed in
sessions-ended = Ended
sessions-receipt = Receipt
sessions-range = { $first }–{ $last } of { $total }
sessions-pages = Pages of sessions
sessions-none-match = No session matches these filters.
sessions-none-other = No other session is active.
sessions-none-ended = No session has ended recently.
sessions-sign-out-selected = Sign out…
sessions-several = Sign out several
sessions-several-hint = You’ll review the list first.
sessions-all-others = All other sessions
sessions-all-desktop = All computers
sessions-all-mobile = All phones
sessions-all-tablet = All tablets
sessions-all-other = All other devices

## One session

session-facts = About this session
session-ended = Ended
session-sign-out = Sign out
session-expires = Expires
session-idle-limit = Signs out after { $length } of inactivity
session-expires-latest = at the latest:
session-remembered = Keep me signed in
session-yes = Yes
session-no = No
session-user-agent = User agent
session-no-user-agent = The client sent none.
session-created = Created with this session ({ $count })
session-review-created = Review and revoke…
session-activity = Activity
session-no-activity = The log has no events of this session.
session-all-activity = All activity of this session
