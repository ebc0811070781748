//! The pages about sessions.

mod list;
mod row;
mod show;

pub use self::{
    list::show as list,
    show::{ask_to_revoke, revoke, show},
};
