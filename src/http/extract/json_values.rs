//! Deserializers for values whose rules a type alone cannot express.

use serde::{Deserialize, Deserializer};

/// Deserializes an optional field that must not be `null`. A client could mean `null` as "remove".
///
/// # Errors
/// The errors of `T`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Deserializes a whole number that is not negative. `60.0` is accepted too: it is an integer in
/// JSON Schema (2020-12 validation, section 6.1.1), and some languages have floats only.
///
/// # Errors
/// An error for every other value.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_u64().or_else(|| {
        // Up to 2 to the power of 53, a float represents each whole number exactly.
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        (0.0..=9_007_199_254_740_992.0)
            .contains(&float)
            .then_some(float as u64)
    });
    whole.ok_or_else(|| serde::de::Error::custom("not a whole number"))
}

/// Deserializes a whole number or `null`.
///
/// # Errors
/// The errors of [`whole`].
fn whole_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u64);

    let number = Option::<Whole>::deserialize(deserializer)?;
    Ok(number.map(|Whole(number)| number))
}

/// Deserializes an optional field with a whole number or `null`, if `null` differs in meaning from
/// absence.
///
/// # Errors
/// The errors of [`whole`].
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
    fn whole_number_is_accepted_in_every_notation() {
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
