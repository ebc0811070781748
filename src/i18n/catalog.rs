//! The catalogues: a Fluent file for each language, compiled in.

use std::{sync::LazyLock, time::Duration};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use super::Language;
use crate::types::message::{Arg, Message, Text};

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| read(Language::English));

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("locales/en.ftl"),
    }
}

fn bundle(language: Language) -> &'static Bundle {
    match language {
        Language::English => &ENGLISH,
    }
}

/// Reads a catalogue. A faulty entry is left out. A test proves that there is none.
fn read(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks of isolation around each argument are of use in a right-to-left language only.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source(language).to_owned());
    bundle.add_resource_overriding(resource.unwrap_or_else(|(usable, _)| usable));
    bundle
}

/// The sentence that `message` is in `language`, or in English if that language lacks it.
#[must_use]
pub fn text(language: Language, message: &Message) -> String {
    let mut args = FluentArgs::with_capacity(message.args().len());
    for (name, arg) in message.args() {
        set(&mut args, language, name, arg);
    }
    format(language, message.id(), &args)
}

/// Returns `text` in `language`.
#[must_use]
pub fn written(language: Language, text: &Text) -> String {
    match text {
        Text::Message(message) => self::text(language, message),
        Text::Verbatim(text) => text.clone(),
    }
}

/// Formats the message `id`, which may be one that only other messages use.
pub(super) fn format(language: Language, id: &str, args: &FluentArgs<'_>) -> String {
    format_attribute(language, id, None, args)
        .or_else(|| format_attribute(Language::English, id, None, args))
        .unwrap_or_else(|| id.to_owned())
}

fn format_attribute(
    language: Language,
    id: &str,
    attribute: Option<&str>,
    args: &FluentArgs<'_>,
) -> Option<String> {
    let bundle = bundle(language);
    let message = bundle.get_message(id)?;
    let pattern = match attribute {
        Some(name) => message.get_attribute(name)?.value(),
        None => message.value()?,
    };
    let mut faults = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut faults);
    Some(text.into_owned())
}

fn set<'a>(args: &mut FluentArgs<'a>, language: Language, name: &'a str, arg: &'a Arg) {
    match arg {
        Arg::Text(text) => args.set(name, FluentValue::from(&**text)),
        Arg::Number(number) => args.set(name, FluentValue::from(*number)),
        Arg::Time(time) => args.set(name, time.format_minute()),
        Arg::List(texts) => args.set(name, join(language, texts)),
        Arg::Duration(duration) => {
            let (id, count) = length_parts(*duration);
            let count = count_arg(count);
            args.set(name, format(language, id, &count));
            let attributes = bundle(language)
                .get_message(id)
                .map(|message| message.attributes().map(|attribute| attribute.id()));
            for attribute in attributes.into_iter().flatten() {
                if let Some(text) = format_attribute(language, id, Some(attribute), &count) {
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
fn join(language: Language, texts: &[String]) -> String {
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
