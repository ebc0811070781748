# Zeitangaben

## Ein Zeitpunkt in UTC. Das Skript times.js schreibt dasselbe in der Zeitzone des Lesers.

time-date = { $day }. { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
} { $year }
time-minute = { $date }, { $clock } UTC

## Von jetzt aus gesehen

time-moments-ago = vor weniger als einer Minute
time-ago = vor { $length-dative }
time-in-a-moment = in weniger als einer Minute
time-until = in { $length-dative }
