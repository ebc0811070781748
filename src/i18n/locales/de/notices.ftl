# Hinweise auf Seiten

notice-saved = Gespeichert.
notice-password-changed = Passwort geändert. Widerrufen: { label-revoked }.
notice-check-mail = Wir haben eine E-Mail an { $email } gesendet. Folgen Sie dem Link darin, um fortzufahren.
notice-email-verified = E-Mail-Adresse bestätigt.
notice-reset-requested = Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail unterwegs.
notice-password-reset = Passwort geändert. Melden Sie sich mit dem neuen Passwort an.
notice-account-deleted = Ihr Konto wurde gelöscht. Widerrufen: { label-revoked }.
notice-sign-in-recognised = Danke. Diese Anmeldung gilt als Ihre eigene.
notice-signed-out = Abgemeldet. Widerrufen: { label-revoked }.
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
notice-review-first = Sehen Sie zuerst die Liste durch, und bestätigen Sie dann.
notice-list-changed = Die Liste hat sich geändert, seit Sie sie gesehen haben. Es wurde nichts widerrufen. Sehen Sie die neue Liste durch.
notice-filter-invalid = Prüfen Sie die markierten Filter. Es ist nichts ausgewählt.
