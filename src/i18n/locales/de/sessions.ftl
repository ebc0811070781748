# Sitzungen

sessions-title = Sitzungen
sessions-lead = Diese Browser sind bei Ihrem Konto angemeldet. Melden Sie jede Sitzung ab, die Sie nicht kennen.
sessions-this-browser = Dieser Browser
sessions-sign-out = Abmelden
sessions-tabs = Aktive und beendete Sitzungen
sessions-tab-active = Aktiv
sessions-tab-ended = Beendet
sessions-search = Gerät oder Adresse suchen
sessions-type = Typ
sessions-any-type = Alle
sessions-activity = Aktivität
sessions-any-activity = Alle
sessions-inactive-for = Seit { $length-dative } inaktiv
sessions-device = Gerät
sessions-address = Adresse
sessions-last-active = Zuletzt aktiv
sessions-signed-in = Angemeldet
sessions-ended = Beendet
sessions-receipt = Beleg
sessions-range = { $first }–{ $last } von { $total }
sessions-pages = Seiten der Sitzungen
sessions-none-match = Zu diesen Filtern passt keine Sitzung.
sessions-none-other = Es ist keine andere Sitzung aktiv.
sessions-none-ended = In letzter Zeit wurde keine Sitzung beendet.
sessions-sign-out-selected = Abmelden …
sessions-several = Mehrere abmelden
sessions-several-hint = Sie sehen die Liste vorher durch.
sessions-all-others = Alle anderen Sitzungen
sessions-all-desktop = Alle Computer
sessions-all-mobile = Alle Smartphones
sessions-all-tablet = Alle Tablets
sessions-all-other = Alle anderen Geräte

## Eine Sitzung

session-facts = Über diese Sitzung
session-ended = Beendet
session-sign-out = Abmelden
session-expires = Ablauf
session-idle-limit = Wird nach { $length-dative } ohne Aktivität abgemeldet
session-expires-latest = Spätestens:
session-remembered = Angemeldet bleiben
session-yes = Ja
session-no = Nein
session-user-agent = User-Agent
session-no-user-agent = Der Client hat keinen gesendet.
session-created = Mit dieser Sitzung erstellt ({ $count })
session-review-created = Prüfen und widerrufen …
session-activity = Aktivität
session-no-activity = Das Protokoll enthält keine Ereignisse dieser Sitzung.
session-all-activity = Alle Aktivitäten dieser Sitzung
