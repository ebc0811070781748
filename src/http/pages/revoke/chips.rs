//! The fields of a selection in words. Each has the path of the selection without it.

use crate::{
    credentials::{Credential, CredentialFilter},
    http::{auth::BrowserUser, pages::activity::NamedCredential, response::html::Layout},
    types::{credential_kind::CredentialType, ids::CredentialId},
};

/// A field of a selection.
pub(super) struct Chip {
    pub(super) label: String,
    /// The selection without this field. `None` if the selection would then contain credentials
    /// that the user did not choose.
    pub(super) without: Option<CredentialFilter>,
}

/// Returns the fields of `selection`. `known` are the credentials from which names are taken.
pub(super) fn chips(
    user: &BrowserUser,
    layout: &Layout,
    selection: &CredentialFilter,
    known: &[Credential],
) -> Vec<Chip> {
    let mut chips: Vec<Chip> = Vec::new();
    let without = |change: &dyn Fn(&mut CredentialFilter)| {
        let mut changed = selection.clone();
        change(&mut changed);
        Some(changed)
    };
    let mut add = |label, without| chips.push(Chip { label, without });
    if !selection.id.is_empty() {
        let count = selection.id.len();
        add(
            layout.text_with("review-chip-ids", &[("count", count.into())]),
            None,
        );
    }
    for class in &selection.class {
        let label = match class {
            CredentialType::Session => layout.text("review-chip-sessions"),
            CredentialType::Token => layout.text("review-chip-tokens"),
        };
        add(
            label,
            without(&|filter| filter.class.retain(|one| one != class)),
        );
    }
    for kind in &selection.kind {
        add(
            user.text(&kind.label()),
            without(&|filter| filter.kind.retain(|one| one != kind)),
        );
    }
    if let Some(since) = selection.unused_since {
        add(
            layout.text_with("review-chip-unused", &[("time", since.into())]),
            without(&|filter| filter.unused_since = None),
        );
    }
    if let Some(before) = selection.created_before {
        add(
            layout.text_with("review-chip-created", &[("time", before.into())]),
            without(&|filter| filter.created_before = None),
        );
    }
    for network in &selection.from {
        let shown = network_text(network);
        add(
            layout.text_with("review-chip-from", &[("network", shown.into())]),
            without(&|filter| filter.from.retain(|one| one != network)),
        );
    }
    for ability in &selection.ability {
        add(
            layout.text_with(
                "review-chip-ability",
                &[("ability", ability.to_string().into())],
            ),
            without(&|filter| filter.ability.retain(|one| one != ability)),
        );
    }
    for maker in &selection.made_by {
        add(
            made_by(user, layout, known, *maker),
            without(&|filter| filter.made_by.retain(|one| one != maker)),
        );
    }
    let own = user.principal.credential().id;
    if selection.except.contains(&own) {
        add(
            layout.text("review-chip-current"),
            without(&|filter| filter.except.retain(|one| *one != own)),
        );
    }
    let spared = selection.except.iter().filter(|one| **one != own).count();
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
