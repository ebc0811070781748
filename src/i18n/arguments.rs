//! The messages of a catalogue with the arguments that their texts name.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

/// The names of arguments, by the id of the message.
pub type Arguments = BTreeMap<String, BTreeSet<String>>;

/// The arguments in the text of a message.
#[derive(Default)]
pub(super) struct Names {
    /// The arguments. `longest-dative` is another form of the argument `longest`.
    pub(super) arguments: BTreeSet<String>,
    /// The messages whose texts are a part of this text.
    pub(super) messages: BTreeSet<String>,
}

impl Names {
    fn add_pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.add(expression);
            }
        }
    }

    fn add(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.add_inline(inline),
            Expression::Select { selector, variants } => {
                self.add_inline(selector);
                for variant in variants {
                    self.add_pattern(&variant.value);
                }
            }
        }
    }

    fn add_inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.arguments.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, .. } => {
                self.messages.insert(id.name.to_owned());
            }
            InlineExpression::FunctionReference { arguments, .. } => {
                for argument in &arguments.positional {
                    self.add_inline(argument);
                }
            }
            InlineExpression::Placeable { expression } => self.add(expression),
            InlineExpression::StringLiteral { .. }
            | InlineExpression::NumberLiteral { .. }
            | InlineExpression::TermReference { .. } => {}
        }
    }
}

/// Returns the messages of a file with the names in their texts.
pub(super) fn names(resource: &FluentResource) -> BTreeMap<String, Names> {
    let mut names: BTreeMap<String, Names> = BTreeMap::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry {
            let of_message = names.entry(message.id.name.to_owned()).or_default();
            let attributes = message.attributes.iter();
            let patterns = attributes.map(|attribute| &attribute.value);
            for pattern in message.value.iter().chain(patterns) {
                of_message.add_pattern(pattern);
            }
        }
    }
    names
}

/// Returns the arguments of the messages in `texts`, each without its form. A message has also the
/// arguments of the messages that it names, such as `{ label-revoked }`.
#[must_use]
pub fn arguments<'a>(texts: impl IntoIterator<Item = &'a str>) -> Arguments {
    let mut all = BTreeMap::new();
    for text in texts {
        let resource = FluentResource::try_new(text.to_owned());
        all.extend(names(&resource.unwrap_or_else(|(usable, _)| usable)));
    }
    let of_message = |id: &String| {
        let mut seen = BTreeSet::new();
        collect(&all, id, &mut seen);
        let seen = seen.iter().filter_map(|id| all.get(id.as_str()));
        let names = seen.flat_map(|names| &names.arguments);
        let without_form = names.map(|name| name.split('-').next().unwrap_or_default());
        without_form.map(str::to_owned).collect()
    };
    all.keys().map(|id| (id.clone(), of_message(id))).collect()
}

/// Adds a message and all messages that it names, directly or through others.
fn collect(all: &BTreeMap<String, Names>, id: &str, seen: &mut BTreeSet<String>) {
    if !seen.insert(id.to_owned()) {
        return;
    }
    for named in all.get(id).into_iter().flat_map(|names| &names.messages) {
        collect(all, named, seen);
    }
}
