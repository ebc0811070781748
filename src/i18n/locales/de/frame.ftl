# Der Rahmen der Seiten und ihre Bauteile

frame-skip = Zum Inhalt springen
