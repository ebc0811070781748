# Hinweise auf Seiten

notice-saved = Gespeichert.
notice-password-changed = Passwort geändert.{ label-revoked-sentence }
notice-check-mail = Wir haben eine E-Mail an { $email } gesendet. Folgen Sie dem Link darin, um fortzufahren.
notice-email-verified = E-Mail-Adresse bestätigt.
notice-email-changed = E-Mail-Adresse geändert.{ label-revoked-sentence }
notice-email-change-cancelled = Die Änderung Ihrer E-Mail-Adresse wurde abgebrochen.
notice-email-change-undone = Ihre E-Mail-Adresse ist wiederhergestellt. Wählen Sie jetzt ein neues Passwort.
notice-email-change-requested = Gespeichert. Ihre Adresse ändert sich, sobald Sie dem Link folgen, den wir an { $email } gesendet haben.
notice-reset-requested = Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail unterwegs.
notice-password-reset = Passwort geändert. Melden Sie sich mit dem neuen Passwort an.
notice-password-removed = Passwort entfernt. Sie melden sich ab jetzt mit einem Passkey an.{ label-revoked-sentence }
notice-account-deleted = Ihr Konto wurde gelöscht.{ label-revoked-sentence }
notice-sign-in-recognised = Danke. Diese Anmeldung gilt als Ihre eigene.
notice-signed-out = { $sessions ->
    [0] Widerrufen: { label-revoked }.
   *[other] Abgemeldet.{ label-revoked-sentence }
}
notice-session-signed-out = Sitzung abgemeldet: { $name }.
notice-token-revoked = Token widerrufen: { $name }.
notice-session-already-ended = Diese Sitzung ist bereits abgemeldet.
notice-token-already-ended = Dieses Token ist bereits widerrufen.
notice-token-paused = Token pausiert. Es wird abgelehnt, bis Sie es fortsetzen.
notice-token-resumed = Token fortgesetzt.
notice-token-already-created = Dieses Token wurde bereits erstellt. Sein Geheimnis kann nicht noch einmal angezeigt werden. Wenn Sie es nicht gesehen haben, erneuern Sie das Token.
notice-token-already-rotated = Dieses Token hat sein neues Geheimnis bereits. Es kann nicht noch einmal angezeigt werden. Wenn Sie es nicht gesehen haben, erneuern Sie das Token noch einmal.
notice-session-expired = Ihre Sitzung ist abgelaufen oder wurde abgemeldet. Melden Sie sich wieder an, um fortzufahren.
notice-not-submitted = Dieses Formular wurde noch nicht gesendet. Prüfen Sie es und senden Sie es noch einmal.
notice-wrong-email-or-password = E-Mail-Adresse oder Passwort ist falsch. Prüfen Sie beides und versuchen Sie es erneut.
notice-sign-in-attempt-over = Diese Anmeldung hat zu lange gedauert oder hatte zu viele falsche Codes. Melden Sie sich noch einmal an.
notice-second-factor-needed = Dafür brauchen Sie einen zweiten Faktor. Richten Sie einen ein, um fortzufahren.
notice-password-link-needed = Sie haben weder ein Passwort noch einen Passkey. Fordern Sie hier einen Link an, und legen Sie damit ein Passwort fest.
notice-password-needs-operator = Sie haben weder ein Passwort noch einen Passkey. Bitten Sie den Betreiber dieses Dienstes um einen Link, mit dem Sie ein Passwort festlegen.
notice-factor-already-on = Ihre Authenticator-App ist bereits aktiviert.
notice-factor-added = Authenticator-App aktiviert.{ label-revoked-sentence }
notice-factor-removed = Authenticator-App entfernt.{ label-revoked-sentence }
notice-passkey-added = Passkey hinzugefügt.{ label-revoked-sentence }
notice-passkey-removed = Passkey entfernt.{ label-revoked-sentence }
notice-recovery-codes-made = Neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.{ label-revoked-sentence }
notice-factor-removal-cancelled = Abgebrochen. Ihr zweiter Faktor bleibt.
notice-trusted-browser-removed = Vertrauen beendet. Eine Anmeldung in diesem Browser fragt wieder nach einem Code.
notice-recovery-code-replaced = Sie haben einen Wiederherstellungscode verwendet. Ein neuer ersetzt ihn.
notice-review-first = Sehen Sie zuerst die Liste durch, und bestätigen Sie dann.
notice-list-changed = Die Liste hat sich geändert, seit Sie sie gesehen haben. Es wurde nichts widerrufen. Sehen Sie die neue Liste durch.
notice-filter-invalid = Prüfen Sie die markierten Filter. Es ist nichts ausgewählt.
