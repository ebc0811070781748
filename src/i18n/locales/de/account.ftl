# Übersicht und Einstellungen

settings-title = Einstellungen
settings-profile = Profil
settings-email-hint = Mit dieser Adresse melden Sie sich an. Für eine Änderung wird Ihr Passwort abgefragt.
settings-save = Speichern
settings-password = Passwort
settings-current-password = Aktuelles Passwort
settings-new-password = Neues Passwort
settings-also = Beim Ändern des Passworts außerdem
settings-also-sessions = { $count ->
    [0] andere Sitzungen abmelden (es gibt keine)
    [one] { $count } andere Sitzung abmelden
   *[other] { $count } andere Sitzungen abmelden
}
settings-also-tokens = { $count ->
    [0] alle Tokens widerrufen (es gibt keine)
    [one] { $count } Token widerrufen
   *[other] { $count } Tokens widerrufen
}
settings-change-password = Passwort ändern
settings-delete = Konto löschen
settings-delete-lead = Ihr Konto wird endgültig gelöscht. Das lässt sich nicht rückgängig machen. Gelöscht werden:
settings-delete-profile = Ihr Name, Ihre E-Mail-Adresse und Ihr Passwort
settings-delete-credentials = Ihre Zugänge: { label-revoked }
settings-delete-activity = Ihre Aktivität und alle Belege
settings-your-password = Ihr Passwort
settings-delete-button = Mein Konto löschen
