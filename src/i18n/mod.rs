//! The languages of the texts for users. Only `config`, `http` and `cli` use this folder: the domain
//! makes messages, which are in no language.

#[cfg(any(test, feature = "internals"))]
pub mod arguments;
#[cfg(not(any(test, feature = "internals")))]
mod arguments;
mod catalog;
pub mod humanize;
mod language;
mod languages;
mod own_files;

pub use self::{
    catalog::{text, text_of, written},
    language::Language,
    languages::Languages,
};
