//! Times relative to the present.

use std::time::Duration;

use super::messages;

messages! {
    moments_ago = "time-moments-ago";
    ago(length: Duration) = "time-ago";
    in_a_moment = "time-in-a-moment";
    until(length: Duration) = "time-until";
}
