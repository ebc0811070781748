//! The messages of a catalogue with the arguments that their texts name.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

/// The names of arguments, by the id of the message.
pub type Arguments = BTreeMap<String, BTreeSet<String>>;

/// What the text of one message names.
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
    let without_form = |name: &String| name.split('-').next().unwrap_or_default().to_owned();
    let with_references = |of_message: &Names| {
        let referenced = of_message.messages.iter().filter_map(|id| all.get(id));
        let referenced = referenced.flat_map(|other| &other.arguments);
        let names = of_message.arguments.iter().chain(referenced);
        names.map(without_form).collect()
    };
    all.iter()
        .map(|(id, of_message)| (id.clone(), with_references(of_message)))
        .collect()
}
