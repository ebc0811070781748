//! A selection: a filter that names a set of one user's credentials.

use std::{collections::HashSet, time::Duration};

use ipnet::IpNet;

use super::credential::Credential;
use crate::{
    types::{
        ability::Ability,
        credential_kind::{CredentialKind, CredentialType},
        fields::Fields,
        ids::CredentialId,
    },
    util::{clock::Timestamp, duration, networks},
};

/// Fields combine with AND, the values of one field with OR; a field without values names all.
/// The empty selection is everything, the caller's own credential included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialFilter {
    /// Sessions or tokens.
    pub class: Vec<CredentialType>,
    /// These kinds.
    pub kind: Vec<CredentialKind>,
    /// These alone.
    pub id: Vec<CredentialId>,
    /// All but these.
    pub except: Vec<CredentialId>,
    /// Not used since then; one never used counts from when it was made.
    pub unused_since: Option<Timestamp>,
    /// Made before then.
    pub created_before: Option<Timestamp>,
    /// Last used from one of these networks.
    pub from: Vec<IpNet>,
    /// Made by one of these credentials, or by what was made by them, to any depth.
    pub made_by: Vec<CredentialId>,
    /// May do one of these. A session may do everything.
    pub ability: Vec<Ability>,
}

impl CredentialFilter {
    /// Everything of one class.
    #[must_use]
    pub fn all_of(class: CredentialType) -> Self {
        Self {
            class: vec![class],
            ..Self::default()
        }
    }

    /// One credential.
    #[must_use]
    pub fn one(class: CredentialType, id: CredentialId) -> Self {
        Self {
            id: vec![id],
            ..Self::all_of(class)
        }
    }

    /// Everything of one kind.
    #[must_use]
    pub fn all_of_kind(kind: CredentialKind) -> Self {
        Self {
            kind: vec![kind],
            ..Self::all_of(kind.class())
        }
    }

    /// Everything but one credential.
    #[must_use]
    pub fn all_but(id: CredentialId) -> Self {
        Self {
            except: vec![id],
            ..Self::default()
        }
    }

    /// Takes a selection of one class out of `fields`; asking for the other class by name is refused.
    pub fn take_within(
        class: CredentialType,
        fields: &mut Fields,
        now: Timestamp,
        current: Option<CredentialId>,
    ) -> Self {
        let selection = Self::read(fields, now, current);
        if selection.class.iter().any(|asked| *asked != class) {
            let message = format!("Only {}s are named here.", class.as_str());
            fields.errors().add("class", message);
        }
        let selection = Self {
            class: vec![class],
            ..selection
        };
        selection.check_kinds(fields);
        selection
    }

    /// Takes a selection out of `fields`, noting there what is wrong. `current` is the caller's own
    /// credential, which `except=current` means.
    pub fn take(fields: &mut Fields, now: Timestamp, current: Option<CredentialId>) -> Self {
        let selection = Self::read(fields, now, current);
        selection.check_kinds(fields);
        selection
    }

    /// Refuses kinds that no class which is named has: a selection that can name nothing is a mistake.
    fn check_kinds(&self, fields: &mut Fields) {
        let is_of_another =
            |kind: &CredentialKind| !any(&self.class, |class| *class == kind.class());
        if let Some(kind) = self.kind.iter().find(|kind| is_of_another(kind)) {
            let message = format!(
                "There is no {} of kind {}: it is a kind of {}.",
                other(kind.class()).as_str(),
                kind.as_str(),
                kind.class().as_str()
            );
            fields.errors().add("kind", message);
        }
    }

    fn read(fields: &mut Fields, now: Timestamp, current: Option<CredentialId>) -> Self {
        Self {
            class: fields.read_many("class", |text| {
                CredentialType::parse(text).ok_or("Give session or token.")
            }),
            kind: fields.read_many("kind", |text| {
                CredentialKind::parse(text).ok_or(
                    "Give desktop, mobile, tablet or other for sessions; personal, device or \
                     service for tokens.",
                )
            }),
            id: fields.read_many("id", an_id),
            except: fields.read_many("except", |text| match (text, current) {
                ("current", Some(current)) => Ok(current),
                ("current", None) => Err("There is no current one here. Give an id."),
                (text, _) => an_id(text),
            }),
            unused_since: fields.read("unused_since", |text| {
                moment(text, now)
                    .ok_or("Give a length of time, such as 30d, or a time in RFC 3339.")
            }),
            created_before: fields.read("created_before", |text| {
                moment(text, now).ok_or("Give a time in RFC 3339, such as 2026-01-31T00:00:00Z.")
            }),
            from: fields.read_many("from", |text| {
                networks::parse_one(text).ok_or("Give an address or a CIDR, such as 192.0.2.0/24.")
            }),
            made_by: fields.read_many("made_by", an_id),
            ability: fields.read_many("ability", |text| {
                Ability::parse(text).ok_or("Give an ability, such as tokens:read.")
            }),
        }
    }

    /// The fields that say the same again: for links, and for the form that carries a preview.
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

    /// Whether it can name nothing but the credential `id`.
    #[must_use]
    pub fn targets_only(&self, id: CredentialId) -> bool {
        !self.id.is_empty() && self.id.iter().all(|named| *named == id)
    }

    /// Whether it names `credential`; `made` is all that its `made_by` reaches.
    #[must_use]
    pub fn matches(&self, credential: &Credential, made: &HashSet<CredentialId>) -> bool {
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
            && (self.made_by.is_empty() || made.contains(&credential.id))
            && any(&self.ability, |ability| credential.abilities.grant(ability))
    }
}

const fn other(class: CredentialType) -> CredentialType {
    match class {
        CredentialType::Session => CredentialType::Token,
        CredentialType::Token => CredentialType::Session,
    }
}

fn any<T>(wanted: &[T], fits: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}

fn an_id(text: &str) -> Result<CredentialId, &'static str> {
    text.parse().map_err(|_| "This is no id.")
}

/// A time, or the moment that lies a length of time back.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let back = duration::parse(text).map(|length: Duration| now.saturating_sub(length));
    back.or_else(|| Timestamp::parse(text))
}
