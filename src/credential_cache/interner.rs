//! The values that cached credentials share: their users and their abilities.

use std::collections::HashMap;

use super::{CachedUser, CredentialSnapshot, User};
use crate::{
    types::{ability::Abilities, ids::UserId},
    util::sync::{Arc, Weak},
};

/// The number of dead references below which no clean-up is worth its cost.
const MIN_CLEANUP: usize = 1024;

#[derive(Default)]
pub(super) struct Users {
    users: WeakInterner<UserId, CachedUser>,
    /// Keyed by the stored form.
    abilities: WeakInterner<String, Abilities>,
}

impl Users {
    /// Returns the user and the credential with the values that cached entries share already.
    pub(super) fn share(
        &mut self,
        user: User,
        mut credential: CredentialSnapshot,
    ) -> (Arc<CachedUser>, CredentialSnapshot) {
        let stored = credential.abilities.to_stored();
        credential.abilities = self.abilities.get(&stored).unwrap_or_else(|| {
            self.abilities
                .hold(stored, Arc::clone(&credential.abilities))
        });
        let is_same =
            |cached: &CachedUser| cached.user.email == user.email && cached.user.name == user.name;
        let cached = match self.users.get(&user.id) {
            Some(cached) if is_same(&cached) => cached,
            old => {
                // The row was read after a change whose invalidation is not published yet.
                if let Some(old) = old {
                    old.mark_invalidated();
                }
                self.users.hold(user.id, Arc::new(CachedUser::new(user)))
            }
        };
        (cached, credential)
    }

    pub(super) fn remove_user(&mut self, user: UserId) {
        if let Some(cached) = self.users.take(&user) {
            cached.mark_invalidated();
        }
    }

    pub(super) fn clear(&mut self) {
        for cached in std::mem::take(&mut self.users).all() {
            cached.mark_invalidated();
        }
    }
}

/// Values that other owners hold, by weak reference.
struct WeakInterner<K, V> {
    by_key: HashMap<K, Weak<V>>,
    /// The number of references at which dead ones are removed.
    full_at: usize,
}

impl<K, V> Default for WeakInterner<K, V> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            full_at: MIN_CLEANUP,
        }
    }
}

impl<K: Eq + std::hash::Hash, V> WeakInterner<K, V> {
    fn get(&self, key: &K) -> Option<Arc<V>> {
        self.by_key.get(key).and_then(Weak::upgrade)
    }

    fn hold(&mut self, key: K, value: Arc<V>) -> Arc<V> {
        if self.by_key.len() >= self.full_at {
            self.by_key.retain(|_, value| value.strong_count() > 0);
            self.full_at = self.by_key.len().max(MIN_CLEANUP).saturating_mul(2);
        }
        self.by_key.insert(key, Arc::downgrade(&value));
        value
    }

    fn take(&mut self, key: &K) -> Option<Arc<V>> {
        self.by_key.remove(key).and_then(|value| value.upgrade())
    }

    fn all(self) -> impl Iterator<Item = Arc<V>> {
        self.by_key
            .into_values()
            .filter_map(|value| value.upgrade())
    }
}
