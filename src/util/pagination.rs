//! Lists in pages: newest first, by id, so that a page costs the same wherever it is.

use super::id::Id;

/// How many rows an API list has when nobody says.
pub const USUAL: usize = 50;
/// The most rows that one page has.
pub const MAX_PAGE_SIZE: usize = 100;

/// Which part of a list is wanted.
pub struct Paging<T> {
    limit: usize,
    after: Option<Id<T>>,
}

impl<T> Paging<T> {
    /// `limit` rows (at least one, at most [`MAX_PAGE_SIZE`]) that come after the one called `after`.
    #[must_use]
    pub fn new(limit: usize, after: Option<Id<T>>) -> Self {
        Self {
            limit: limit.clamp(1, MAX_PAGE_SIZE),
            after,
        }
    }

    /// How many rows the page has.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// The row before the first one.
    #[must_use]
    pub const fn after(&self) -> Option<Id<T>> {
        self.after
    }

    /// How many rows to ask for: one more than the page has, to know whether there is another page.
    #[must_use]
    pub fn to_fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }

    /// Makes the page of the rows fetched.
    #[must_use]
    pub fn page<R>(&self, mut rows: Vec<R>, id: impl Fn(&R) -> Id<T>) -> Page<R, T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(id);
        Page { rows, next }
    }
}

impl<T> Clone for Paging<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Paging<T> {}

/// One page of a list.
pub struct Page<R, T> {
    /// Its rows.
    pub rows: Vec<R>,
    /// What to ask the next page to begin after; none on the last page.
    pub next: Option<Id<T>>,
}
