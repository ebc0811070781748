//! Repeated submissions of forms.

use std::time::Duration;

/// The time in which a repeated form gets the result of the first one. It is enough for a second
/// click, even over a slow network.
pub const RESUBMISSION_WINDOW: Duration = Duration::from_secs(60);
