# Bezeichnungen

label-kind-desktop = Computer
label-kind-mobile = Smartphone
label-kind-tablet = Tablet
label-kind-other = Anderes Gerät
label-kind-personal = Persönliches Token
label-kind-device = Geräte-Token
label-kind-service = Dienst-Token

label-browser-on-system = { $browser } auf { $system }
label-browser = { $browser }
label-unknown-browser-on-system = Unbekannter Browser auf { $system }
label-unknown-client = Unbekannter Client

label-revoked-credentials = { $sessions ->
    [0] { $tokens ->
        [0] nichts
        [one] { $tokens } Token
       *[other] { $tokens } Tokens
    }
    [one] { $tokens ->
        [0] { $sessions } Sitzung
        [one] { $sessions } Sitzung und { $tokens } Token
       *[other] { $sessions } Sitzung und { $tokens } Tokens
    }
   *[other] { $tokens ->
        [0] { $sessions } Sitzungen
        [one] { $sessions } Sitzungen und { $tokens } Token
       *[other] { $sessions } Sitzungen und { $tokens } Tokens
    }
}
label-revoked = { $browsers ->
    [0] { label-revoked-credentials }
    [one] { label-revoked-before-browsers }{ $browsers } vertrauenswürdiger Browser
   *[other] { label-revoked-before-browsers }{ $browsers } vertrauenswürdige Browser
}
label-revoked-before-browsers = { $sessions ->
    [0] { $tokens ->
        [0] { "" }
       *[other] { label-revoked-credentials } sowie{ " " }
    }
   *[other] { label-revoked-credentials } sowie{ " " }
}
label-results = { $sessions ->
    [0] { $tokens ->
        [0] { label-results-of-browsers }
        [one] { $tokens } Token widerrufen.{ label-results-and-browsers }
       *[other] { $tokens } Tokens widerrufen.{ label-results-and-browsers }
    }
    [one] { $tokens ->
        [0] { $sessions } Sitzung abgemeldet.{ label-results-and-browsers }
        [one] { $sessions } Sitzung abgemeldet, { $tokens } Token widerrufen.{ label-results-and-browsers }
       *[other] { $sessions } Sitzung abgemeldet, { $tokens } Tokens widerrufen.{ label-results-and-browsers }
    }
   *[other] { $tokens ->
        [0] { $sessions } Sitzungen abgemeldet.{ label-results-and-browsers }
        [one] { $sessions } Sitzungen abgemeldet, { $tokens } Token widerrufen.{ label-results-and-browsers }
       *[other] { $sessions } Sitzungen abgemeldet, { $tokens } Tokens widerrufen.{ label-results-and-browsers }
    }
}
label-results-of-browsers = { $browsers ->
    [0] Es wurde nichts widerrufen.
    [one] { $browsers } Browser ist nicht mehr vertrauenswürdig.
   *[other] { $browsers } Browser sind nicht mehr vertrauenswürdig.
}
label-results-and-browsers = { $browsers ->
    [0] { "" }
   *[other] { " " }{ label-results-of-browsers }
}
label-revoked-sentence = { $sessions ->
    [0] { $tokens ->
        [0] { $browsers ->
            [0] { "" }
           *[other] { " " }{ label-results }
        }
       *[other] { " " }{ label-results }
    }
   *[other] { " " }{ label-results }
}
label-reason-signed-out = Abgemeldet
label-reason-revoked = Widerrufen
label-reason-password-changed = Das Passwort wurde geändert
label-reason-password-reset = Das Passwort wurde zurückgesetzt
label-reason-password-removed = Das Passwort wurde entfernt
label-reason-email-changed = Die E-Mail-Adresse wurde geändert
label-reason-email-change-undone = Die vorherige E-Mail-Adresse wurde wiederhergestellt
label-reason-email-verified = Die E-Mail-Adresse wurde bestätigt
label-reason-factor-added = Die Authenticator-App wurde aktiviert
label-reason-factor-removed = Die Authenticator-App wurde entfernt
label-reason-passkey-added = Ein Passkey wurde hinzugefügt
label-reason-passkey-removed = Ein Passkey wurde entfernt
label-passkey = Passkey
label-reason-recovery-codes-made = Neue Wiederherstellungscodes wurden erstellt
label-reason-recovery-code-used = Ein Wiederherstellungscode wurde verwendet
label-reason-account-disabled = Das Konto wurde gesperrt
label-reason-account-deleted = Das Konto wurde gelöscht
label-reason-replaced = Derselbe Browser hat sich neu angemeldet
label-reason-limit = Die Höchstzahl war erreicht
label-reason-expired = Abgelaufen
label-reason-operator = Vom Betreiber widerrufen
label-reason-leaked = Das Geheimnis wurde an einem öffentlichen Ort gefunden
label-reason-other = Widerrufen

label-ability-account-read = Ihren Namen, Ihre E-Mail-Adresse und Ihre Aktivitäten sehen
label-ability-tokens-read = Ihre Tokens sehen
label-ability-tokens-write = Ihre Tokens erstellen, ändern und widerrufen
label-ability-sessions-read = Ihre Sitzungen sehen
label-ability-sessions-write = Ihre Sitzungen abmelden
label-ability-tokens-introspect = Tokens und Sitzungen prüfen und sehen, wem sie gehören

label-expires-never = Es läuft nie ab
label-expires-at = Es läuft am { $end } ab

label-near-city-in-country = bei { $city }, { $country }
label-near-city = bei { $city }
label-permissions-changed = Berechtigungen geändert
label-renamed-from = vorher: { $name }
