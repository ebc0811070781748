//! The operator's files of `NARTHEX_LANGUAGES_DIR`: whole languages, and other texts for single
//! messages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use fluent_bundle::FluentResource;

use super::{
    arguments::{Arguments, Names, arguments, names},
    catalog::{self, Catalog},
};
use crate::types::language_tag::LanguageTag;

/// The messages that exist, with their arguments.
pub(super) static ENGLISH: LazyLock<Arguments> =
    LazyLock::new(|| arguments(catalog::ENGLISH.iter().map(|(_, text)| *text)));

/// A file that an operator wrote.
#[derive(Clone, Debug)]
pub(super) struct OwnFile {
    path: PathBuf,
    text: String,
}

/// Returns the files of each language in `directory`: `fr.ftl`, or all `fr/*.ftl`.
pub(super) fn read(directory: &Path) -> Result<BTreeMap<LanguageTag, Vec<OwnFile>>, String> {
    let mut files: BTreeMap<LanguageTag, Vec<OwnFile>> = BTreeMap::new();
    for path in visible_entries(directory)? {
        let paths = match (path.is_dir(), is_fluent(&path)) {
            (true, _) => visible_entries(&path)?
                .into_iter()
                .filter(|path| is_fluent(path))
                .collect(),
            (false, true) => vec![path.clone()],
            (false, false) => continue,
        };
        let name = if path.is_dir() {
            path.file_name()
        } else {
            path.file_stem()
        };
        let name = name.and_then(|name| name.to_str());
        let tag = name.and_then(LanguageTag::parse).ok_or_else(|| {
            let path = path.display();
            format!("{path} has no language tag as its name; rename it to one such as fr or pt-BR")
        })?;
        let of_language = files.entry(tag).or_default();
        for path in paths {
            of_language.push(OwnFile::read(path)?);
        }
    }
    Ok(files)
}

/// Returns the paths in `directory` in order. Names that begin with a dot are left out, because
/// Kubernetes keeps the versions of a mounted directory under such names.
fn visible_entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let fault = |error| {
        format!(
            "{} cannot be read ({error}); give a directory",
            directory.display()
        )
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_fluent(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "ftl")
}

impl OwnFile {
    fn read(path: PathBuf) -> Result<Self, String> {
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(error) => Err(format!(
                "{} cannot be read ({error}); write it in UTF-8",
                path.display()
            )),
        }
    }

    /// Parses the file.
    pub(super) fn parse(&self) -> Result<FluentResource, String> {
        FluentResource::try_new(self.text.clone()).map_err(|(_, faults)| {
            let fault = faults.first();
            let start = fault.and_then(|fault| fault.slice.clone().or(Some(fault.pos.clone())));
            let line = self.line_at(start.map_or(0, |range| range.start));
            let reason = fault.map(ToString::to_string).unwrap_or_default();
            self.fault(
                line,
                &self.id_at(line),
                &format!("is not written as Fluent: {reason}"),
            )
        })
    }

    /// Checks that the pages have the messages of this file, with the arguments that it names.
    /// `catalog` is the language with this file.
    pub(super) fn check(&self, resource: &FluentResource, catalog: &Catalog) -> Result<(), String> {
        for (id, found) in names(resource) {
            let fault = |reason: &str| Err(self.fault(self.line_of(&id), &id, reason));
            let Some(known) = ENGLISH.get(&id) else {
                return fault("does not exist: remove it");
            };
            if let Some(other) = found.messages.iter().find(|id| !catalog.has(id)) {
                return fault(&format!("uses the message {other}, which does not exist"));
            }
            if let Some(unknown) = unknown_argument(&found, known, catalog) {
                let known: Vec<_> = known.iter().map(|name| format!("${name}")).collect();
                let known = match known.as_slice() {
                    [] => "it has no arguments".to_owned(),
                    known => format!("its arguments are {}", known.join(", ")),
                };
                return fault(&format!("has no argument ${unknown}: {known}"));
            }
        }
        Ok(())
    }

    fn fault(&self, line: usize, id: &str, reason: &str) -> String {
        format!("{}, line {line}: {id} {reason}", self.path.display())
    }

    fn line_at(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Returns the text before `=` in a line.
    fn id_at(&self, line: usize) -> String {
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        text.split('=').next().unwrap_or_default().trim().to_owned()
    }

    /// Returns the line with the message `id`. A message begins at the start of a line.
    fn line_of(&self, id: &str) -> usize {
        let begins = |line: &str| {
            let rest = line.strip_prefix(id);
            rest.is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        1 + self.text.lines().position(begins).unwrap_or_default()
    }
}

/// Returns the first argument that a message does not have. `length-dative` is the argument
/// `length` in a form that the lengths of time of the language have.
fn unknown_argument(found: &Names, known: &BTreeSet<String>, catalog: &Catalog) -> Option<String> {
    let is_known = |name: &&String| {
        known.contains(name.as_str())
            || name.split_once('-').is_some_and(|(name, form)| {
                known.contains(name) && catalog.attributes("length-days").any(|own| own == form)
            })
    };
    let mut names = found.arguments.iter();
    names.find(|name| !is_known(name)).cloned()
}

#[cfg(test)]
mod tests;
