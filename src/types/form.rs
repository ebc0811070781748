//! Forms that a browser sends again.

use std::time::Duration;

/// The time in which a form that is sent again has the result of the first one: enough for a second click,
/// also over a slow network.
pub const SENT_AGAIN_WITHIN: Duration = Duration::from_secs(60);
