//! A transaction, and the invalidations that it publishes.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    account_changes::{self, NewChange},
    app_state::AppState,
    cluster::{Cluster, PublishedInvalidation},
    credential_cache::InvalidationKey,
    crypto::digest::Digest,
    db::AnyConnection,
    error::Error,
    types::{id::Id, ids::UserId},
    util::clock::Timestamp,
};

/// A transaction under way. A change to the validity or the abilities of a credential, or to its
/// user, needs an [`Invalidation`], which only a transaction can make.
pub struct Transaction<'a> {
    /// The state of the application.
    pub state: &'a AppState,
    /// The connection on which the transaction runs.
    pub connection: &'a mut AnyConnection,
    invalidations: &'a Invalidations,
    changes: Vec<NewChange>,
    wakes_jobs: bool,
}

/// Proof that the cached values of a user or of a credential are invalidated on every node before
/// the change is answered. Each query that changes what a credential permits requires it.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Invalidation(());

/// The invalidations of a transaction. They only grow: if the transaction runs again after a
/// serialization failure, those of the first run are published, too.
#[derive(Clone, Default)]
pub(crate) struct Invalidations(Arc<Mutex<Vec<InvalidationKey>>>);

impl<'a> Transaction<'a> {
    pub(crate) fn new(
        state: &'a AppState,
        connection: &'a mut AnyConnection,
        invalidations: &'a Invalidations,
    ) -> Self {
        Self {
            state,
            connection,
            invalidations,
            changes: Vec::new(),
            wakes_jobs: false,
        }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// Returns a new ID that carries the current time.
    ///
    /// # Errors
    /// Returns an error if the machine has no randomness.
    pub fn new_id<T>(&self) -> Result<Id<T>, Error> {
        self.state.new_id()
    }

    /// Invalidates all cached credentials of `user` at the commit.
    pub fn invalidate_user(&mut self, user: UserId) -> Invalidation {
        self.invalidations.add([InvalidationKey::User(user)])
    }

    /// Invalidates one cached credential at the commit. `secrets` are the digests of all its
    /// secrets, read in this transaction under the lock of its user.
    pub fn invalidate_secrets(&mut self, secrets: Vec<Digest>) -> Invalidation {
        self.invalidations
            .add(secrets.into_iter().map(InvalidationKey::Secret))
    }

    /// Clears the cache of every node at the commit.
    pub fn invalidate_everything(&mut self) -> Invalidation {
        self.invalidations.add([InvalidationKey::Everything])
    }

    /// Records a change of an account for the apps that embed Narthex.
    pub fn record_change(&mut self, change: NewChange) {
        self.changes.push(change);
    }

    /// Lets this node look for jobs that are due after the commit, instead of in its next period.
    pub(crate) const fn wake_jobs_after_commit(&mut self) {
        self.wakes_jobs = true;
    }

    /// Returns whether the transaction inserted a job.
    pub(crate) const fn wakes_jobs(&self) -> bool {
        self.wakes_jobs
    }

    /// Writes the changes of accounts and publishes the invalidations to the other nodes, as the
    /// last step before the commit. Both take a lock for which other transactions wait.
    pub(crate) fn publish(&mut self) -> Result<PublishedInvalidation, Error> {
        account_changes::append(self.connection, self.state.now(), &self.changes)?;
        let keys = self.invalidations.keys();
        self.state.cluster().publish(self.connection, &keys)
    }
}

impl Invalidations {
    fn add(&self, keys: impl IntoIterator<Item = InvalidationKey>) -> Invalidation {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if !all.contains(&key) {
                all.push(key);
            }
        }
        Invalidation(())
    }

    fn keys(&self) -> Vec<InvalidationKey> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Applies the invalidations to the cache of this node.
    pub(crate) fn apply(&self, cluster: &Cluster) {
        let keys = self.keys();
        if !keys.is_empty() {
            cluster.invalidate(keys);
        }
    }
}
