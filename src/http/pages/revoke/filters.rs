//! The form that narrows the filter of a preview. It offers the values that the user's credentials
//! have.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::chips::network_text;
use crate::{
    credentials::{Credential, CredentialFilter},
    http::{
        auth::BrowserUser,
        response::{client_address::Locator, components::Choice, html::Layout},
    },
    i18n::humanize,
    types::credential_kind::CredentialKind,
    util::{duration, networks},
};

/// The lengths of time without a use that the form offers.
const UNUSED_FOR: [&str; 3] = ["7d", "30d", "90d"];
/// The largest number of networks in the list.
const MAX_NETWORKS: usize = 50;
/// The fields that the form keeps and does not show.
const KEPT: [&str; 4] = ["class", "id", "except", "made_by"];

/// The form with its present values.
pub(super) struct Filters {
    pub(super) kinds: Vec<Choice>,
    pub(super) unused: Vec<Choice>,
    /// A date, in place of one of the lengths of time.
    pub(super) unused_date: String,
    pub(super) created_before: String,
    pub(super) networks: Vec<Choice>,
    pub(super) abilities: Vec<Choice>,
    pub(super) hidden: Vec<(&'static str, String)>,
}

impl Filters {
    pub(super) fn of(
        user: &BrowserUser,
        layout: &Layout,
        locator: &Locator,
        filter: &CredentialFilter,
        known: &[Credential],
    ) -> Self {
        let kinds = CredentialKind::ALL.into_iter().map(|kind| Choice {
            value: kind.as_str().to_owned(),
            label: user.text(&kind.label()),
            selected: filter.kind.contains(&kind),
        });
        let mut hidden = filter.to_fields();
        hidden.retain(|(name, _)| KEPT.contains(name));
        Self {
            kinds: kinds.collect(),
            unused: unused(user, layout, filter),
            unused_date: String::new(),
            created_before: filter.created_before.map_or_else(String::new, |before| {
                before
                    .to_string()
                    .chars()
                    .take("2026-11-22".len())
                    .collect()
            }),
            networks: networks(layout, locator, filter, known),
            abilities: abilities(user, layout, filter),
            hidden,
        }
    }

    /// Keeps the whole path to which the user returns.
    pub(super) fn with_next(mut self, next: Option<String>) -> Self {
        self.hidden.extend(next.map(|next| ("next", next)));
        self
    }

    /// Shows the values that were typed and refused.
    pub(super) fn with_typed(mut self, typed: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = typed.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        self.unused_date = value("unused_since_date");
        self.created_before = value("created_before");
        for (choices, name) in [
            (&mut self.unused, "unused_since"),
            (&mut self.networks, "from"),
            (&mut self.abilities, "ability"),
        ] {
            let typed = value(name);
            if choices.iter().all(|choice| choice.value != typed) {
                choices.push(Choice {
                    label: typed.clone(),
                    value: typed,
                    selected: true,
                });
            }
        }
        self
    }
}

/// Adds the choice that matches everything.
fn with_any(label: String, mut choices: Vec<Choice>) -> Vec<Choice> {
    let any = Choice {
        value: String::new(),
        label,
        selected: choices.iter().all(|choice| !choice.selected),
    };
    choices.insert(0, any);
    choices
}

fn unused(user: &BrowserUser, layout: &Layout, filter: &CredentialFilter) -> Vec<Choice> {
    let lengths = UNUSED_FOR.into_iter().filter_map(|value| {
        let length = humanize::length(user.language(), duration::parse(value)?);
        Some(Choice {
            value: value.to_owned(),
            label: length,
            selected: false,
        })
    });
    // A time instead of a length, so that the filter stays the same while the user reads.
    let since = filter.unused_since.map(|since| Choice {
        value: since.to_string(),
        label: layout.text_with("review-unused-since", &[("time", since.into())]),
        selected: true,
    });
    with_any(
        layout.text("review-any-time"),
        lengths.chain(since).collect(),
    )
}

fn networks(
    layout: &Layout,
    locator: &Locator,
    filter: &CredentialFilter,
    known: &[Credential],
) -> Vec<Choice> {
    let seen: BTreeSet<IpNet> = known
        .iter()
        .filter_map(|credential| credential.last_used_ip.or(credential.ip))
        .map(networks::client_prefix)
        .collect();
    let others = seen.into_iter().filter(|seen| !filter.from.contains(seen));
    let choices = filter
        .from
        .iter()
        .copied()
        .map(|network| (network, true))
        .chain(others.map(|network| (network, false)))
        .take(MAX_NETWORKS)
        .map(|(network, selected)| {
            let place = locator
                .address(Some(network.addr()))
                .and_then(|found| found.place);
            let mut label = network_text(&network);
            if let Some(place) = place {
                label.push_str(&format!(" ({place})"));
            }
            Choice {
                value: network.to_string(),
                label,
                selected,
            }
        });
    with_any(layout.text("review-any-network"), choices.collect())
}

fn abilities(user: &BrowserUser, layout: &Layout, filter: &CredentialFilter) -> Vec<Choice> {
    let catalogue = &user.state.settings().tokens.catalogue;
    let mut names: Vec<String> = catalogue.iter().map(|(name, _)| name.to_string()).collect();
    let selected: Vec<String> = filter.ability.iter().map(ToString::to_string).collect();
    let others: Vec<String> = selected
        .iter()
        .filter(|name| !names.contains(name))
        .cloned()
        .collect();
    names.extend(others);
    let choices = names.into_iter().map(|name| Choice {
        selected: selected.contains(&name),
        label: name.clone(),
        value: name,
    });
    with_any(layout.text("review-any-ability"), choices.collect())
}
