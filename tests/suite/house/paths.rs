//! Which modules a file names.

use super::source::Source;

/// A path to something in this crate, as a file names it.
#[derive(Debug, PartialEq)]
pub struct Named {
    pub line: usize,
    /// `["credentials", "store", "insert"]` for `crate::credentials::store::insert`.
    pub path: Vec<String>,
}

/// Every path below `crate::`, `super::` or `self::`, spelled out, each leaf of a `use { … }` by
/// itself; and what follows a name that such a `use` brought in (`accounts::pages` after
/// `use crate::accounts`), or a module of the file's own (`store::insert`).
pub fn named_in(source: &Source, modules: &[Vec<String>]) -> Vec<Named> {
    let mut reader = Reader {
        source,
        modules,
        tokens: tokens(&source.code),
        place: 0,
        inside: Vec::new(),
        brought_in: Vec::new(),
        named: Vec::new(),
    };
    reader.read();
    reader.named
}

/// The path of the module that a file is: `["accounts", "store"]` for `accounts/store.rs`.
pub fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let mut module: Vec<_> = path.split('/').map(str::to_owned).collect();
    if module
        .last()
        .is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str()))
    {
        module.pop();
    }
    module
}

#[derive(Clone, Copy, PartialEq)]
struct Token<'a> {
    text: &'a str,
    place: usize,
}

/// Names, `::`, and every other character by itself.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(first) = code[place..].chars().next() {
        let rest = &code[place..];
        let length = if in_name(first) {
            rest.find(|c| !in_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(Token {
                text: &rest[..length],
                place,
            });
        }
        place += length;
    }
    tokens
}

struct Reader<'a> {
    source: &'a Source,
    modules: &'a [Vec<String>],
    tokens: Vec<Token<'a>>,
    place: usize,
    /// For every brace that is open: the name of the module that it opened, if it did.
    inside: Vec<Option<String>>,
    brought_in: Vec<(String, Vec<String>)>,
    named: Vec<Named>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while self.place < self.tokens.len() {
            match self.at(0) {
                "{" => {
                    let name = (self.before(2) == "mod").then(|| self.before(1).to_owned());
                    self.inside.push(name);
                }
                "}" => {
                    self.inside.pop();
                }
                first if self.at(1) == "::" && self.before(1) != "::" => {
                    if let Some(start) = self.start(first) {
                        self.place += 2;
                        self.tree(start);
                        continue;
                    }
                }
                _ => {}
            }
            self.place += 1;
        }
    }

    /// What a path that begins with this name begins with.
    fn start(&self, first: &str) -> Option<Vec<String>> {
        let mut here = module_of(&self.source.path);
        here.extend(self.inside.iter().flatten().cloned());
        match first {
            "crate" | "narthex" => Some(Vec::new()),
            "self" => Some(here),
            "super" => {
                here.pop();
                Some(here)
            }
            name => {
                let brought_in = self.brought_in.iter().find(|(known, _)| known == name);
                let own = [here, vec![name.to_owned()]].concat();
                let own = self.modules.contains(&own).then_some(own);
                brought_in.map(|(_, path)| path.clone()).or(own)
            }
        }
    }

    /// Reads on below `path`: one more name, or several in braces.
    fn tree(&mut self, mut path: Vec<String>) {
        loop {
            match self.at(0) {
                "{" => {
                    self.place += 1;
                    while !["}", ""].contains(&self.at(0)) {
                        self.tree(path.clone());
                        if self.at(0) == "," {
                            self.place += 1;
                        }
                    }
                    self.place += 1;
                    return;
                }
                "super" => {
                    path.pop();
                }
                "self" => {}
                name => path.push(name.to_owned()),
            }
            let line = self
                .tokens
                .get(self.place)
                .map_or(0, |token| self.source.line_at(token.place));
            self.place += 1;
            if self.at(0) == "::" {
                self.place += 1;
                continue;
            }
            let mut name = path.last().cloned();
            if self.at(0) == "as" {
                name = Some(self.at(1).to_owned());
                self.place += 2;
            }
            self.brought_in
                .extend(name.map(|name| (name, path.clone())));
            self.named.push(Named { line, path });
            return;
        }
    }

    fn at(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.place + ahead)
            .map_or("", |token| token.text)
    }

    fn before(&self, back: usize) -> &str {
        let place = self.place.checked_sub(back);
        place.map_or("", |place| self.tokens[place].text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(file: &str, text: &str) -> Vec<String> {
        let modules = [vec!["accounts".to_owned(), "store".to_owned()]];
        let named = named_in(&Source::new(file, text), &modules);
        let lines = named
            .iter()
            .map(|named| format!("{} {}", named.line, named.path.join(".")));
        lines.collect()
    }

    #[test]
    fn every_leaf_of_a_use_is_named() {
        let text =
            "use crate::{\n    kit::{db::{self, Any}, id::*},\n    error::Error as Wrong,\n};";
        assert_eq!(
            named("accounts/mod.rs", text),
            ["2 kit.db", "2 kit.db.Any", "2 kit.id.*", "3 error.Error"]
        );
    }

    #[test]
    fn paths_in_code_are_named_wherever_they_begin() {
        for (text, path) in [
            ("let x = crate::routes::table();", "1 routes.table"),
            ("fn f(x: &crate::app::Server) {}", "1 app.Server"),
            ("super::change();", "1 accounts.change"),
            ("self::x::y();", "1 accounts.profile.x.y"),
            ("mod tests { use super::x; }", "1 accounts.profile.x"),
            (
                "mod tests { mod deeper { use super::super::super::x; } }",
                "1 accounts.x",
            ),
        ] {
            assert_eq!(named("accounts/profile.rs", text), [path], "{text}");
        }
    }

    #[test]
    fn a_name_that_was_brought_in_leads_on() {
        let text = "use crate::accounts;\nfn f() { accounts::pages::show(); std::fs::read(); }";
        assert_eq!(
            named("routes.rs", text),
            ["1 accounts", "2 accounts.pages.show"]
        );
    }

    #[test]
    fn a_module_of_the_file_s_own_is_named_without_self() {
        assert_eq!(
            named("accounts/mod.rs", "store::insert(); elsewhere::insert();"),
            ["1 accounts.store.insert"]
        );
    }
}
