# Die Texte auf Deutsch. Die Anrede ist „Sie“. Eine Zeitspanne hat zwei Formen: `$wait` steht im
# Nominativ und Akkusativ, `$wait-dative` im Dativ.

# Teile anderer Texte

language-name = Deutsch

length-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
    .dative = { $count ->
        [one] { $count } Tag
       *[other] { $count } Tagen
    }
length-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
    .dative = { $count ->
        [one] { $count } Stunde
       *[other] { $count } Stunden
    }
length-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
    .dative = { $count ->
        [one] { $count } Minute
       *[other] { $count } Minuten
    }
length-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
    .dative = { $count ->
        [one] { $count } Sekunde
       *[other] { $count } Sekunden
    }
list-pair = { $start } und { $end }
list-middle = { $start }, { $next }
