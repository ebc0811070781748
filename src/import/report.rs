//! The result of an import.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{differences::Difference, reason::Reason};

/// The rows that an import took and did not take. A trial run has the same result as the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The users.
    pub users: Counts,
    /// The tokens.
    pub tokens: Counts,
    /// Tokens that are expired. They are not taken.
    pub tokens_expired: u64,
    /// Users that were attached to an account with the same address.
    pub attached: u64,
    /// Password hashes of the users that were taken, by scheme. `none` is an account without a
    /// password.
    pub passwords: BTreeMap<String, u64>,
    /// The abilities of the tokens in the file.
    pub abilities: BTreeMap<String, AbilityUse>,
    /// The second factors of the users that were taken.
    pub second_factors: SecondFactors,
    /// The users and tokens that are here with other values than in the file, in the order of the
    /// file.
    pub differences: Vec<Difference>,
    /// The lines that were not taken, in the order of the file.
    #[serde(skip)]
    pub rejects: Vec<Reject>,
}

/// Numbers of second factors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecondFactors {
    /// Users with an authenticator app.
    pub taken: u64,
    /// Users who were taken without their authenticator app, which could not be read.
    pub left_out: u64,
    /// Recovery codes.
    pub recovery_codes: u64,
    /// Recovery codes of a form that is not accepted.
    pub recovery_codes_left_out: u64,
}

impl SecondFactors {
    const fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.left_out += other.left_out;
        self.recovery_codes += other.recovery_codes;
        self.recovery_codes_left_out += other.recovery_codes_left_out;
    }
}

/// Numbers of users or tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The rows that this import created.
    pub taken: u64,
    /// The rows that an earlier import created.
    pub already_here: u64,
    /// The rows that were rejected. `rejects` has the reasons.
    pub rejected: u64,
}

impl Counts {
    const fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.already_here += other.already_here;
        self.rejected += other.rejected;
    }
}

/// An ability of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AbilityUse {
    /// The number of tokens in the file that have it.
    pub tokens: u64,
    /// The abilities that it becomes, separated by spaces. `None` if it is neither declared nor in
    /// the map.
    pub becomes: Option<String>,
}

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reject {
    /// The line number in the file, from 1.
    pub line: u64,
    /// `user`, `token`, or `line` for a line that could not be read.
    pub kind: &'static str,
    /// The ID in the source.
    pub id: String,
    /// The reason.
    pub reason: Reason,
}

impl Reject {
    pub(super) const fn line(line: u64, reason: Reason) -> Self {
        Self {
            line,
            kind: "line",
            id: String::new(),
            reason,
        }
    }

    pub(super) fn user(line: u64, id: &str, reason: Reason) -> Self {
        Self {
            line,
            kind: "user",
            id: id.to_owned(),
            reason,
        }
    }

    pub(super) fn token(line: u64, id: &str, reason: Reason) -> Self {
        Self {
            line,
            kind: "token",
            id: id.to_owned(),
            reason,
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Report {
    /// Adds the counts of a part of the import.
    pub(super) fn add(&mut self, part: Self) {
        self.users.add(part.users);
        self.tokens.add(part.tokens);
        self.tokens_expired += part.tokens_expired;
        self.attached += part.attached;
        for (scheme, count) in part.passwords {
            *self.passwords.entry(scheme).or_default() += count;
        }
        self.second_factors.add(part.second_factors);
        self.differences.extend(part.differences);
        self.rejects.extend(part.rejects);
    }

    /// Adds a line that was not taken.
    pub(super) fn reject(&mut self, reject: Reject) {
        match reject.kind {
            "user" => self.users.rejected += 1,
            "token" => self.tokens.rejected += 1,
            _ => {}
        }
        self.rejects.push(reject);
    }

    /// Adds the values of a user or a token that differ.
    pub(super) fn add_differences(
        &mut self,
        line: u64,
        kind: &'static str,
        id: &str,
        values: Vec<&'static str>,
    ) {
        let values = values.into_iter().map(|differs| Difference {
            line,
            kind,
            id: id.to_owned(),
            differs,
        });
        self.differences.extend(values);
    }

    /// Returns whether nothing was taken, although the file has something.
    #[must_use]
    pub const fn is_without_effect(&self) -> bool {
        self.users.taken == 0
            && self.tokens.taken == 0
            && self.attached == 0
            && !self.rejects.is_empty()
    }
}
