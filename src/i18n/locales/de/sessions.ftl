# Sitzungen
