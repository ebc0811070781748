# E-Mails

mail-verify-subject = { $app }: E-Mail-Adresse bestätigen
mail-verify-reason = Bei { $app } wurde ein Konto mit der Adresse { $email } erstellt. Bestätigen Sie, dass diese Adresse Ihnen gehört.
mail-verify-button = E-Mail-Adresse bestätigen
mail-verify-code = Wenn Sie angemeldet sind, können Sie stattdessen diesen Code eingeben. Er gilt 10 Minuten lang:
mail-verify-ignore = Wenn Sie kein Konto erstellt haben, ignorieren Sie diese E-Mail.
mail-account-exists-subject = { $app }: Sie haben bereits ein Konto
mail-account-exists-reason = Jemand wollte bei { $app } ein Konto mit der Adresse { $email } erstellen. Diese Adresse hat bereits ein Konto. Es wurde kein zweites erstellt.
mail-account-exists-forgotten = Wenn Sie Ihr Passwort vergessen haben, wählen Sie auf der Anmeldeseite „Passwort vergessen?“.
mail-account-exists-button = Anmelden
mail-account-exists-ignore = Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Ihr Konto ist unverändert.
mail-reset-subject = { $app }: neues Passwort wählen
mail-reset-reason = Jemand hat ein neues Passwort für das Konto bei { $app } mit der Adresse { $email } angefordert.
mail-reset-button = Neues Passwort wählen
mail-reset-ignore = Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Ihr Passwort bleibt unverändert.
mail-confirm-subject = { $app }: neue E-Mail-Adresse bestätigen
mail-confirm-reason = Die Adresse { $email } wurde als neue Adresse eines Kontos bei { $app } eingegeben. Bestätigen Sie, dass es Ihre Adresse ist.
mail-confirm-button = E-Mail-Adresse bestätigen
mail-confirm-ignore = Wenn Sie sie nicht eingegeben haben, ignorieren Sie diese E-Mail. Das Konto behält dann seine Adresse.
mail-verify-notice-subject = { $app }: Adresse für Hinweise bestätigen
mail-verify-notice-reason = Die Adresse { $email } wurde als zweite Adresse für Hinweise zu einem Konto bei { $app } eingegeben. Bestätigen Sie, dass es Ihre Adresse ist.
mail-address-taken-reason = Jemand hat die Adresse { $email } als neue Adresse eines anderen Kontos bei { $app } eingegeben. Diese Adresse hat bereits ein Konto, deshalb wurde nichts geändert.
mail-test-subject = { $app }: Test-E-Mail
mail-test-reason = Dies ist ein Test. { $app } kann E-Mails senden.
mail-link-lifetime = Der Link gilt { $life } lang und nur einmal.
mail-contact = Fragen? Kontakt: { $contact }
mail-automatic = Diese E-Mail wurde automatisch von { $app } gesendet. Antworten werden nicht gelesen.
