# Anmelden, Abmelden, Registrieren und Bestätigen

sign-in-title = Anmelden
sign-in-heading = Bei { $app } anmelden
sign-in-to-continue = Melden Sie sich an, um { $page } zu öffnen.
sign-in-email = E-Mail-Adresse
sign-in-password = Passwort
sign-in-remember = In diesem Browser angemeldet bleiben
sign-in-button = Anmelden
sign-in-passkey = Mit einem Passkey anmelden
sign-in-passkey-hint = Verwenden Sie Ihr Gesicht, Ihren Fingerabdruck oder die Bildschirmsperre Ihres Geräts oder einen Sicherheitsschlüssel.
sign-in-passkey-failed = Der Passkey wurde nicht angenommen. Versuchen Sie es erneut oder melden Sie sich mit Ihrem Passwort an.
sign-in-passkey-cancelled = Der Browser hat keine Bestätigung von Ihnen erhalten. Versuchen Sie es erneut oder melden Sie sich mit Ihrem Passwort an.
sign-in-passkey-unknown = Dieser Passkey gilt hier nicht mehr. Verwenden Sie einen anderen oder melden Sie sich mit Ihrem Passwort an.
sign-in-new-here = Neu hier?
sign-in-forgotten-contact = Passwort vergessen? Wenden Sie sich an { $contact }.
sign-in-forgotten = Passwort vergessen? Bitten Sie den Betreiber von { $app } um ein neues.

wait-text = Sie können es in { $rest } erneut versuchen.
wait-over = Sie können es jetzt erneut versuchen.

register-title = Konto erstellen
register-name = Ihr Name
register-button = Konto erstellen
register-have-one = Haben Sie bereits ein Konto?

password-good = Sieht gut aus.
password-missing = Fehlende Zeichen: { $count }
password-beyond = Überzählige Zeichen: { $count }

confirm-title = Passwort bestätigen
confirm-lead = Bestätigen Sie Ihr Passwort, um fortzufahren. Danach werden Sie { $length } lang nicht erneut gefragt.
confirm-button = Bestätigen

sign-out-title = Abmelden
sign-out-lead = Dieser Browser ist als { $name } angemeldet. Hiermit melden Sie nur diesen Browser ab.
sign-out-button = Abmelden
sign-out-stay = Angemeldet bleiben
