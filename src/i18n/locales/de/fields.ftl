# Felder

field-unknown = Unbekanntes Feld.
field-missing = Dieses Feld ist erforderlich.
field-given-twice = Senden Sie dieses Feld nur einmal.
field-wrong-type = Der Wert hat den falschen Typ.
field-not-an-object = Senden Sie ein JSON-Objekt.
field-empty-list = Eine leere Liste trifft auf nichts zu. Lassen Sie das Feld weg, um alles auszuwählen.
field-id-malformed = Ungültige ID.
field-cursor-invalid = Ungültiger Cursor. Verwenden Sie den Cursor der vorherigen Seite.
field-limit-out-of-range = Geben Sie eine Zahl von { $least } bis { $most } ein.
field-not-a-boolean = Geben Sie true oder false ein.

field-name-missing = Geben Sie einen Namen ein.
field-name-too-long = Verwenden Sie höchstens { $most } Zeichen.
field-name-unprintable = Entfernen Sie Zeilenumbrüche und andere Steuerzeichen.
field-name-blank = Geben Sie einen Namen mit sichtbaren Zeichen ein.
field-name-invisible = Entfernen Sie unsichtbare Zeichen. Tippen Sie den Namen ein, statt ihn einzufügen.
field-email-missing = Geben Sie Ihre E-Mail-Adresse ein.
field-email-too-long = Verwenden Sie eine Adresse mit höchstens { $most } Zeichen.
field-email-malformed = Geben Sie eine E-Mail-Adresse wie ada@example.com ein.
field-email-registered = Mit dieser Adresse gibt es bereits ein Konto. Melden Sie sich stattdessen an.
field-email-taken = Ein anderes Konto verwendet diese Adresse.
field-language-unknown = Wählen Sie eine Sprache aus der Liste.

field-password-too-short = Verwenden Sie mindestens { $least } Zeichen. Einige Wörter hintereinander genügen.
field-password-too-long = Verwenden Sie höchstens { $most } Zeichen.
field-password-common = Viele verwenden dieses Passwort. Nehmen Sie einige Wörter, die nicht zusammengehören.
field-password-own-words = Verwenden Sie mehr als Ihren Namen, Ihre Adresse und den Namen dieses Dienstes.
field-password-repeated = Wiederholen Sie nicht dieselben Zeichen.
field-password-sequence = Vermeiden Sie Folgen wie abcdef oder qwertz.
field-code-wrong = Dieser Code ist falsch oder abgelaufen. Senden Sie eine neue E-Mail und verwenden Sie deren Code.
field-password-wrong = Falsches Passwort.

field-code-malformed = Geben Sie die sechs Ziffern ein, die Ihre App zeigt, oder einen Wiederherstellungscode.
field-app-code-wrong = Dieser Code ist falsch. Geben Sie den Code ein, den Ihre App jetzt anzeigt. Wenn auch dieser abgelehnt wird, stellen Sie die Uhr Ihres Smartphones.
field-factor-code-wrong = Dieser Code ist falsch oder wurde bereits verwendet. Geben Sie den nächsten Code Ihrer App oder einen unbenutzten Wiederherstellungscode ein.
field-passkey-refused = Der Passkey wurde nicht angenommen. Versuchen Sie es erneut.
field-passkey-unverified = Dieses Konto hat kein Passwort. Deshalb muss der Passkey Gesicht, Fingerabdruck oder eine PIN verlangen. Versuchen Sie es erneut.
field-own-email-differs = Geben Sie die E-Mail-Adresse dieses Kontos ein.
field-passkey-known = Dieser Passkey ist bereits registriert.
field-passkeys-too-many = Ein Konto hat höchstens { $most } Passkeys. Entfernen Sie zuerst einen.
field-code-of-no-secret = Dieser QR-Code gilt nicht mehr. Scannen Sie den neuen.
field-also-unknown = Wählen Sie sessions, trusted_browsers, device_tokens oder personal_tokens.
field-last-way-to-sign-in = Ihr Konto hat kein Passwort, deshalb brauchen Sie diesen Passkey, um sich anzumelden. Legen Sie zuerst ein Passwort fest oder fügen Sie einen weiteren Passkey hinzu.
field-password-needed = Zum Anmelden ohne Passwort brauchen Sie zwei Passkeys, oder einen Passkey und Wiederherstellungscodes. Fügen Sie einen Passkey hinzu, oder verwenden Sie einen, der Gesicht, Fingerabdruck oder eine PIN verlangt.
field-last-factor = Dieser Dienst verlangt einen zweiten Faktor. Ihr einziger kann nicht entfernt werden.
field-one-proof = Geben Sie ein Passwort oder einen Code ein, nicht beides.

field-abilities-too-many = Wählen Sie höchstens { $most } Berechtigungen aus.
field-ability-unknown = Die Berechtigung „{ $ability }“ gibt es nicht.
field-ability-repeated = Die Berechtigung „{ $ability }“ ist zweimal aufgeführt.
field-ability-malformed = Geben Sie eine Berechtigung wie tokens:read ein.

field-class-unknown = Geben Sie session oder token ein.
field-acr-unknown = Geben Sie 1 oder 2 ein.
field-max-age-malformed = Geben Sie eine Dauer über null ein, zum Beispiel 15m.
field-class-other = { $class ->
    [session] Hier können nur Sitzungen ausgewählt werden.
   *[token] Hier können nur Tokens ausgewählt werden.
}
field-kind-unknown = Geben Sie für Sitzungen desktop, mobile, tablet oder other ein, für Tokens personal, device oder service.
field-kind-of-other-class = { $class ->
    [session] { $kind } ist eine Art von Sitzung. Kein Token ist von dieser Art.
   *[token] { $kind } ist eine Art von Token. Keine Sitzung ist von dieser Art.
}
field-current-unknown = Hier gibt es keine aktuelle Sitzung. Geben Sie eine ID ein.
field-time-or-duration-malformed = Geben Sie eine Dauer wie 30d oder einen Zeitpunkt wie 2026-01-31T00:00:00Z ein.
field-time-malformed = Geben Sie einen Zeitpunkt wie 2026-01-31T00:00:00Z ein.
field-network-malformed = Geben Sie eine IP-Adresse oder ein Netz wie 192.0.2.0/24 ein.
field-all-not-true = Geben Sie true ein oder lassen Sie das Feld weg.
field-all-not-alone = Verwenden Sie nur dieses Feld, oder nennen Sie, was widerrufen werden soll.

field-list-value-unknown = Wählen Sie einen der Werte, die die Seite anbietet.

field-expiry-in-the-past = Wählen Sie einen Zeitpunkt in der Zukunft.
field-expiry-too-late = Ein Token ist hier höchstens { $longest } gültig. Wählen Sie einen früheren Zeitpunkt.
field-expiry-too-many-seconds = Geben Sie höchstens { $most } Sekunden ein, oder null für ein Token ohne Ablaufdatum.
field-expiry-ambiguous = Sie haben ein Datum eingegeben, aber eine andere Option gewählt. Entscheiden Sie sich für eines von beiden.
field-expiry-malformed = Wählen Sie eine Dauer, ein Datum wie 2026-12-31 oder „Nie“.
field-date-malformed = Geben Sie ein Datum wie 2026-12-31 ein.
field-date-missing = Geben Sie ein Datum ein.
field-grace-period-malformed = Wählen Sie 0 oder höchstens sieben Tage, zum Beispiel 1h, 24h oder 7d.

field-key-used-with-other-overlap = Dieser Schlüssel wurde mit einem anderen Wert von overlap gesendet. Senden Sie für eine neue Erneuerung einen neuen Schlüssel.
field-key-used-before-rotation = Das Token wurde nach diesem Schlüssel noch einmal erneuert. Senden Sie für eine neue Erneuerung einen neuen Schlüssel.
field-key-used-with-other-expiry = Dieser Schlüssel wurde mit einem anderen Wert von expires_in gesendet, oder sein Signaturschlüssel wurde entfernt. Senden Sie für eine neue Erneuerung einen neuen Schlüssel.
