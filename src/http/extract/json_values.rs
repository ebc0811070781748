//! Values that a type alone does not say enough of.

use serde::{Deserialize, Deserializer};

/// For a field that may be left out but not be `null`: `null` could be meant to empty it.
///
/// # Errors
/// Those of a `T`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number that is not negative. To JSON Schema `60.0` is one too (2020-12
/// validation, section 6.1.1), and some languages know no other numbers.
///
/// # Errors
/// For any other number, and what is no number.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_u64().or_else(|| {
        // Up to here every whole number has a float of its own (2 to the power of 53).
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        (0.0..=9_007_199_254_740_992.0)
            .contains(&float)
            .then_some(float as u64)
    });
    whole.ok_or_else(|| serde::de::Error::custom("not a whole number"))
}

/// The same, or `null`.
///
/// # Errors
/// As [`whole`].
pub fn whole_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u64);

    let number = Option::<Whole>::deserialize(deserializer)?;
    Ok(number.map(|Whole(number)| number))
}

/// [`whole_or_null`] for a field that may be left out, where `null` says something else than its absence.
///
/// # Errors
/// As [`whole`].
pub fn present_whole_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<u64>>, D::Error> {
    whole_or_null(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, http::extract::json::parse};

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        #[derive(Deserialize)]
        struct Sample {
            #[serde(default, deserialize_with = "whole_or_null")]
            n: Option<u64>,
        }
        for (body, number) in [
            (r#"{"n":60}"#, Some(60)),
            (r#"{"n":60.0}"#, Some(60)),
            (r#"{"n":6e1}"#, Some(60)),
            (r#"{"n":null}"#, None),
            (r#"{}"#, None),
        ] {
            assert_eq!(
                parse::<Sample>(body.as_bytes()).unwrap().n,
                number,
                "{body}"
            );
        }
        for body in [
            r#"{"n":60.5}"#,
            r#"{"n":-1}"#,
            r#"{"n":-1.0}"#,
            r#"{"n":1e300}"#,
            r#"{"n":"60"}"#,
        ] {
            match parse::<Sample>(body.as_bytes()) {
                Err(Error::Invalid(fields)) => assert!(fields.get("n").is_some(), "{body}"),
                _ => panic!("{body} was taken"),
            }
        }
    }
}
