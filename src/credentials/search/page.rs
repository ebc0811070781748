//! One page of a sorted list.

use std::{fmt, str::FromStr};

use super::order::{ParsePositionError, Position, SortOrder};
use crate::credentials::credential::Credential;

/// The end of the neighbouring page at which a page begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// The page begins after this position.
    After(Position),
    /// The page ends before this position.
    Before(Position),
}

/// The text of a boundary in an address.
impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(position) => write!(f, "after.{position}"),
            Self::Before(position) => write!(f, "before.{position}"),
        }
    }
}

impl FromStr for Boundary {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            Some(("after", position)) => position.parse().map(Self::After),
            Some(("before", position)) => position.parse().map(Self::Before),
            _ => Err(ParsePositionError),
        }
    }
}

/// One page of a list.
#[derive(Debug)]
pub struct ListPage {
    /// The credentials on the page.
    pub rows: Vec<Credential>,
    /// The number of credentials before the page.
    pub skipped: usize,
    /// The number of credentials on all pages.
    pub total: usize,
    /// The boundary of the previous page.
    pub previous: Option<Boundary>,
    /// The boundary of the next page.
    pub next: Option<Boundary>,
}

impl ListPage {
    /// Sorts `rows` and takes the page at `boundary`. A page is full if there are enough rows. It
    /// is empty only if there are none.
    pub(super) fn of(
        rows: Vec<Credential>,
        order: SortOrder,
        boundary: Option<&Boundary>,
        size: usize,
    ) -> Self {
        let mut rows: Vec<(Position, Credential)> = rows
            .into_iter()
            .map(|credential| (Position::of(&credential, order), credential))
            .collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let total = rows.len();
        let last_start = total.saturating_sub(1);
        let start = match boundary {
            None => 0,
            Some(Boundary::After(end)) => {
                let start = rows.partition_point(|(position, _)| position <= end);
                // All rows of this page were revoked meanwhile.
                if start > last_start {
                    total.saturating_sub(size)
                } else {
                    start
                }
            }
            Some(Boundary::Before(end)) => rows
                .partition_point(|(position, _)| position < end)
                .saturating_sub(size),
        };
        let page: Vec<(Position, Credential)> = rows.into_iter().skip(start).take(size).collect();
        let has_next = start.saturating_add(page.len()) < total;
        let boundary_at =
            |row: Option<&(Position, Credential)>| row.map(|(position, _)| position.clone());
        Self {
            skipped: start,
            total,
            previous: boundary_at(page.first().filter(|_| start > 0)).map(Boundary::Before),
            next: boundary_at(page.last().filter(|_| has_next)).map(Boundary::After),
            rows: page.into_iter().map(|(_, credential)| credential).collect(),
        }
    }
}
