# Aktivität

activity-title = Aktivität
activity-lead = Sicherheitsereignisse Ihres Kontos, die neuesten zuerst.
activity-csv = Als CSV herunterladen
activity-json = Als JSON herunterladen
activity-type = Typ
activity-type-any = Alle
activity-type-sign-in = Anmeldungen
activity-type-failed = Fehlversuche
activity-type-token = Tokens
activity-type-revocation = Abmeldungen und Widerrufe
activity-type-account = Konto und Passwort
activity-since = Von (UTC)
activity-until = Bis (UTC)
activity-only-of = Nur { $name }
activity-only-of-ended = Nur eine Sitzung oder ein Token
activity-none = Keine Ereignisse gefunden.
activity-pages = Seiten der Aktivität
activity-more = (+ { $count })
activity-times = ({ $count }-mal)
activity-by = durch { $name }
activity-by-this-browser = durch diesen Browser
activity-receipt = Beleg
activity-not-me = Das war ich nicht
