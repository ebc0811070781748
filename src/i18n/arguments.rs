//! The messages of a catalogue with the arguments that their texts name.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

/// The names of arguments, by the id of the message.
pub type Arguments = BTreeMap<String, BTreeSet<String>>;

/// What the text of one message names.
#[derive(Default)]
struct Names {
    arguments: BTreeSet<String>,
    messages: BTreeSet<String>,
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
            // `$longest-dative` is another form of the argument `longest`.
            InlineExpression::VariableReference { id } => {
                let name = id.name.split('-').next().unwrap_or_default();
                self.arguments.insert(name.to_owned());
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

/// Returns the messages of `texts`. A message has also the arguments of the messages that it names,
/// such as `{ label-revoked }`.
#[must_use]
pub fn arguments<'a>(texts: impl IntoIterator<Item = &'a str>) -> Arguments {
    let mut names = BTreeMap::new();
    for text in texts {
        let resource = FluentResource::try_new(text.to_owned());
        let resource = resource.unwrap_or_else(|(usable, _)| usable);
        for entry in resource.entries() {
            if let Entry::Message(message) = entry {
                let of_message: &mut Names = names.entry(message.id.name.to_owned()).or_default();
                let attributes = message.attributes.iter();
                let patterns = attributes.map(|attribute| &attribute.value);
                for pattern in message.value.iter().chain(patterns) {
                    of_message.add_pattern(pattern);
                }
            }
        }
    }
    let with_references = |of_message: &Names| {
        let referenced = of_message.messages.iter().filter_map(|id| names.get(id));
        let referenced = referenced.flat_map(|other| &other.arguments);
        of_message
            .arguments
            .iter()
            .chain(referenced)
            .cloned()
            .collect()
    };
    names
        .iter()
        .map(|(id, of_message)| (id.clone(), with_references(of_message)))
        .collect()
}
