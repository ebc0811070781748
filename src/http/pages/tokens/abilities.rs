//! The abilities of a token as a form: a table with a line for each resource, the abilities that do
//! not fit into it, and full access apart.

use crate::{
    http::{auth::BrowserUser, response::html::Layout},
    i18n,
    types::ability::{Ability, Catalogue},
};

/// The ability that grants everything.
const ALL: &str = "*";

/// A checkbox.
pub(super) struct AbilityBox {
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) ticked: bool,
}

/// The abilities of one resource that fit into the table.
pub(super) struct ResourceLine {
    pub(super) resource: String,
    /// The abilities to read and to write.
    pub(super) cells: [Option<AbilityBox>; 2],
}

/// All checkboxes of the form.
#[derive(Default)]
pub(super) struct AbilityFields {
    /// The resources of the operator, then Narthex's own.
    pub(super) lines: Vec<ResourceLine>,
    /// The abilities with another action, and those that the catalogue does not list: a token may
    /// have `orders:*`, or an ability that the operator has removed from the catalogue.
    pub(super) others: Vec<AbilityBox>,
    pub(super) full_access: bool,
}

/// The abilities that a button of the form ticks at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    /// Every ability to read.
    Read,
    /// Every ability to read or write.
    ReadWrite,
    /// None.
    Nothing,
}

impl Preset {
    /// Returns the preset with this name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::Read),
            "read-write" => Some(Self::ReadWrite),
            "nothing" => Some(Self::Nothing),
            _ => None,
        }
    }

    /// Returns the names of its abilities.
    pub(super) fn abilities(self, catalogue: &Catalogue) -> Vec<String> {
        let actions: &[&str] = match self {
            Self::Read => &["read"],
            Self::ReadWrite => &["read", "write"],
            Self::Nothing => &[],
        };
        let all = catalogue.iter().map(|(ability, _)| ability.as_str());
        let has_action = |name: &&str| {
            name.split_once(':')
                .is_some_and(|(_, action)| actions.contains(&action))
        };
        all.filter(has_action).map(str::to_owned).collect()
    }
}

impl AbilityFields {
    /// Returns the checkboxes, with the abilities in `ticked` ticked.
    pub(super) fn new(user: &BrowserUser, layout: &Layout, ticked: &[String]) -> Self {
        let catalogue = &user.state.settings().tokens.catalogue;
        let mut fields = Self {
            full_access: ticked.iter().any(|name| name == ALL),
            ..Self::default()
        };
        let (own, declared): (Vec<_>, Vec<_>) = catalogue
            .iter()
            .partition(|(ability, _)| Catalogue::is_own(ability.as_str()));
        for (ability, meaning) in declared.into_iter().chain(own) {
            let meaning = i18n::written(user.language(), meaning);
            fields.add(ability, meaning, ticked);
        }
        for name in ticked
            .iter()
            .filter(|name| *name != ALL && !is_listed(catalogue, name))
        {
            let meaning = match name.strip_suffix(":*") {
                Some(resource) => {
                    let resource = resource.to_owned().into();
                    layout.text_with("tokens-ability-resource", &[("resource", resource)])
                }
                None => layout.text("tokens-ability-removed"),
            };
            fields.others.push(AbilityBox {
                name: name.clone(),
                meaning,
                ticked: true,
            });
        }
        fields
    }

    fn add(&mut self, ability: &Ability, meaning: String, ticked: &[String]) {
        let name = ability.to_string();
        let (resource, action) = name.split_once(':').unwrap_or((&name, ""));
        let checkbox = AbilityBox {
            ticked: ticked.contains(&name),
            name: name.clone(),
            meaning,
        };
        if !["read", "write"].contains(&action) {
            self.others.push(checkbox);
            return;
        }
        if self
            .lines
            .last()
            .is_none_or(|line| line.resource != resource)
        {
            self.lines.push(ResourceLine {
                resource: resource.to_owned(),
                cells: [None, None],
            });
        }
        if let Some(line) = self.lines.last_mut() {
            let [read, write] = &mut line.cells;
            *(if action == "read" { read } else { write }) = Some(checkbox);
        }
    }
}

fn is_listed(catalogue: &Catalogue, name: &str) -> bool {
    catalogue
        .iter()
        .any(|(ability, _)| ability.as_str() == name)
}
