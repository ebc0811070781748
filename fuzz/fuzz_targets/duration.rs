//! Durations.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use narthex::util::{
    clock::{Timestamp, micros_of},
    duration::{MAX_DURATION, parse},
};

fuzz_target!(|text: &str| {
    let Some(length) = parse(text) else {
        return;
    };
    assert!(length <= MAX_DURATION);
    assert!(text.starts_with(|first: char| first.is_ascii_digit()));
    // Only whole numbers with units, and nothing ambiguous such as `1,5h` and `1:30`.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    assert!(text.chars().all(plain), "{text:?} is {length:?}");
    // The printed form parses as the same duration.
    let printed = format!("{}s{}ns", length.as_secs(), length.subsec_nanos());
    assert_eq!(parse(&printed), Some(length));
    // The subtraction of the duration from a time yields a time.
    let now = Timestamp::from_micros(1_795_370_700_000_000);
    let whole = Duration::from_micros(micros_of(length).unsigned_abs());
    assert_eq!(
        now.saturating_duration_since(now.saturating_sub(length)),
        whole
    );
});
