//! The pages about the audit log, and the lines for events on other pages.

mod export;
mod list;
mod names;
mod row;

pub use self::{
    export::{csv, json},
    list::show,
    names::{NamedCredential, Names},
    row::{ActivityRow, EventRow},
};
