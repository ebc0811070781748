# Vorschau eines Widerrufs und sein Beleg

review-title-everything = Überall abmelden
review-title-everything-else = Überall sonst abmelden
review-title-selected = Abmelden und widerrufen
review-title-sessions = Sitzungen abmelden
review-title-tokens = Tokens widerrufen
review-back = Zurück
review-filter = Filter
review-kind = Typ
review-unused = Zeitraum ohne Verwendung
review-any-time = Beliebig
review-unused-since = Nicht seit { $time }
review-unused-date = Nicht verwendet seit (UTC)
review-created-before = Erstellt vor (UTC)
review-network = Letzte Adresse
review-any-network = Beliebige Adresse
review-ability = Hat die Berechtigung
review-any-ability = Beliebige Berechtigung
review-apply = Vorschau
review-none = Es gibt keine passende aktive Sitzung und kein passendes aktives Token.
review-includes-this-browser = Dieser Browser steht in der Liste. Sie werden auch hier abgemeldet.
review-this-browser = Dieser Browser
review-keep = Behalten
review-again = Markierte auslassen und neue Vorschau zeigen
review-never-used = nie verwendet
review-show-all = Alle { $count } anzeigen
review-range = { $first }–{ $last } von { $total }
review-all-groups = Alle Typen anzeigen
review-group-desktop = Computer
review-group-mobile = Smartphones
review-group-tablet = Tablets
review-group-other = Andere Geräte
review-group-personal = Persönliche Tokens
review-group-device = Geräte-Tokens
review-group-service = Dienst-Tokens

## Die Filter in Worten

review-chip-ids = { $count } ausgewählt
review-chip-sessions = Sitzungen
review-chip-tokens = Tokens
review-chip-unused = Nicht verwendet seit { $time }
review-chip-created = Erstellt vor { $time }
review-chip-from = Letzte Adresse: { $network }
review-chip-ability = Berechtigung { $ability }
review-chip-made-by = Erstellt von { $name }
review-chip-made-by-ended = Erstellt von einer beendeten Sitzung oder einem beendeten Token
review-chip-current = Ohne diesen Browser
review-chip-spared = { $count ->
    [one] { $count } Ausnahme
   *[other] { $count } Ausnahmen
}

## Die Wirkung

review-actions = { $sessions ->
    [0] { $tokens ->
        [one] Damit widerrufen Sie { $tokens } Token
       *[other] Damit widerrufen Sie { $tokens } Tokens
    }
    [one] { $tokens ->
        [0] Damit melden Sie { $sessions } Sitzung ab
        [one] Damit melden Sie { $sessions } Sitzung ab und widerrufen { $tokens } Token
       *[other] Damit melden Sie { $sessions } Sitzung ab und widerrufen { $tokens } Tokens
    }
   *[other] { $tokens ->
        [0] Damit melden Sie { $sessions } Sitzungen ab
        [one] Damit melden Sie { $sessions } Sitzungen ab und widerrufen { $tokens } Token
       *[other] Damit melden Sie { $sessions } Sitzungen ab und widerrufen { $tokens } Tokens
    }
}
review-summary = { review-actions }.
review-summary-everything = { review-actions }. Das ist alles, was Zugriff auf Ihr Konto hat.
review-trusted-browsers = { $count ->
    [one] Auch das Vertrauen in { $count } Browser endet. Bei der nächsten Anmeldung dort brauchen Sie einen Code.
   *[other] Auch das Vertrauen in { $count } Browser endet. Bei der nächsten Anmeldung dort brauchen Sie einen Code.
}
review-button = { $sessions ->
    [0] { $tokens ->
        [one] { $tokens } Token widerrufen
       *[other] { $tokens } Tokens widerrufen
    }
    [one] { $tokens ->
        [0] { $sessions } Sitzung abmelden
        [one] { $sessions } Sitzung abmelden und { $tokens } Token widerrufen
       *[other] { $sessions } Sitzung abmelden und { $tokens } Tokens widerrufen
    }
   *[other] { $tokens ->
        [0] { $sessions } Sitzungen abmelden
        [one] { $sessions } Sitzungen abmelden und { $tokens } Token widerrufen
       *[other] { $sessions } Sitzungen abmelden und { $tokens } Tokens widerrufen
    }
}

## Beleg

receipt-title = Beendet: { label-revoked }
receipt-lead = Der Zugriff endete sofort.
receipt-by-this-browser = durch diesen Browser
receipt-forgotten = Die Einzelheiten dieser Abmeldung werden nicht mehr gespeichert.
receipt-back = Zurück zur Übersicht

## Eine Sitzung oder ein Token

revoke-one-token-title = { $name } widerrufen?
revoke-one-session-title = { $name } abmelden?
revoke-one-this-browser = Das ist der Browser, den Sie gerade verwenden. Sie werden hier abgemeldet.
revoke-one-token-used = Alles, was dieses Token verwendet, verliert sofort den Zugriff. Das lässt sich nicht rückgängig machen.
revoke-one-token-unused = Dieses Token wurde nie verwendet. Es wird ab sofort abgelehnt. Das lässt sich nicht rückgängig machen.
revoke-one-session = Diese Sitzung verliert sofort den Zugriff auf Ihr Konto.
revoke-one-kind = Typ
revoke-one-last-used = Zuletzt verwendet
revoke-one-never-used = Nie
revoke-one-created = Erstellt
revoke-one-password = Sie werden gebeten zu bestätigen, dass Sie es sind.
revoke-one-token = Token widerrufen
revoke-one-browser = Sitzung abmelden
