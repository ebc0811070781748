# E-Mails über Ereignisse eines Kontos

mail-notice-password-changed-subject = { $app }: Ihr Passwort wurde geändert
mail-notice-password-changed = Das Passwort Ihres Kontos wurde geändert.
mail-notice-password-reset-subject = { $app }: neues Passwort festgelegt
mail-notice-password-reset = Für Ihr Konto wurde ein neues Passwort festgelegt, mit einem Link aus einer E-Mail oder einem Link des Betreibers.
mail-notice-password-removed-subject = { $app }: Ihr Passwort wurde entfernt
mail-notice-password-removed = Das Passwort Ihres Kontos wurde entfernt. Ab jetzt melden Sie sich mit einem Passkey an.
mail-notice-email-change-requested-subject = { $app }: Änderung Ihrer E-Mail-Adresse angefordert
mail-notice-email-change-requested = Für Ihr Konto wurde die neue E-Mail-Adresse { $email } eingegeben. Ihre Adresse ändert sich, sobald die neue bestätigt ist.
mail-notice-email-changed-subject = { $app }: Ihre E-Mail-Adresse wurde geändert
mail-notice-email-changed = Die E-Mail-Adresse Ihres Kontos wurde in { $email } geändert.
mail-notice-email-change-undone-subject = { $app }: Ihre E-Mail-Adresse wurde wiederhergestellt
mail-notice-email-change-undone = Die Änderung der E-Mail-Adresse wurde rückgängig gemacht. Die Adresse des Kontos ist wieder { $email }.
mail-notice-notice-email-changed-subject = { $app }: Ihre zweite Adresse wurde geändert
mail-notice-notice-email-entered = Als zweite Adresse Ihres Kontos wurde { $email } eingegeben. Sie erhält diese Benachrichtigungen ebenfalls, sobald sie bestätigt ist.
mail-notice-notice-email-removed = Die zweite Adresse Ihres Kontos wurde entfernt. Sie erhält keine Benachrichtigungen mehr.
mail-notice-second-factor-refused-subject = { $app }: zweiter Faktor bei einer Anmeldung abgelehnt
mail-notice-second-factor-refused = Jemand hat Ihr Passwort eingegeben. Danach wurden mehrere Codes oder Passkeys abgelehnt, und die Anmeldung wurde abgebrochen. Wenn Sie das nicht waren, kennt jemand Ihr Passwort: Ändern Sie es.
mail-notice-new-browser-subject = { $app }: Anmeldung mit einem neuen Browser
mail-notice-new-browser = Jemand hat sich mit einem bisher unbekannten Browser bei Ihrem Konto angemeldet.
mail-notice-token-created-subject = { $app }: neues Token
mail-notice-token-created = Für Ihr Konto wurde das Token { $token } erstellt.
mail-notice-token-used-elsewhere-subject = { $app }: Token aus einem neuen Netz verwendet
mail-notice-token-used-elsewhere = Das Token { $token } wurde aus einem bisher unbekannten Netz verwendet.
mail-notice-token-expires-subject = { $app }: ein Token läuft bald ab
mail-notice-token-expires = Das Token { $token } läuft am { $at } ab.
mail-notice-token-leaked-subject = { $app }: ein veröffentlichtes Token wurde widerrufen
mail-notice-token-leaked = Das Geheimnis des Tokens { $token } wurde an einem öffentlichen Ort gefunden. Das Token wurde widerrufen.
mail-notice-app-added-subject = { $app }: Authenticator-App hinzugefügt
mail-notice-app-added = Ihrem Konto wurde eine Authenticator-App hinzugefügt. Ab jetzt ist bei der Anmeldung auch ein Code nötig.
mail-notice-app-removed-subject = { $app }: Authenticator-App entfernt
mail-notice-app-removed = Die Authenticator-App Ihres Kontos wurde entfernt. Ohne einen anderen zweiten Faktor wurden auch die Wiederherstellungscodes entfernt, und bei der Anmeldung genügt das Passwort.
mail-notice-passkey-added-subject = { $app }: Passkey hinzugefügt
mail-notice-passkey-added = Ihrem Konto wurde der Passkey „{ $name }“ hinzugefügt.
mail-notice-passkey-removed-subject = { $app }: Passkey entfernt
mail-notice-passkey-removed = Der Passkey „{ $name }“ wurde von Ihrem Konto entfernt.
mail-notice-passkey-copy-suspected-subject = { $app }: Passkey möglicherweise kopiert
mail-notice-passkey-copy-suspected = Der Passkey „{ $name }“ wurde mit einem Zähler verwendet, der nicht höher war als zuvor. Eine Kopie des Passkeys verursacht das. Wenn Sie ihn nicht auf mehreren Geräten verwenden, entfernen Sie ihn.
mail-notice-recovery-codes-made-subject = { $app }: neue Wiederherstellungscodes
mail-notice-recovery-codes-made = Für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Die früheren gelten nicht mehr.
mail-notice-recovery-code-used-subject = { $app }: Wiederherstellungscode verwendet
mail-notice-recovery-code-used = Ein Wiederherstellungscode Ihres Kontos wurde verwendet. { $left ->
    [0] Es sind keine Codes mehr übrig.
    [one] Es ist noch { $left } Code übrig.
   *[other] Es sind noch { $left } Codes übrig.
}
mail-notice-removal-planned-subject = { $app }: ein zweiter Faktor wird entfernt
mail-notice-app-removal-planned = Der Betreiber entfernt die Authenticator-App am { $at } von Ihrem Konto. Wenn Sie das nicht verlangt haben, brechen Sie es auf der Seite „Anmeldung und Sicherheit“ ab.
mail-notice-passkey-removal-planned = Der Betreiber entfernt den Passkey „{ $name }“ am { $at } von Ihrem Konto. Wenn Sie das nicht verlangt haben, brechen Sie es auf der Seite „Anmeldung und Sicherheit“ ab.
mail-notice-removal-cancelled-subject = { $app }: das Entfernen eines zweiten Faktors wurde abgebrochen
mail-notice-removal-cancelled = Das Entfernen eines zweiten Faktors, das der Betreiber geplant hatte, wurde abgebrochen.
mail-notice-trusted-browser-added-subject = { $app }: ein Browser ist vertrauenswürdig
mail-notice-trusted-browser-added = In diesem Browser soll kein Code mehr verlangt werden. Eine Anmeldung dort braucht vorerst nur Ihr Passwort.
mail-notice-trusted-browser-removed-subject = { $app }: ein Browser ist nicht mehr vertrauenswürdig
mail-notice-trusted-browser-removed = Ihr Konto vertraut diesem Browser nicht mehr: { $browser }. Bei der nächsten Anmeldung dort brauchen Sie einen Code.
mail-notice-signed-out-subject = { $app }: Sie wurden abgemeldet
mail-notice-signed-out = Der Betreiber hat Sitzungen oder Tokens Ihres Kontos beendet.
mail-notice-account-disabled-subject = { $app }: Ihr Konto wurde gesperrt
mail-notice-account-disabled = Der Betreiber hat Ihr Konto bei { $app } gesperrt. Sie können sich nicht mehr anmelden.
mail-notice-account-deleted-subject = { $app }: Ihr Konto wurde gelöscht
mail-notice-account-deleted = Ihr Konto bei { $app } wurde mit allen Daten gelöscht.
mail-notice-further = { $count ->
    [one] Dasselbe ist in dieser Minute erneut geschehen.
   *[other] Dasselbe ist in dieser Minute noch { $count }-mal geschehen.
}

mail-notice-account = Konto
mail-notice-time = Zeitpunkt
mail-notice-by = Ausgelöst durch
mail-notice-address = IP-Adresse
mail-notice-reason = Grund
mail-notice-revoked = Beendet
mail-notice-revoked-kinds = { $kinds }
mail-notice-by-operator = Betreiber
mail-notice-by-client = Eine App oder ein Browser ohne Anmeldung
mail-notice-by-token = Ein Programm mit dem Token „{ $token }“
mail-notice-token = { $hint ->
    [none] „{ $name }“
   *[other] „{ $name }“ (…{ $hint })
}

mail-notice-desktop = { $count } Computer
mail-notice-mobile = { $count ->
    [one] { $count } Smartphone
   *[other] { $count } Smartphones
}
mail-notice-tablet = { $count ->
    [one] { $count } Tablet
   *[other] { $count } Tablets
}
mail-notice-other = { $count ->
    [one] { $count } anderes Gerät
   *[other] { $count } andere Geräte
}
mail-notice-personal = { $count ->
    [one] { $count } persönliches Token
   *[other] { $count } persönliche Tokens
}
mail-notice-device = { $count ->
    [one] { $count } Geräte-Token
   *[other] { $count } Geräte-Tokens
}
mail-notice-trusted-browsers = { $count ->
    [one] { $count } vertrauenswürdiger Browser
   *[other] { $count } vertrauenswürdige Browser
}
mail-notice-service = { $count ->
    [one] { $count } Dienst-Token
   *[other] { $count } Dienst-Tokens
}

mail-notice-not-you = Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, sichern Sie jetzt Ihr Konto.
mail-notice-undo-reason = Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, machen Sie die Änderung rückgängig. Der Link gilt { $life } lang und kann nur einmal verwendet werden.
mail-notice-undo = Änderung rückgängig machen
mail-notice-renew-token = Wenn Sie es noch brauchen, erneuern Sie es oder wählen Sie ein späteres Ablaufdatum. Sonst müssen Sie nichts tun.
mail-notice-ask = Wenn Sie das nicht erwartet haben, wenden Sie sich an den unten genannten Kontakt.
mail-notice-secure = Konto sichern
