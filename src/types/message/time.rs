//! Points in time, by themselves and relative to the present.

use std::time::Duration;

use super::messages;

messages! {
    date(day: u64, month: u64, year: String) = "time-date";
    minute(date: String, clock: String) = "time-minute";
    moments_ago = "time-moments-ago";
    ago(length: Duration) = "time-ago";
    in_a_moment = "time-in-a-moment";
    until(length: Duration) = "time-until";
}
