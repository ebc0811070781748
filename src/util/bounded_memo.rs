//! A bounded cache of computed values for one thread.

use std::{borrow::Borrow, cell::RefCell, collections::HashMap, hash::Hash};

/// Values by key, `MAX` at most. A full cache is cleared: entries in use return soon, and no use
/// has to be recorded.
pub struct Memo<K, V, const MAX: usize>(RefCell<HashMap<K, V>>);

impl<K, V, const MAX: usize> Default for Memo<K, V, MAX> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash, V: Clone, const MAX: usize> Memo<K, V, MAX> {
    /// Returns the value of `key` from the cache, or computes it with `find`. Errors are not
    /// cached, because otherwise clients could evict the other entries.
    ///
    /// # Errors
    /// Returns the error of `find`.
    pub fn get_or<Q, E>(&self, key: &Q, find: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(cached) = self.0.borrow().get(key) {
            return Ok(cached.clone());
        }
        let found = find()?;
        let mut cached = self.0.borrow_mut();
        if cached.len() >= MAX {
            cached.clear();
        }
        cached.insert(key.to_owned(), found.clone());
        Ok(found)
    }
}

#[cfg(test)]
impl<K: Clone, V, const MAX: usize> Memo<K, V, MAX> {
    /// Returns all keys in the cache.
    pub(crate) fn keys(&self) -> Vec<K> {
        self.0.borrow().keys().cloned().collect()
    }
}
