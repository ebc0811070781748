//! Changes of accounts, for the tables of the app.

use std::{fmt, str::FromStr, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{Error, Narthex};
use crate::{
    account_changes::{self, ChangeKind, StoredChange},
    error::Error as Inner,
    types::ids::{ReceiptId, UserId},
};

/// A change of an account. [`Narthex::changes`] reads them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AccountChange {
    /// The place of this change. The next read continues after it.
    pub cursor: ChangeCursor,
    /// The time of the change.
    pub at: SystemTime,
    /// The kind.
    pub kind: ChangeKind,
    /// The user.
    pub user: UserId,
    /// The receipt, if credentials were revoked.
    pub receipt: Option<ReceiptId>,
}

/// The place up to which the app has processed changes. Store it with the effects of the changes,
/// as a text or by serde.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeCursor(i64);

impl fmt::Display for ChangeCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ChangeCursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl From<StoredChange> for AccountChange {
    fn from(stored: StoredChange) -> Self {
        Self {
            cursor: ChangeCursor(stored.position),
            at: stored.at.to_system_time(),
            kind: stored.change.kind,
            user: stored.change.user,
            receipt: stored.change.receipt,
        }
    }
}

impl Narthex {
    /// Returns the changes of accounts after `cursor`, the oldest first: at most 500, and none if
    /// there are no more. Without a cursor, the oldest ones that are kept.
    ///
    /// A change is written in the transaction that it reports, by every server and command on the
    /// database. So an app that stores the cursor with the effects of a change misses none, and
    /// repeats one only if it stopped in between. Changes are kept for `keep_ended`.
    ///
    /// ```no_run
    /// # use narthex::{ChangeCursor, ChangeKind, Narthex, UserId};
    /// # async fn delete_orders(user: UserId, cursor: ChangeCursor) {}
    /// async fn follow(
    ///     narthex: Narthex,
    ///     mut cursor: Option<ChangeCursor>,
    /// ) -> Result<(), narthex::Error> {
    ///     for change in narthex.changes(cursor).await? {
    ///         if change.kind == ChangeKind::Deleted {
    ///             // In one transaction of the app's database: delete the rows, store the cursor.
    ///             delete_orders(change.user, change.cursor).await;
    ///         }
    ///         cursor = Some(change.cursor);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound) if the cursor is beyond the newest change,
    /// because the database was restored or is another one: begin again without a cursor. A failure
    /// of the database.
    pub async fn changes(&self, cursor: Option<ChangeCursor>) -> Result<Vec<AccountChange>, Error> {
        let position = cursor.map_or(0, |cursor| cursor.0);
        let read = self.0.state.read(move |_, connection| {
            account_changes::after(connection, position)?.ok_or(Inner::NotFound)
        });
        Ok(read.await?.into_iter().map(AccountChange::from).collect())
    }
}
