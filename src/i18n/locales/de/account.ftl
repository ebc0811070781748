# Übersicht und Einstellungen
