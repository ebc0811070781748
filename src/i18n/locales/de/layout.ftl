# Der Rahmen der Seiten und ihre Bauteile

layout-product = Narthex
layout-description = Melden Sie sich bei { $app } an und verwalten Sie Ihre Sitzungen und Tokens.
layout-skip = Zum Inhalt springen
layout-menu = Konto
layout-overview = Übersicht
layout-sessions = Sitzungen
layout-tokens = Tokens
layout-activity = Aktivität
layout-settings = Einstellungen
layout-sign-out = Abmelden
layout-sign-out-everywhere = Überall abmelden …
layout-back = Zurück zu { $app }
layout-api = API
# Das Skript schreibt statt „UTC“ die Zeitzone des Lesers.
layout-time-zone = Zeitzone: UTC

title-error = Fehler: { $title }
form-refused = Es wurde nichts gespeichert. Bitte korrigieren Sie:
form-correct = Bitte korrigieren Sie:
button-cancel = Abbrechen
chip-remove = (diesen Filter entfernen)
toast-receipt = Beleg anzeigen
toast-dismiss = Meldung ausblenden
password-show = Anzeigen
password-hide = Ausblenden
password-hint = Mindestens { $least } Zeichen. Einige Wörter hintereinander sind leicht zu merken und schwer zu erraten.
table-select = { $name } auswählen
table-select-all = Alle auswählen
table-menu = Aktionen für { $name }
bar-selected = { $count } ausgewählt
pages-previous = Zurück
pages-next = Weiter
filter-title = Suchen und filtern
filter-apply = Filtern
filter-reset = Zurücksetzen
copy-copy = Kopieren
copy-done = Kopiert

error-to-account = Zu Ihrem Konto
error-list-stale = Diese Seite gibt es nicht mehr
error-list-stale-hint = Die Adresse gehört zu einer früheren Liste, oder sie wurde geändert.
error-newest-sessions = Neueste Sitzungen anzeigen
error-newest-tokens = Neueste Tokens anzeigen
error-newest-events = Neueste Aktivität anzeigen
problem-page-status = Die API antwortet mit dem Status { $status } und einem Problem dieses Typs:
