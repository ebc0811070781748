//! A length of time.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use narthex::util::{
    clock::{Timestamp, micros_of},
    duration::{LONGEST, parse},
};

fuzz_target!(|text: &str| {
    let Some(length) = parse(text) else {
        return;
    };
    assert!(length <= LONGEST);
    assert!(text.starts_with(|first: char| first.is_ascii_digit()));
    // Whole numbers with units: nothing that could be read in two ways, as `1,5h` and `1:30` could.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    assert!(text.chars().all(plain), "{text:?} is {length:?}");
    // What it prints as reads as the same again.
    let printed = format!("{}s{}ns", length.as_secs(), length.subsec_nanos());
    assert_eq!(parse(&printed), Some(length));
    // Looking back so far from any moment is a moment.
    let now = Timestamp::from_micros(1_795_370_700_000_000);
    let whole = Duration::from_micros(micros_of(length).unsigned_abs());
    assert_eq!(now.since(now.minus(length)), whole);
});
