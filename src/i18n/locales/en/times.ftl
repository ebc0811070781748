# Times relative to the present

time-moments-ago = less than a minute ago
time-ago = { $length } ago
time-in-a-moment = in less than a minute
time-until = in { $length }
