# Anmeldung, Abmeldung, Registrierung und Bestätigung
