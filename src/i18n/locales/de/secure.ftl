# Die Seite zum Sichern des Kontos

secure-title = Konto sichern
secure-lead = Wenn Ihnen unten etwas unbekannt ist, gehen Sie diese Schritte von oben nach unten durch.
secure-sign-out = Zugänge
secure-sign-out-lead = Sie sehen zuerst eine Liste. Danach muss sich jeder Browser und jede App neu anmelden, auch dieser Browser.
secure-password-lead = Verwenden Sie ein Passwort, das Sie nirgends sonst benutzen.
secure-tokens-lead = Achten Sie auf Tokens, die Sie nicht erstellt haben, und auf Berechtigungen, die Sie nicht erteilt haben.
secure-tokens = Tokens prüfen
