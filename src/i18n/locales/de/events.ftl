# Ereignisse

event-account-created = Konto erstellt
event-account-imported = Konto vom Betreiber importiert
event-name-changed = Name geändert
event-email-changed = E-Mail-Adresse geändert
event-email-verified = E-Mail-Adresse bestätigt
event-account-disabled = Konto vom Betreiber gesperrt
event-account-enabled = Konto vom Betreiber entsperrt
event-password-changed = Passwort geändert
event-password-reset = Passwort mit einem Link zurückgesetzt
event-password-confirmed = Passwort bestätigt
event-password-refused = Falsches Passwort eingegeben
event-signed-in = Angemeldet
event-signed-in-anew = Auf einem neuen Gerät angemeldet
event-sign-in-recognised = Anmeldung als Ihre eigene bestätigt
event-token-created = Token erstellt
event-token-imported = Token vom Betreiber importiert
event-token-changed = Token geändert
event-token-rotated = Token erneuert
event-token-paused = Token pausiert
event-token-resumed = Token fortgesetzt
event-credentials-ended = Widerrufen
event-other = Konto geändert
