# Übersicht und Einstellungen

settings-title = Einstellungen
settings-profile = Profil
settings-email-hint = Mit dieser Adresse melden Sie sich an. Für eine Änderung bestätigen Sie, dass Sie es sind.
settings-email-also = Beim Ändern der E-Mail-Adresse außerdem
settings-email-also-hint = Eine neue Adresse gilt, sobald Sie dem Link folgen, den wir an sie senden.
settings-email-pending = Die neue Adresse { $email } wartet auf ihre Bestätigung. Folgen Sie dem Link in der E-Mail an diese Adresse.
settings-email-later = Wir senden diese E-Mail:
settings-email-cancel = Änderung abbrechen
settings-notice-email = Zweite E-Mail-Adresse für Benachrichtigungen (optional)
settings-notice-email-hint = Benachrichtigungen zu Ihrem Konto gehen auch an diese Adresse. Sie können sich nicht damit anmelden. Für eine Änderung bestätigen Sie, dass Sie es sind.
settings-notice-email-pending = Benachrichtigungen zu Ihrem Konto gehen an diese Adresse, sobald Sie dem Link in der E-Mail an sie folgen. Sie können sich nicht damit anmelden.
settings-language = Sprache
settings-language-browser = Sprache des Browsers
settings-save = Speichern
settings-password = Passwort
settings-current-password = Aktuelles Passwort
settings-new-password = Neues Passwort
settings-also = Mit dem neuen Passwort außerdem
settings-change-password = Passwort ändern
settings-set-password = Passwort festlegen
settings-no-password = Sie haben kein Passwort. Wenn Sie eines festlegen, können Sie sich auch mit Passwort und zweitem Faktor anmelden.
settings-delete = Konto löschen
settings-delete-lead = Ihr Konto wird endgültig gelöscht. Das lässt sich nicht rückgängig machen. Gelöscht werden:
settings-delete-profile = Ihr Name, Ihre E-Mail-Adresse und Ihr Passwort
settings-delete-profile-without-password = Ihr Name, Ihre E-Mail-Adresse und Ihre Passkeys
settings-delete-credentials = Ihre Zugänge: { label-revoked }
settings-delete-activity = Ihre Aktivität und alle Belege
settings-your-password = Ihr Passwort
settings-delete-email = Ihre E-Mail-Adresse
settings-delete-email-hint = Geben Sie sie ein, um das Löschen zu bestätigen.
settings-delete-button = Mein Konto löschen

overview-lead = Angemeldet als { $name } ({ $email })
overview-sign-out-others = Andere Sitzungen abmelden …
overview-unfamiliar = Neue Anmeldung: { $device }. Waren Sie das?
overview-was-me = Ja, das war ich
overview-was-not-me = Nein, abmelden und mein Konto sichern
overview-new-sessions = { $count } neu in den letzten 7 Tagen
overview-expiring-tokens = { $count ->
    [one] { $count } läuft in den nächsten 7 Tagen ab
   *[other] { $count } laufen in den nächsten 7 Tagen ab
}
overview-unused-tokens = { $count } seit 90 Tagen nicht verwendet
overview-paused-tokens = { $count ->
    [one] { $count } ist pausiert
   *[other] { $count } sind pausiert
}
overview-second-factor = Zweiter Faktor
overview-set-up-factor = Zweiten Faktor einrichten
overview-manage-factors = Verwalten
overview-few-codes = { $count ->
    [0] Kein Wiederherstellungscode mehr
    [one] Nur noch { $count } Wiederherstellungscode
   *[other] Nur noch { $count } Wiederherstellungscodes
}
overview-failed-attempts = Fehlversuche anzeigen
overview-password = Passwort geändert
overview-no-password = Kein Passwort
overview-unknown = Unbekannt
overview-refused = Letzter Fehlversuch
overview-none = Keiner
overview-this-browser = Dieser Browser
overview-active = Aktiv
overview-used = Verwendet
overview-never-used = Nie verwendet
overview-all-sessions = { $count ->
    [one] Sitzung anzeigen
   *[other] Alle { $count } anzeigen
}
overview-all-tokens = { $count ->
    [one] Token anzeigen
   *[other] Alle { $count } anzeigen
}
overview-no-tokens = Sie haben noch keine Tokens. Erstellen Sie eines für ein Skript oder eine App, die Zugriff braucht.
overview-new-token = Neues Token
overview-activity = Letzte Aktivität
overview-all-activity = Alle Aktivitäten anzeigen
