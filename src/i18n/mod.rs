//! The languages of the texts for users. Only `http` and `cli` use this folder.

#[cfg(any(test, feature = "internals"))]
pub mod arguments;
mod catalog;
pub mod humanize;
mod language;

pub use self::{
    catalog::{text, text_of, written},
    language::Language,
};
