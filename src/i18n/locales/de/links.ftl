# Seiten hinter den Links in E-Mails

forgot-title = Passwort vergessen?
forgot-lead = Geben Sie die Adresse Ihres Kontos ein. Wir senden Ihnen einen Link, um ein neues Passwort zu wählen.
forgot-hint = Wenn keine E-Mail ankommt, sehen Sie im Spam-Ordner nach. Sie können es einmal in der Minute versuchen, höchstens fünfmal in der Stunde und zehnmal am Tag.
forgot-button = Link senden
forgot-back = Zurück zur Anmeldung
forgot-again = Neuen Link senden

reset-title = Neues Passwort wählen
reset-lead = Für das Konto { $email }.
reset-password = Neues Passwort
reset-pause = Persönliche Tokens pausieren
reset-pause-hint = Pausierte Tokens werden abgelehnt, bis Sie sie fortsetzen.
reset-ends = Alle Sitzungen und Geräte-Tokens werden beendet.
reset-button = Passwort festlegen

link-invalid-title = Dieser Link funktioniert nicht
link-invalid-lead = Er wurde bereits verwendet, ist abgelaufen oder wurde durch einen neueren ersetzt.
link-invalid-verify = Melden Sie sich an, um eine neue E-Mail zu erhalten.
link-invalid-confirm = Um Ihre Adresse zu ändern, melden Sie sich an und geben Sie sie in den Einstellungen erneut ein.
link-invalid-invitation = Wenn Sie Ihr Konto bereits erstellt haben, melden Sie sich an. Andernfalls bitten Sie den Betreiber um eine neue Einladung.
link-invalid-undo = Wenn Sie die Adresse nicht geändert haben, bitten Sie den Betreiber um Hilfe.

confirm-email-title = Neue E-Mail-Adresse bestätigen
confirm-email-lead = Bestätigen Sie, dass { $email } Ihre Adresse ist. Danach melden Sie sich mit ihr an.
confirm-email-button = E-Mail-Adresse bestätigen

notice-email-title = Adresse für Benachrichtigungen bestätigen
notice-email-lead = Bestätigen Sie, dass { $email } Ihre Adresse ist. Benachrichtigungen zum Konto gehen dann auch an diese Adresse.

invitation-title = Konto erstellen
invitation-lead = Sie sind eingeladen, ein Konto mit der Adresse { $email } zu erstellen.
invitation-other-account = Sie sind als { $email } angemeldet. Das neue Konto ersetzt diese Anmeldung in Ihrem Browser.
invitation-button = Konto erstellen

undo-email-title = Änderung der E-Mail-Adresse rückgängig machen
undo-email-lead = Ihr Konto erhält wieder die Adresse { $email }. Danach wählen Sie ein neues Passwort.
undo-email-ends = Alle Sitzungen und Geräte-Tokens werden beendet, und persönliche Tokens werden pausiert. Ihre zweite Adresse wird entfernt. Eine Authenticator-App, ein Passkey und Wiederherstellungscodes werden ebenfalls entfernt, wenn sie nach der Änderung oder am Tag davor hinzugefügt, erstellt oder verwendet wurden.
undo-email-button = Änderung rückgängig machen

verify-title = E-Mail-Adresse bestätigen
verify-lead = Bestätigen Sie, dass { $email } Ihre Adresse ist.
verify-lead-password = Geben Sie das Passwort des Kontos { $email } ein.
verify-lead-code = Geben Sie den Code aus der E-Mail an { $email } ein, oder folgen Sie dem Link darin.
verify-lead-wait = Sehen Sie in Ihrem Posteingang nach. Folgen Sie dem Link in der E-Mail, um fortzufahren.
verify-button = E-Mail-Adresse bestätigen
verify-code = Code
verify-again = Sie können eine weitere E-Mail anfordern:
verify-resend = Neue E-Mail senden
verify-other-title = Hat jemand anderes dieses Konto erstellt?
verify-other-lead = Wählen Sie ein neues Passwort. Dann gehört das Konto Ihnen, und alles, was vorher angemeldet war, wird abgemeldet.
