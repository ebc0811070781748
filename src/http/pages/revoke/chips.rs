//! The fields of a filter in words. Each has the path of the filter without it.

use crate::{
    credentials::{Credential, CredentialFilter},
    http::{auth::BrowserUser, pages::activity::NamedCredential, response::html::Layout},
    types::{credential_kind::CredentialType, ids::CredentialId},
};

/// A field of a filter.
pub(super) struct Chip {
    pub(super) label: String,
    /// The filter without this field. `None` if the filter would then contain credentials that the
    /// user did not choose.
    pub(super) without: Option<CredentialFilter>,
}

/// Returns the fields of `filter`. `known` are the credentials from which names are taken.
pub(super) fn chips(
    user: &BrowserUser,
    layout: &Layout,
    filter: &CredentialFilter,
    known: &[Credential],
) -> Vec<Chip> {
    let mut chips: Vec<Chip> = Vec::new();
    let without = |change: &dyn Fn(&mut CredentialFilter)| {
        let mut changed = filter.clone();
        change(&mut changed);
        Some(changed)
    };
    let mut add = |label, without| chips.push(Chip { label, without });
    if !filter.id.is_empty() {
        let count = filter.id.len();
        add(
            layout.text_with("review-chip-ids", &[("count", count.into())]),
            None,
        );
    }
    for class in &filter.class {
        let label = match class {
            CredentialType::Session => layout.text("review-chip-sessions"),
            CredentialType::Token => layout.text("review-chip-tokens"),
        };
        add(
            label,
            without(&|filter| filter.class.retain(|one| one != class)),
        );
    }
    for kind in &filter.kind {
        add(
            user.text(&kind.label()),
            without(&|filter| filter.kind.retain(|one| one != kind)),
        );
    }
    if let Some(since) = filter.unused_since {
        add(
            layout.text_with("review-chip-unused", &[("time", since.into())]),
            without(&|filter| filter.unused_since = None),
        );
    }
    if let Some(before) = filter.created_before {
        add(
            layout.text_with("review-chip-created", &[("time", before.into())]),
            without(&|filter| filter.created_before = None),
        );
    }
    for network in &filter.from {
        let shown = network_text(network);
        add(
            layout.text_with("review-chip-from", &[("network", shown.into())]),
            without(&|filter| filter.from.retain(|one| one != network)),
        );
    }
    for ability in &filter.ability {
        add(
            layout.text_with(
                "review-chip-ability",
                &[("ability", ability.to_string().into())],
            ),
            without(&|filter| filter.ability.retain(|one| one != ability)),
        );
    }
    for maker in &filter.made_by {
        add(
            made_by(user, layout, known, *maker),
            without(&|filter| filter.made_by.retain(|one| one != maker)),
        );
    }
    let own = user.principal.credential().id;
    if filter.except.contains(&own) {
        add(
            layout.text("review-chip-current"),
            without(&|filter| filter.except.retain(|one| *one != own)),
        );
    }
    let spared = filter.except.iter().filter(|one| **one != own).count();
    if spared > 0 {
        add(
            layout.text_with("review-chip-spared", &[("count", spared.into())]),
            without(&|filter| filter.except.retain(|one| *one == own)),
        );
    }
    chips
}

fn made_by(
    user: &BrowserUser,
    layout: &Layout,
    known: &[Credential],
    maker: CredentialId,
) -> String {
    match known.iter().find(|credential| credential.id == maker) {
        Some(maker) => {
            let name = NamedCredential::new(user, maker).title;
            layout.text_with("review-chip-made-by", &[("name", name.into())])
        }
        None => layout.text("review-chip-made-by-ended"),
    }
}

/// Returns the network, or its address if it has only one.
pub(super) fn network_text(network: &ipnet::IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}
