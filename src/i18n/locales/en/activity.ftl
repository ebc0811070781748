# Activity

activity-title = Activity
activity-lead = Security events of your account, newest first.
activity-csv = Download CSV
activity-json = Download JSON
activity-type = Type
activity-type-any = Any
activity-type-sign-in = Sign-ins
activity-type-failed = Failed attempts
activity-type-token = Tokens
activity-type-revocation = Sign-outs and revocations
activity-type-account = Account and password
activity-since = From (UTC)
activity-until = To (UTC)
activity-only-of = Only { $name }
activity-only-of-ended = Only one session or token
activity-none = No events match.
activity-pages = Pages of the activity
activity-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
}
activity-times = ({ $count } times)
activity-by = by { $name }
activity-by-this-browser = by this browser
activity-receipt = Receipt
activity-not-me = This wasn’t me
