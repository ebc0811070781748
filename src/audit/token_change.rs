//! The changes of a token that one event records.

use serde::{Deserialize, Serialize};

use crate::util::clock::Timestamp;

/// The changes of a token: its name, its abilities and its expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenChangeDetail {
    /// The name of the token after the change.
    pub token: String,
    /// The name before the change, if it was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The abilities that the token got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// The abilities that the token lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// The new expiry, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<NewExpiry>,
}

/// A new expiry of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewExpiry {
    /// The token does not expire any more.
    Never,
    /// The token expires at this time, in microseconds since 1970.
    Micros(i64),
}

impl From<Option<Timestamp>> for NewExpiry {
    fn from(expires_at: Option<Timestamp>) -> Self {
        expires_at.map_or(Self::Never, |at| Self::Micros(at.micros()))
    }
}

impl NewExpiry {
    /// Returns the time. `None` is never.
    #[must_use]
    pub const fn time(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::Micros(micros) => Some(Timestamp::from_micros(micros)),
        }
    }
}

impl TokenChangeDetail {
    /// Returns whether only the abilities changed.
    #[must_use]
    pub const fn is_about_abilities(&self) -> bool {
        self.renamed_from.is_none() && self.expiry.is_none()
    }

    /// Returns the changes of `earlier` and of `self` as one change. An ability that was added and
    /// removed again is in neither list.
    pub(super) fn after(self, earlier: Self) -> Self {
        let renamed_from = earlier.renamed_from.or(self.renamed_from);
        Self {
            added: union(&earlier.added, &self.removed, &self.added, &earlier.removed),
            removed: union(&earlier.removed, &self.added, &self.removed, &earlier.added),
            renamed_from: renamed_from.filter(|name| *name != self.token),
            expiry: self.expiry.or(earlier.expiry),
            token: self.token,
        }
    }
}

/// Returns `one` without `not_one`, and `other` without `not_other`.
fn union(
    one: &[String],
    not_one: &[String],
    other: &[String],
    not_other: &[String],
) -> Vec<String> {
    let one = one.iter().filter(|name| !not_one.contains(name));
    let other = other.iter().filter(|name| !not_other.contains(name));
    one.chain(other).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: Option<&str>, to: &str, added: &[&str], removed: &[&str]) -> TokenChangeDetail {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        TokenChangeDetail {
            token: to.to_owned(),
            renamed_from: from.map(str::to_owned),
            added: owned(added),
            removed: owned(removed),
            expiry: None,
        }
    }

    #[test]
    fn two_changes_of_one_token_are_one_change() {
        for (earlier, later, both) in [
            (
                change(None, "CI", &["a:r"], &[]),
                change(None, "CI", &["b:r"], &["c:r"]),
                change(None, "CI", &["a:r", "b:r"], &["c:r"]),
            ),
            (
                change(None, "CI", &["a:r"], &["b:r"]),
                change(None, "CI", &["b:r"], &["a:r"]),
                change(None, "CI", &[], &[]),
            ),
            (
                change(Some("A"), "B", &[], &[]),
                change(Some("B"), "C", &[], &[]),
                change(Some("A"), "C", &[], &[]),
            ),
            (
                change(Some("A"), "B", &[], &[]),
                change(Some("B"), "A", &[], &[]),
                change(None, "A", &[], &[]),
            ),
        ] {
            assert_eq!(later.after(earlier), both);
        }
    }
}
