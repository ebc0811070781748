//! The limits of the body of a request, each with its reason. The limits of the head are those of
//! actix-http: 128 KiB and 96 headers.

use std::time::Duration;

/// The largest form in bytes. The longest field is a password of 512 bytes, encoded as three bytes
/// each, besides a hundred abilities.
pub const FORM: usize = 16 * 1024;
/// The largest body in bytes. A selection with a thousand ids has 40 KiB.
pub const BODY: usize = 64 * 1024;
/// The time for the body. The largest body needs 6 KiB a second.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
