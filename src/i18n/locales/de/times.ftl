# Zeitangaben, von jetzt aus gesehen

time-moments-ago = vor weniger als einer Minute
time-ago = vor { $length-dative }
time-in-a-moment = in weniger als einer Minute
time-until = in { $length-dative }
