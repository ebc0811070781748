//! Lists in JSON: a page of rows, and where the next page begins.

use serde::Serialize;

use crate::{
    fields::Fields,
    kit::page::{MOST, Page, Paging, USUAL},
};

/// A page of a list.
#[derive(Serialize)]
pub struct List<R> {
    data: Vec<R>,
    /// What `?cursor=` of the next page says; `null` on the last one.
    next: Option<String>,
}

impl<R> List<R> {
    /// The page with each row as `show` shows it.
    #[must_use]
    pub fn of<'a, S, T>(page: &'a Page<S, T>, show: impl Fn(&'a S) -> R) -> Self {
        Self {
            data: page.rows.iter().map(show).collect(),
            next: page.next.map(|id| id.to_string()),
        }
    }

    /// A list that is always told whole.
    #[must_use]
    pub const fn whole(data: Vec<R>) -> Self {
        Self { data, next: None }
    }
}

/// Takes `limit` and `cursor` out of `fields`, noting there what is wrong.
pub fn take_paging<T>(fields: &mut Fields) -> Paging<T> {
    let limit = fields.read("limit", |text| {
        text.parse()
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| format!("Give a number from 1 to {MOST}."))
    });
    let after = fields.parsed("cursor", "Give what the page before has as next.");
    Paging::new(limit.unwrap_or(USUAL), after)
}
