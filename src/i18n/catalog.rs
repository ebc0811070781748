//! The catalogues: Fluent files for each language, one for each subject.

use std::time::Duration;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::CharacterDirection;

use super::{Language, humanize, own_files::OwnFile};
use crate::{
    types::{
        language_tag::LanguageTag,
        message::{Arg, Message, Text},
    },
    util::unicode,
};

/// A file of a catalogue: its name and its content.
pub(super) type File = (&'static str, &'static str);

/// Compiles the files of a language in. Each language has the same files.
macro_rules! files {
    ($tag:literal) => {
        files!(
            $tag, "account", "activity", "events", "fields", "layout", "labels", "links", "mail", "notices", "notices-mail",
            "parts", "problems", "revoke", "secure", "security", "sessions", "sign-in", "times", "tokens",
        )
    };
    ($tag:literal, $($file:literal,)+) => {
        &[$((
            concat!($tag, "/", $file, ".ftl"),
            include_str!(concat!("locales/", $tag, "/", $file, ".ftl")),
        )),+]
    };
}

pub(super) const ENGLISH: &[File] = files!("en");
const GERMAN: &[File] = files!("de");

/// The languages that are compiled in, with their tags.
pub(super) const BUILT_IN: [(&str, &[File]); 2] = [("en", ENGLISH), ("de", GERMAN)];

/// The messages of a language.
pub(super) struct Catalog {
    tag: LanguageTag,
    bundle: FluentBundle<FluentResource>,
}

impl Catalog {
    /// Creates an empty catalogue.
    pub(super) fn new(tag: LanguageTag) -> Self {
        let locale = tag.identifier().clone();
        let is_right_to_left = locale.character_direction() == CharacterDirection::RTL;
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // In another language, `set` isolates the arguments that need it.
        bundle.set_use_isolating(is_right_to_left);
        Self { tag, bundle }
    }

    /// Reads the files of a language that is compiled in. A faulty entry is left out. A test proves
    /// that there is none.
    pub(super) fn built_in(tag: &str, files: &[File]) -> Self {
        let tag = LanguageTag::parse(tag).unwrap_or_default();
        let mut catalog = Self::new(tag);
        for (_, text) in files {
            let resource = FluentResource::try_new((*text).to_owned());
            let resource = resource.unwrap_or_else(|(usable, _)| usable);
            catalog.bundle.add_resource_overriding(resource);
        }
        catalog
    }

    /// Adds the operator's files. Their messages replace those of the same ids.
    pub(super) fn with(mut self, files: &[OwnFile]) -> Result<Self, String> {
        for file in files {
            self.bundle.add_resource_overriding(file.parse()?);
        }
        for file in files {
            file.check(&file.parse()?, &self)?;
        }
        Ok(self)
    }

    pub(super) const fn tag(&self) -> &LanguageTag {
        &self.tag
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// Formats a message or one of its attributes.
    pub(super) fn format(
        &self,
        id: &str,
        attribute: Option<&str>,
        args: &FluentArgs<'_>,
    ) -> Option<String> {
        let message = self.bundle.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut faults = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut faults);
        Some(text.into_owned())
    }

    /// Returns the attributes of the message `id`.
    pub(super) fn attributes(&self, id: &str) -> impl Iterator<Item = &str> {
        let message = self.bundle.get_message(id);
        let attributes =
            message.map(|message| message.attributes().map(|attribute| attribute.id()));
        attributes.into_iter().flatten()
    }
}

/// Returns the sentence that `message` is in `language`, or in English if that language lacks it.
#[must_use]
pub fn text(language: &Language, message: &Message) -> String {
    text_of(language, message.id(), message.args())
}

/// Returns the message `id` in `language`, or in English if that language lacks it. The pages use
/// it for the texts of their templates. A test compares these ids and arguments with the catalogues.
#[must_use]
pub fn text_of(language: &Language, id: &str, args: &[(&'static str, Arg)]) -> String {
    let mut values = FluentArgs::with_capacity(args.len());
    for (name, arg) in args {
        set(&mut values, language, name, arg);
    }
    format(language, id, &values)
}

/// Returns `text` in `language`.
#[must_use]
pub fn written(language: &Language, text: &Text) -> String {
    match text {
        Text::Message(message) => self::text(language, message),
        Text::Verbatim(text) => text.clone(),
    }
}

/// Formats the message `id`, which may be one that only other messages use.
pub(super) fn format(language: &Language, id: &str, args: &FluentArgs<'_>) -> String {
    let text = language.catalog().format(id, None, args);
    text.or_else(|| Some(format(language.fallback()?, id, args)))
        .unwrap_or_else(|| id.to_owned())
}

/// Begins a text with a direction of its own, and ends it (Unicode Standard Annex 9, section 2.4).
const ISOLATE: char = '\u{2068}';
const END_OF_ISOLATE: char = '\u{2069}';

/// Sets an argument. A text that is read from right to left is isolated, so that it does not move the
/// words around it.
fn set<'a>(args: &mut FluentArgs<'a>, language: &Language, name: &'a str, arg: &'a Arg) {
    match arg {
        Arg::Text(text) if unicode::has_right_to_left(text) => {
            args.set(name, format!("{ISOLATE}{text}{END_OF_ISOLATE}"));
        }
        Arg::Text(text) => args.set(name, FluentValue::from(&**text)),
        Arg::Number(number) => args.set(name, FluentValue::from(*number)),
        Arg::Time(time) => args.set(name, humanize::minute(language, *time)),
        Arg::List(texts) => args.set(name, join(language, texts)),
        Arg::Duration(duration) => {
            let (id, count) = length_parts(*duration);
            let count = count_arg(count);
            args.set(name, format(language, id, &count));
            let catalog = language.catalog();
            for attribute in catalog.attributes(id) {
                if let Some(text) = catalog.format(id, Some(attribute), &count) {
                    args.set(format!("{name}-{attribute}"), text);
                }
            }
        }
    }
}

pub(super) fn count_arg<'a>(count: u64) -> FluentArgs<'a> {
    let mut args = FluentArgs::with_capacity(1);
    args.set("count", FluentValue::from(count));
    args
}

/// A length of time in its largest whole unit: the message of the unit, and how many of them.
pub(super) const fn length_parts(length: Duration) -> (&'static str, u64) {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = length.as_secs();
    match seconds {
        DAY.. => ("length-days", seconds / DAY),
        HOUR.. => ("length-hours", seconds / HOUR),
        MINUTE.. => ("length-minutes", seconds / MINUTE),
        _ => ("length-seconds", seconds),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn join(language: &Language, texts: &[String]) -> String {
    let mut joined = String::new();
    for (index, text) in texts.iter().enumerate() {
        let (id, name) = match index {
            0 => {
                joined.clone_from(text);
                continue;
            }
            last if last + 1 == texts.len() => ("list-pair", "end"),
            _ => ("list-middle", "next"),
        };
        let mut args = FluentArgs::with_capacity(2);
        args.set("start", joined);
        args.set(name, &**text);
        joined = format(language, id, &args);
    }
    joined
}

#[cfg(test)]
mod tests;
