//! Input as named texts, and what is wrong with it by field.
//!
//! Forms, queries, selections in JSON and the command line's flags all become [`Fields`]; a type is
//! made of them at the edge, or all their faults are told at once.

use std::{borrow::Cow, str::FromStr};

/// Named texts, some named several times, that are taken out one by one.
///
/// What nobody took is unknown, and [`Fields::finish`] refuses it.
#[derive(Debug, Default)]
pub struct Fields {
    values: Vec<(String, String)>,
    errors: FieldErrors,
}

impl Fields {
    /// Fields in the order they came.
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

    /// Without those of `names` that are empty: a browser sends a text field also when nothing was
    /// typed into it.
    #[must_use]
    pub fn without_empty(mut self, names: &[&str]) -> Self {
        self.values
            .retain(|(name, value)| !value.trim().is_empty() || !names.contains(&&**name));
        self
    }

    /// All that nobody took yet, to be given back to who typed it.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.values.clone()
    }

    /// Every value of `name`.
    pub fn many(&mut self, name: &str) -> Vec<String> {
        self.values
            .extract_if(.., |(key, _)| key == name)
            .map(|(_, value)| value)
            .collect()
    }

    /// The value of `name`, which may come once.
    pub fn one(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.many(name);
        if values.len() > 1 {
            self.errors.add(name, "Give this once.");
        }
        values.pop()
    }

    /// The value of `name`, or an empty text.
    pub fn text(&mut self, name: &'static str) -> String {
        self.one(name).unwrap_or_default()
    }

    /// The value of `name` as a `T`, or `message` as its error.
    pub fn parsed<T: FromStr>(&mut self, name: &'static str, message: &str) -> Option<T> {
        let text = self.one(name)?;
        self.errors.take(name, text.parse().map_err(|_| message))
    }

    /// The value of `name` as `parse` reads it, or what it says is wrong.
    pub fn read<T, M: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, M>,
    ) -> Option<T> {
        let text = self.one(name)?;
        self.errors.take(name, parse(&text))
    }

    /// Every value of `name` as `parse` reads it; what it says is wrong with the first that fails.
    pub fn read_many<T, M: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, M>,
    ) -> Vec<T> {
        let texts = self.many(name);
        let read: Result<Vec<T>, M> = texts.iter().map(|text| parse(text)).collect();
        self.errors.take(name, read).unwrap_or_default()
    }

    /// Where to add what else is wrong.
    pub const fn errors(&mut self) -> &mut FieldErrors {
        &mut self.errors
    }

    /// Refuses everything that was found wrong so far.
    ///
    /// # Errors
    /// All of it.
    pub fn check(self) -> Result<(), FieldErrors> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(self.errors)
        }
    }

    /// Refuses fields that nobody took, and everything that was found wrong.
    ///
    /// # Errors
    /// All of it.
    pub fn finish(mut self) -> Result<(), FieldErrors> {
        for (name, _) in std::mem::take(&mut self.values) {
            let shown: String = name.chars().take(80).collect();
            self.errors.add(shown, "There is no such field.");
        }
        self.check()
    }
}

/// What is wrong with which field, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(Cow<'static, str>, String)>);

impl FieldErrors {
    /// One field, one message.
    #[must_use]
    pub fn one(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Adds a message to a field.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.0.push((field.into(), message.into()));
    }

    /// Takes the value out of `result`, or keeps its message for `field`.
    pub fn take<T>(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        result: Result<T, impl Into<String>>,
    ) -> Option<T> {
        result.map_err(|message| self.add(field, message)).ok()
    }

    /// The first message for `field`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.iter()
            .find(|(name, _)| *name == field)
            .map(|(_, message)| message)
    }

    /// With one field under another name: where a page has two of the same.
    #[must_use]
    pub fn renamed(mut self, from: &str, to: &'static str) -> Self {
        for (field, _) in &mut self.0 {
            if field == from {
                *field = to.into();
            }
        }
        self
    }

    /// All fields with their messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, message)| (&**field, &**message))
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (field, message)) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{field}: {message}")?;
        }
        Ok(())
    }
}
