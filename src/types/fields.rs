//! Input as named texts, and its errors by field.
//!
//! Forms, queries, JSON filters and flags of the command line all become [`Fields`]. The edge of
//! the program parses a typed value from them, or reports all errors at once.

use std::{borrow::Cow, str::FromStr};

use super::message::{Message, field};

/// Named texts, possibly with repeated names, that are taken out one by one.
///
/// [`Fields::finish`] refuses the fields that were not taken as unknown.
#[derive(Debug, Default)]
pub struct Fields {
    values: Vec<(String, String)>,
    errors: FieldErrors,
}

impl Fields {
    /// Creates fields in the order of `pairs`.
    pub fn new<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self {
            values,
            errors: FieldErrors::default(),
        }
    }

    /// Removes the empty ones of `names`, because a browser also sends a text field in which
    /// nothing was typed.
    #[must_use]
    pub fn without_empty(mut self, names: &[&str]) -> Self {
        self.values
            .retain(|(name, value)| !value.trim().is_empty() || !names.contains(&&**name));
        self
    }

    /// Returns the fields that were not taken yet, to show them in the form again.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.values.clone()
    }

    /// Takes every value of `name`.
    pub fn many(&mut self, name: &str) -> Vec<String> {
        self.values
            .extract_if(.., |(key, _)| key == name)
            .map(|(_, value)| value)
            .collect()
    }

    /// Replaces every value of `name` by `value`.
    pub fn replace(&mut self, name: &str, value: String) {
        self.values.retain(|(key, _)| key != name);
        self.values.push((name.to_owned(), value));
    }

    /// Takes the value of `name`. A repeated field is an error.
    pub fn one(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.many(name);
        if values.len() > 1 {
            self.errors.add(name, field::given_twice());
        }
        values.pop()
    }

    /// Takes the value of `name`, or an empty text.
    pub fn text(&mut self, name: &'static str) -> String {
        self.one(name).unwrap_or_default()
    }

    /// Takes the value of `name` as a `T`. Records `message` as the error if it cannot be parsed.
    pub fn parsed<T: FromStr>(&mut self, name: &'static str, message: Message) -> Option<T> {
        let text = self.one(name)?;
        self.errors.take(name, text.parse().map_err(|_| message))
    }

    /// Takes the value of `name` and parses it. Records the error of `parse`.
    pub fn read<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Message>,
    ) -> Option<T> {
        let text = self.one(name)?;
        self.errors.take(name, parse(&text))
    }

    /// Takes and parses every value of `name`. Records the first error of `parse`.
    pub fn read_many<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Message>,
    ) -> Vec<T> {
        let texts = self.many(name);
        let read: Result<Vec<T>, Message> = texts.iter().map(|text| parse(text)).collect();
        self.errors.take(name, read).unwrap_or_default()
    }

    /// Returns the errors, to record more of them.
    pub const fn errors(&mut self) -> &mut FieldErrors {
        &mut self.errors
    }

    /// Fails if an error was recorded.
    ///
    /// # Errors
    /// Returns all recorded errors.
    pub fn check(self) -> Result<(), FieldErrors> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(self.errors)
        }
    }

    /// Fails if a field was not taken or an error was recorded.
    ///
    /// # Errors
    /// Returns all errors.
    pub fn finish(mut self) -> Result<(), FieldErrors> {
        for (name, _) in std::mem::take(&mut self.values) {
            let shown: String = name.chars().take(80).collect();
            self.errors.add(shown, field::unknown());
        }
        self.check()
    }
}

/// The errors by field, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(Cow<'static, str>, Message)>);

impl FieldErrors {
    /// Creates an error of one field.
    #[must_use]
    pub fn one(field: impl Into<Cow<'static, str>>, message: Message) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Adds an error of a field.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, message: Message) {
        self.0.push((field.into(), message));
    }

    /// Returns the value of `result`, or records its error for `field`.
    pub fn take<T>(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        result: Result<T, Message>,
    ) -> Option<T> {
        result.map_err(|message| self.add(field, message)).ok()
    }

    /// Returns the first error of `field`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Message> {
        self.iter()
            .find(|(name, _)| *name == field)
            .map(|(_, message)| message)
    }

    /// Renames a field, for a page that has two fields of the same name.
    #[must_use]
    pub fn renamed(mut self, from: &str, to: &'static str) -> Self {
        for (field, _) in &mut self.0 {
            if field == from {
                *field = to.into();
            }
        }
        self
    }

    /// Iterates over all fields and their errors.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Message)> {
        self.0.iter().map(|(field, message)| (&**field, message))
    }

    /// Returns whether there are no errors.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// For the log: the fields with the ids of their messages.
impl std::fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (field, message)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{field}: {message}")?;
        }
        Ok(())
    }
}
