//! Changes of accounts, for the apps that embed Narthex: an outbox that is written in the
//! transaction of the change.
//!
//! An app cannot take part in that transaction, because its tables are in another database. So it
//! reads the changes afterwards, and stores the position up to which it has processed them.

mod store;

use diesel::QueryResult;

pub(crate) use self::store::{continue_after, newest_position};
use crate::{
    db::AnyConnection,
    types::ids::{ReceiptId, UserId},
    util::clock::Timestamp,
};

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The account was created: by its user, by an operator, by the app, or by an import.
    Created,
    /// The e-mail address changed.
    EmailChanged,
    /// An operator disabled the account.
    Disabled,
    /// An operator enabled the account.
    Enabled,
    /// The account was deleted.
    Deleted,
    /// Sessions or tokens were revoked.
    Revoked,
    /// A kind that this version does not know.
    Other,
}

impl ChangeKind {
    const NAMES: [(&str, Self); 6] = [
        ("created", Self::Created),
        ("email_changed", Self::EmailChanged),
        ("disabled", Self::Disabled),
        ("enabled", Self::Enabled),
        ("deleted", Self::Deleted),
        ("revoked", Self::Revoked),
    ];

    /// Returns the stored name.
    fn as_str(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        names
            .find(|(_, kind)| *kind == self)
            .map_or("other", |(name, _)| name)
    }

    /// Returns the kind with this stored name.
    fn parse(name: &str) -> Self {
        let mut names = Self::NAMES.iter();
        names
            .find(|(known, _)| *known == name)
            .map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// A change that is not in the database yet.
#[derive(Clone, Copy, Debug)]
pub struct NewChange {
    /// The kind.
    pub kind: ChangeKind,
    /// The user.
    pub user: UserId,
    /// The receipt of a revocation.
    pub receipt: Option<ReceiptId>,
}

/// A change in the database.
#[derive(Clone, Copy, Debug)]
pub struct StoredChange {
    /// The position. Later changes have higher ones.
    pub position: i64,
    /// The time.
    pub at: Timestamp,
    /// The change.
    pub change: NewChange,
}

/// The number of changes that [`after`] reads at once.
pub const BATCH: i64 = 500;

/// Writes changes. Call it at the end of a transaction, because other transactions with changes
/// wait for its commit.
///
/// # Errors
/// Returns an error if the database fails.
pub fn append(
    connection: &mut AnyConnection,
    at: Timestamp,
    changes: &[NewChange],
) -> QueryResult<()> {
    for change in changes {
        let position = store::next_position(connection)?;
        store::insert(connection, position, at, change)?;
    }
    Ok(())
}

/// Returns at most [`BATCH`] changes after `position`, the oldest first. `None` if there is no such
/// position yet: the database is an older one.
///
/// # Errors
/// Returns an error if the database fails.
pub fn after(
    connection: &mut AnyConnection,
    position: i64,
) -> QueryResult<Option<Vec<StoredChange>>> {
    if position > newest_position(connection)? {
        return Ok(None);
    }
    store::after(connection, position, BATCH).map(Some)
}

/// Deletes the changes from before this time.
///
/// # Errors
/// Returns an error if the database fails.
pub fn delete_before(connection: &mut AnyConnection, time: Timestamp) -> QueryResult<usize> {
    store::delete_before(connection, time)
}
