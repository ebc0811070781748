# The texts for users in English. `src/types/message` declares the ids and arguments. A text is on one
# line, because Fluent keeps line breaks. A number chooses a plural. A length of time is a text, and a
# language may give it more forms as attributes of `length-…`: the attribute `dative` is
# `$longest-dative` in a message whose argument is `longest`.

# Parts of other messages

language-name = English

length-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
length-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
length-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
length-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
list-pair = { $start } and { $end }
list-middle = { $start }, { $next }
