//! Pages of lists, newest first. Pages are selected by id, so every page costs the same.

use super::id::Id;

/// The default number of rows of a page in the API.
pub const DEFAULT_PAGE_SIZE: usize = 50;
/// The maximum number of rows of a page.
pub const MAX_PAGE_SIZE: usize = 100;

/// Selects a page of a list.
pub struct Paging<T> {
    limit: usize,
    after: Option<Id<T>>,
}

impl<T> Paging<T> {
    /// Selects `limit` rows after the row `after`. `limit` is clamped to 1 to [`MAX_PAGE_SIZE`].
    #[must_use]
    pub fn new(limit: usize, after: Option<Id<T>>) -> Self {
        Self {
            limit: limit.clamp(1, MAX_PAGE_SIZE),
            after,
        }
    }

    /// Returns the maximum number of rows of the page.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the id of the row before the page.
    #[must_use]
    pub const fn after(&self) -> Option<Id<T>> {
        self.after
    }

    /// Returns the number of rows to query: one more than the page has, to detect a further page.
    #[must_use]
    pub fn fetch_limit(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }

    /// Creates the page from the queried rows.
    #[must_use]
    pub fn page<R>(&self, mut rows: Vec<R>, id: impl Fn(&R) -> Id<T>) -> Page<R, T> {
        let has_more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| has_more).map(id);
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
    /// The rows of the page.
    pub rows: Vec<R>,
    /// The cursor of the next page, or `None` on the last page.
    pub next: Option<Id<T>>,
}
