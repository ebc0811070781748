# Tokens

tokens-title = Tokens
tokens-lead = Mit Tokens greifen Apps und Skripte auf Ihr Konto zu.
tokens-new = Neues Token
tokens-none = Sie haben noch keine Tokens
tokens-none-hint = Erstellen Sie ein Token für ein Skript oder eine App, die Zugriff braucht.
tokens-none-command = Oder melden Sie eine Befehlszeile an:

## Die Liste

tokens-states = Status
tokens-state = Status
tokens-state-active = Aktiv
tokens-state-paused = Pausiert
tokens-state-ended = Beendet
tokens-state-expired = Abgelaufen
tokens-state-revoked = Widerrufen
tokens-search = Name oder letzte vier Zeichen
tokens-filter-kind = Typ
tokens-filter-ability = Berechtigung
tokens-filter-more = Weitere Filter
tokens-filter-any = Alle
tokens-kind-personal = Persönlich
tokens-kind-device = Gerät
tokens-kind-service = Dienst
tokens-unused-for = Seit { $length-dative } nicht verwendet
tokens-never-used = Nie verwendet
tokens-expires-within = In den nächsten { $length-dative }
tokens-sort = Sortieren nach
tokens-sort-last-used = Zuletzt verwendet
tokens-sort-expiry = Läuft als Nächstes ab
tokens-sort-created = Neueste
tokens-sort-name = Name
tokens-sort-ended = Zuletzt beendet
tokens-column-name = Name
tokens-column-permissions = Berechtigungen
tokens-column-last-used = Zuletzt verwendet
tokens-column-expires = Läuft ab
tokens-column-ended = Beendet
tokens-column-created = Erstellt
tokens-range = { $first }–{ $last } von { $total }
tokens-pages = Seiten der Tokens
tokens-none-in-state = Hier gibt es keine Tokens.
tokens-none-found = Keine passenden Tokens gefunden. Ändern Sie die Filter oder setzen Sie sie zurück.
tokens-foreign = Importiert
tokens-foreign-over = Importiert, nicht mehr gültig
tokens-never = Nie
tokens-receipt = Beleg
tokens-edit = Bearbeiten
tokens-rotate = Geheimnis erneuern
tokens-pause = Pausieren
tokens-resume = Fortsetzen
tokens-revoke = Widerrufen …
tokens-revoke-ticked = Widerrufen …
tokens-revoke-all = Alle Tokens widerrufen …
tokens-revoke-matching = Alle passenden Tokens widerrufen …

## Berechtigungen

tokens-permissions = Berechtigungen
tokens-permissions-hint = Geben Sie dem Token nur die Berechtigungen, die es braucht. Sie können sie später ändern.
tokens-no-permissions = Keine Berechtigungen: Es weist nur aus, wem es gehört.
tokens-no-permissions-short = Keine Berechtigungen
tokens-nothing-ticked = Ohne Berechtigung weist das Token nur aus, wem es gehört.
tokens-more-permissions = +{ $count }
tokens-full-access = Vollzugriff
tokens-full-access-warning = Alle Berechtigungen, auch die, die später hinzukommen. Wer das Token kennt, hat Zugriff auf Ihr ganzes Konto.
tokens-write-warning = Ein Token, das Tokens erstellen darf, kann ihnen seine eigenen Berechtigungen geben.
tokens-resource = Ressource
tokens-read = Lesen
tokens-write = Schreiben
tokens-preset-read = Nur lesen
tokens-preset-read-write = Lesen und schreiben
tokens-preset-nothing = Alle abwählen
tokens-ability-resource = Alles für { $resource }
tokens-ability-removed = Wird nicht mehr angeboten

## Formulare

tokens-name = Name
tokens-name-hint = Wofür ist es? Zum Beispiel „CI des Shops“.
tokens-create = Token erstellen
tokens-save = Speichern
tokens-expiration = Ablaufdatum
tokens-expires-in = { $length }: { $end }
tokens-expires-date = Eigenes Datum
tokens-expires-never = Kein Ablaufdatum
tokens-expires-keep = Keine Änderung: { $end }
tokens-expires-keep-never = Keine Änderung: kein Ablaufdatum
tokens-expiration-date = Tag des Ablaufs
tokens-expiration-date-hint = Das Token läuft am Ende dieses Tages ab: um 23:59 Uhr UTC.
tokens-expiration-never-warning = Ein Token ohne Ablaufdatum gilt, bis Sie es widerrufen. Mit Datum ist es sicherer.

## Ein neues Geheimnis

tokens-created = Token erstellt.
tokens-rotated = Geheimnis erneuert.
tokens-copy-now = Kopieren Sie das Geheimnis jetzt. Sie können es später nicht mehr ansehen.
tokens-secret = Geheimnis
tokens-curl = Als curl-Befehl
tokens-env = Für eine .env-Datei
tokens-done = Fertig
tokens-show = Token anzeigen
tokens-same-name = { $count ->
    [one] Sie haben ein weiteres Token mit diesem Namen. Die letzten vier Zeichen unterscheiden sie.
   *[other] Sie haben { $count } weitere Tokens mit diesem Namen. Die letzten vier Zeichen unterscheiden sie.
}
tokens-previous-stopped = Das bisherige Geheimnis gilt nicht mehr.
tokens-previous-secret = Ein früheres Geheimnis gilt noch bis
tokens-previous-secret-hint = Das frühere Geheimnis (…{ $hint }) gilt noch bis

## Ein Token

tokens-details = Details
tokens-paused-note = Anfragen mit diesem Token werden abgelehnt, bis Sie es fortsetzen.
tokens-foreign-note = Aus einem anderen System importiert. Erneuern Sie das Geheimnis, um eines dieses Dienstes zu bekommen.
tokens-foreign-until = Aus einem anderen System importiert und bis { $end } gültig. Erneuern Sie das Geheimnis, um eines dieses Dienstes zu bekommen.
tokens-foreign-since = Aus einem anderen System importiert und seit { $end } nicht mehr gültig. Erneuern Sie das Geheimnis, um eines dieses Dienstes zu bekommen.
tokens-change-expiry = Ändern
tokens-rotate-lead = Das Token bekommt ein neues Geheimnis. Name und Berechtigungen bleiben gleich.
tokens-overlap = Das jetzige Geheimnis gilt noch
tokens-overlap-hint = Wenn das Geheimnis bekannt geworden ist, widerrufen Sie es sofort.
tokens-overlap-none = Sofort widerrufen
tokens-created-with = Mit diesem Token erstellt
tokens-created-all = Alle anzeigen
tokens-activity = Letzte Aktivitäten
tokens-all-activity = Alle Aktivitäten dieses Tokens
tokens-revoke-title = Token widerrufen
