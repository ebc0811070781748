//! A filter: fields that name a set of one user's credentials.

use std::{collections::HashSet, time::Duration};

use ipnet::IpNet;

use super::credential::Credential;
use crate::{
    types::{
        ability::Ability,
        credential_kind::{CredentialKind, CredentialType},
        fields::Fields,
        ids::CredentialId,
        message::{Message, field},
    },
    util::{clock::Timestamp, duration, networks},
};

/// A filter of credentials. Fields combine with AND, the values of one field with OR. A field
/// without values matches all credentials. The empty filter matches all, the caller's own
/// credential included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialFilter {
    /// The classes.
    pub class: Vec<CredentialType>,
    /// The kinds.
    pub kind: Vec<CredentialKind>,
    /// The only credentials that can match.
    pub id: Vec<CredentialId>,
    /// Credentials that do not match.
    pub except: Vec<CredentialId>,
    /// Matches credentials without a use since this time. An unused credential counts from its
    /// creation.
    pub unused_since: Option<Timestamp>,
    /// Matches credentials from before this time.
    pub created_before: Option<Timestamp>,
    /// The networks of the last use.
    pub from: Vec<IpNet>,
    /// Matches credentials that one of these created, directly or through other credentials, to any
    /// depth.
    pub made_by: Vec<CredentialId>,
    /// Matches credentials with one of these abilities. A session has every ability.
    pub ability: Vec<Ability>,
}

impl CredentialFilter {
    /// Returns a filter for all credentials of one class.
    #[must_use]
    pub fn all_of(class: CredentialType) -> Self {
        Self {
            class: vec![class],
            ..Self::default()
        }
    }

    /// Returns a filter for one credential.
    #[must_use]
    pub fn one(class: CredentialType, id: CredentialId) -> Self {
        Self {
            id: vec![id],
            ..Self::all_of(class)
        }
    }

    /// Returns a filter for all credentials of one kind.
    #[must_use]
    pub fn all_of_kind(kind: CredentialKind) -> Self {
        Self {
            kind: vec![kind],
            ..Self::all_of(kind.class())
        }
    }

    /// Returns a filter for all credentials but one.
    #[must_use]
    pub fn all_but(id: CredentialId) -> Self {
        Self {
            except: vec![id],
            ..Self::default()
        }
    }

    /// Takes a filter for one class out of `fields`. Naming the other class is an error of the
    /// field.
    pub fn take_within(
        class: CredentialType,
        fields: &mut Fields,
        now: Timestamp,
        current: Option<CredentialId>,
    ) -> Self {
        let filter = Self::read(fields, now, current);
        if filter.class.iter().any(|requested| *requested != class) {
            let message = field::class_other(class.as_str());
            fields.errors().add("class", message);
        }
        let filter = Self {
            class: vec![class],
            ..filter
        };
        filter.check_kinds(fields);
        filter
    }

    /// Takes a filter out of `fields`, and adds its errors there. `current` is the caller's own
    /// credential, which `except=current` means.
    pub fn take(fields: &mut Fields, now: Timestamp, current: Option<CredentialId>) -> Self {
        let filter = Self::read(fields, now, current);
        filter.check_kinds(fields);
        filter
    }

    /// Adds an error for a kind that no class of the filter has, because such a filter cannot
    /// match.
    fn check_kinds(&self, fields: &mut Fields) {
        let is_of_another =
            |kind: &CredentialKind| !any(&self.class, |class| *class == kind.class());
        if let Some(kind) = self.kind.iter().find(|kind| is_of_another(kind)) {
            let message = field::kind_of_other_class(kind.as_str(), kind.class().as_str());
            fields.errors().add("kind", message);
        }
    }

    fn read(fields: &mut Fields, now: Timestamp, current: Option<CredentialId>) -> Self {
        Self {
            class: fields.read_many("class", |text| {
                CredentialType::parse(text).ok_or_else(field::class_unknown)
            }),
            kind: fields.read_many("kind", |text| {
                CredentialKind::parse(text).ok_or_else(field::kind_unknown)
            }),
            id: fields.read_many("id", parse_id),
            except: fields.read_many("except", |text| match (text, current) {
                ("current", Some(current)) => Ok(current),
                ("current", None) => Err(field::current_unknown()),
                (text, _) => parse_id(text),
            }),
            unused_since: fields.read("unused_since", |text| {
                parse_time(text, now).ok_or_else(field::time_or_duration_malformed)
            }),
            created_before: fields.read("created_before", |text| {
                parse_time(text, now).ok_or_else(field::time_malformed)
            }),
            from: fields.read_many("from", |text| {
                networks::parse_one(text).ok_or_else(field::network_malformed)
            }),
            made_by: fields.read_many("made_by", parse_id),
            ability: fields.read_many("ability", |text| {
                Ability::parse(text).ok_or_else(field::ability_malformed)
            }),
        }
    }

    /// Returns the fields from which the same filter can be parsed, for links and for the form of a
    /// preview.
    #[must_use]
    pub fn to_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        fields.extend(
            self.class
                .iter()
                .map(|class| ("class", class.as_str().to_owned())),
        );
        fields.extend(
            self.kind
                .iter()
                .map(|kind| ("kind", kind.as_str().to_owned())),
        );
        fields.extend(self.id.iter().map(|id| ("id", id.to_string())));
        fields.extend(self.except.iter().map(|id| ("except", id.to_string())));
        fields.extend(
            self.unused_since
                .iter()
                .map(|time| ("unused_since", time.to_string())),
        );
        fields.extend(
            self.created_before
                .iter()
                .map(|time| ("created_before", time.to_string())),
        );
        fields.extend(
            self.from
                .iter()
                .map(|network| ("from", network.to_string())),
        );
        fields.extend(self.made_by.iter().map(|id| ("made_by", id.to_string())));
        fields.extend(
            self.ability
                .iter()
                .map(|ability| ("ability", ability.to_string())),
        );
        fields
    }

    /// Returns whether the filter matches every credential of a user.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.to_fields().is_empty()
    }

    /// Returns whether the filter can match no other credential than `id`.
    #[must_use]
    pub fn targets_only(&self, id: CredentialId) -> bool {
        !self.id.is_empty() && self.id.iter().all(|targeted| *targeted == id)
    }

    /// Returns whether the filter matches `credential`. `descendants` is the set of all credentials
    /// that `made_by` reaches.
    #[must_use]
    pub fn matches(&self, credential: &Credential, descendants: &HashSet<CredentialId>) -> bool {
        any(&self.class, |class| *class == credential.class())
            && any(&self.kind, |kind| *kind == credential.kind)
            && any(&self.id, |id| *id == credential.id)
            && !self.except.contains(&credential.id)
            && self
                .unused_since
                .is_none_or(|since| credential.last_active_at() < since)
            && self
                .created_before
                .is_none_or(|before| credential.created_at < before)
            && any(&self.from, |network| {
                credential
                    .last_used_ip
                    .or(credential.ip)
                    .is_some_and(|ip| network.contains(&ip))
            })
            && (self.made_by.is_empty() || descendants.contains(&credential.id))
            && any(&self.ability, |ability| credential.abilities.grant(ability))
    }
}

fn any<T>(wanted: &[T], predicate: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(predicate)
}

fn parse_id(text: &str) -> Result<CredentialId, Message> {
    text.parse().map_err(|_| field::id_malformed())
}

/// Parses a time, or a duration before `now`.
fn parse_time(text: &str, now: Timestamp) -> Option<Timestamp> {
    let back = duration::parse(text).map(|length: Duration| now.saturating_sub(length));
    back.or_else(|| Timestamp::parse(text))
}
