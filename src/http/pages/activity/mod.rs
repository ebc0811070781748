//! The pages about the audit log, and the lines for events on other pages.

mod export;
mod latest;
mod list;
mod names;
mod row;

pub use self::{
    export::{csv, json},
    latest::LatestEvents,
    list::show,
    names::NamedCredential,
    row::{ActivityRow, EventRow},
};
