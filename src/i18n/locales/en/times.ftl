# Times

## A point in time, in UTC. The script times.js writes the same in the time zone of the reader.

time-date = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sept
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }
time-minute = { $date }, { $clock } UTC

## Relative to the present

time-moments-ago = less than a minute ago
time-ago = { $length } ago
time-in-a-moment = in less than a minute
time-until = in { $length }
