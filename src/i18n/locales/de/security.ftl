# Das Passwort und der zweite Faktor

security-title = Anmeldung und Sicherheit
security-lead = Womit Sie sich anmelden.
security-link = Passwort, Passkeys, Authenticator-App, vertrauenswürdige Browser und Wiederherstellungscodes
security-open = Anmeldung und Sicherheit prüfen
security-password = Sie melden sich mit einem Passwort an. Ändern Sie es in den Einstellungen.
security-no-password = Sie haben kein Passwort. Sie melden sich mit einem Passkey an.
security-no-way = Sie haben weder ein Passwort noch einen Passkey. Legen Sie ein Passwort fest, bevor Sie sich abmelden.
security-password-remove-lead = Ihre Passkeys genügen zum Anmelden. Ohne Passwort kann keines erraten oder gestohlen werden.
security-password-lost-mail = Wenn Sie Ihre Passkeys verlieren, brauchen Sie einen Wiederherstellungscode und den Link einer E-Mail an { $email }.
security-password-lost-operator = Wenn Sie Ihre Passkeys verlieren, brauchen Sie einen Wiederherstellungscode und einen Link vom Betreiber dieses Dienstes.
security-password-remove = Passwort entfernen
security-password-needed = Zum Anmelden ohne Passwort brauchen Sie zwei Passkeys, oder einen Passkey und Wiederherstellungscodes. Ein Passkey zählt, sobald er Gesicht, Fingerabdruck oder eine PIN verlangt hat.
security-app = Authenticator-App
security-app-lead = Eine App auf Ihrem Smartphone zeigt alle 30 Sekunden einen neuen Code. Wenn sie eingerichtet ist, geben Sie bei der Anmeldung Ihr Passwort und einen Code ein.
security-app-set-up = Authenticator-App einrichten
security-app-remove = Authenticator-App entfernen
security-app-required = Dieser Dienst verlangt einen zweiten Faktor. Deshalb kann Ihr einziger nicht entfernt werden. Wenn Sie das Smartphone nicht mehr haben, wenden Sie sich an den Betreiber dieses Dienstes.
security-on = Aktiviert
security-off = Deaktiviert
security-suspended = Die Codes dieser App werden abgelehnt, weil zu viele falsche Codes eingegeben wurden. Melden Sie sich mit einem Passkey oder einem Wiederherstellungscode an oder bestätigen Sie damit, um die App wieder zu nutzen.
security-since = Seit
security-last-used = Zuletzt verwendet
security-never = Nie
security-codes = Wiederherstellungscodes
security-codes-lead = Jeder dieser Codes ersetzt Ihren zweiten Faktor einmal. Bewahren Sie sie dort auf, wo Sie sie ohne Ihr Smartphone finden.
security-codes-need-factor = Wiederherstellungscodes erhalten Sie mit Ihrer ersten Authenticator-App oder Ihrem ersten Passkey.
security-codes-left = Verbleibende Codes
security-codes-make = Neue Wiederherstellungscodes erstellen
security-few-codes = Sie haben nur noch wenige Wiederherstellungscodes. Erstellen Sie neue und bewahren Sie sie sicher auf.

# Passkeys

passkeys-title = Passkeys
passkeys-lead = Mit einem Passkey zeigen Sie durch die Bildschirmsperre Ihres Geräts oder mit einem Sicherheitsschlüssel, dass Sie es sind. Wenn Sie einen haben, brauchen Sie bei der Anmeldung mit dem Passwort einen zweiten Faktor.
passkeys-add = Passkey hinzufügen
passkeys-needs-script = Um einen Passkey hinzuzufügen, brauchen Sie JavaScript sowie einen Browser und eine Verbindung, die Passkeys unterstützen.
passkeys-no-host-name = Dieser Server hat eine Adresse statt eines Hostnamens und kann deshalb keine Passkeys haben.
passkeys-failed = Der Passkey wurde nicht hinzugefügt. Versuchen Sie es erneut.
passkeys-cancelled = Es wurde kein Passkey hinzugefügt. Der Browser hat keine Bestätigung von Ihnen erhalten.
passkeys-existing = Dieses Gerät hat bereits einen Passkey Ihres Kontos.
passkeys-limit = Ihr Konto kann jetzt keine weiteren Passkeys haben. Entfernen Sie einen oder warten Sie eine Minute.
passkey-manage = Umbenennen oder entfernen
passkey-provider = Anbieter
passkey-kept = Gespeichert
passkey-verification = Verlangt Gesicht, Fingerabdruck oder PIN
passkey-verified = Ja
passkey-not-verified = Noch nicht
passkey-copy = Warnung
passkey-copy-suspected = Er wurde möglicherweise kopiert. Wenn Sie ihn nicht auf mehreren Geräten verwenden, entfernen Sie ihn.
passkey-synced = Auf mehreren Ihrer Geräte
passkey-not-synced = Auf einem Gerät
passkey-rename = Umbenennen
passkey-name = Name
passkey-remove = Passkey entfernen
passkey-remove-lead = Sie können sich damit nicht mehr anmelden. Löschen Sie ihn auch auf Ihrem Gerät.

# Was eine Änderung des Faktors außerdem widerruft

also-revoke = Außerdem
also-revoke-sessions = { $count ->
    [0] andere Sitzungen abmelden (es gibt keine)
    [one] { $count } andere Sitzung abmelden
   *[other] { $count } andere Sitzungen abmelden
}
also-revoke-device-tokens = { $count ->
    [0] Geräte-Tokens widerrufen (es gibt keine)
    [one] { $count } Geräte-Token widerrufen
   *[other] { $count } Geräte-Tokens widerrufen
}
also-revoke-personal-tokens = { $count ->
    [0] persönliche Tokens widerrufen (es gibt keine)
    [one] { $count } persönliches Token widerrufen
   *[other] { $count } persönliche Tokens widerrufen
}

also-revoke-trusted-browsers = { $count ->
    [0] das Vertrauen in Browser beenden (keiner ist vertrauenswürdig)
    [one] das Vertrauen in { $count } Browser beenden
   *[other] das Vertrauen in { $count } Browser beenden
}
also-revoke-trusted-browsers-always = { $count ->
    [one] Das Vertrauen in { $count } Browser endet mit dieser Änderung.
   *[other] Das Vertrauen in { $count } Browser endet mit dieser Änderung.
}

# Ein Entfernen, das der Betreiber geplant hat

removal-app = Der Betreiber wird Ihre Authenticator-App entfernen.
removal-passkey = Der Betreiber wird den Passkey „{ $name }“ entfernen.
removal-lead = Wenn Sie den Betreiber nicht darum gebeten haben, brechen Sie es ab und ändern Sie Ihr Passwort: Jemand anders hat es vielleicht in Ihrem Namen verlangt.
removal-reason = Grund
removal-at = Zeitpunkt
removal-cancel = Entfernen abbrechen

# Vertrauenswürdige Browser

trusted-title = Vertrauenswürdige Browser
trusted-lead = In diesen Browsern genügt bei der Anmeldung Ihr Passwort. Für Änderungen an Ihrem Konto brauchen Sie weiterhin einen Code oder einen Passkey. Eine Änderung des Passworts oder eines Faktors beendet das Vertrauen.
trusted-needs-factor = Sobald Sie einen zweiten Faktor haben, können Sie bei der Anmeldung einem Browser vertrauen. Er fragt dann nur nach Ihrem Passwort.
trusted-none = Keine vertrauenswürdigen Browser. Wenn Sie sich mit einem Code anmelden, können Sie wählen, dass in diesem Browser keiner mehr verlangt wird.
trusted-until = Endet
trusted-remove = Nicht mehr vertrauen
trusted-remove-title = { $browser } nicht mehr vertrauen?
trusted-remove-lead = Bei der nächsten Anmeldung in diesem Browser brauchen Sie einen Code. Sie bleiben dort angemeldet.

# Ein Code

code-label = Code
code-hint = Sechs Ziffern aus Ihrer Authenticator-App oder ein Wiederherstellungscode.
code-hint-recovery = Einer Ihrer Wiederherstellungscodes.

# Die Authenticator-App einrichten

totp-title = Authenticator-App einrichten
totp-required = Dieser Dienst verlangt einen zweiten Faktor. Richten Sie einen ein, um fortzufahren.
totp-or-passkey = Sie können statt einer App einen Passkey hinzufügen.
totp-scan = Scannen Sie diesen QR-Code mit einer Authenticator-App. Geben Sie dann den Code ein, den die App zeigt.
totp-qr = QR-Code mit dem Geheimnis für Ihre Authenticator-App
totp-type = Wenn Sie ihn nicht scannen können, geben Sie das Geheimnis in der App ein oder öffnen Sie die Adresse auf Ihrem Smartphone.
totp-open = Authenticator-App auf diesem Gerät öffnen
totp-secret = Geheimnis
totp-address = Adresse
totp-code-hint = Die sechs Ziffern, die die App jetzt zeigt.
totp-button = Aktivieren

# Neue Wiederherstellungscodes

recovery-title = { $count ->
    [one] Ihr neuer Wiederherstellungscode
   *[other] Ihre Wiederherstellungscodes
}
recovery-lead = { $count ->
    [one] Dieser Code ersetzt den verwendeten. Ihre anderen Codes bleiben gültig.
   *[other] Verwenden Sie einen dieser Codes, wenn Sie Ihren zweiten Faktor nicht zur Hand haben. Jeder Code gilt einmal.
}
recovery-once = { $count ->
    [one] Speichern Sie ihn jetzt. Er wird nicht erneut angezeigt.
   *[other] Speichern Sie sie jetzt. Sie werden nicht erneut angezeigt.
}
recovery-codes = { $count ->
    [one] Wiederherstellungscode
   *[other] Wiederherstellungscodes
}
recovery-download = Herunterladen
recovery-file = wiederherstellungscodes.txt
recovery-print = Drucken
recovery-done = { $count ->
    [one] Ich habe ihn gespeichert
   *[other] Ich habe sie gespeichert
}

# Der zweite Schritt einer Anmeldung

second-step-title = Code eingeben
second-step-lead = Ihr Passwort ist richtig. Geben Sie einen Code ein, um sich anzumelden.
second-step-password-title = Passwort eingeben
second-step-password-lead = Ihr Passkey wurde angenommen, aber das Gerät hat nicht geprüft, ob Sie es sind. Geben Sie Ihr Passwort ein, um sich anzumelden.
second-step-button = Anmelden
second-step-passkey = Passkey verwenden
second-step-passkey-failed = Der Passkey wurde nicht angenommen. Versuchen Sie es erneut oder geben Sie einen Code ein.
second-step-passkey-cancelled = Der Browser hat keine Bestätigung von Ihnen erhalten. Versuchen Sie es erneut oder geben Sie einen Code ein.
second-step-passkey-limit = Zu viele Versuche. Warten Sie eine Weile und versuchen Sie es dann erneut.
second-step-trust = In diesem Browser { $length } lang keinen Code verlangen
second-step-trust-hint = Wählen Sie das nur auf Ihrem eigenen Gerät.
second-step-lost = Zweiter Faktor nicht zur Hand? Geben Sie einen Ihrer Wiederherstellungscodes ein.
second-step-other = Anderes Konto verwenden

# Eine Bestätigung, wenn das Konto einen zweiten Faktor hat

confirm-identity-title = Bestätigen Sie, dass Sie es sind
confirm-either-lead = Geben Sie einen Code oder Ihr Passwort ein, um fortzufahren. Danach werden Sie { $length } lang nicht erneut gefragt.
confirm-app-lead = { $name } bittet Sie zu bestätigen, dass Sie es sind.
confirm-code-lead = Um fortzufahren, brauchen Sie einen zweiten Faktor. Danach werden Sie { $length } lang nicht erneut gefragt.
confirm-or-password = Oder Ihr Passwort
