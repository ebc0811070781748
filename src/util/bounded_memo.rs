//! Answers that one thread is asked for again and again.

use std::{borrow::Borrow, cell::RefCell, collections::HashMap, hash::Hash};

/// What was found before, by what it was asked with; so many at most. When it is full it begins anew: what
/// is in use is soon back, and nothing has to be noted to know what that is.
pub struct Memo<K, V, const MOST: usize>(RefCell<HashMap<K, V>>);

impl<K, V, const MOST: usize> Default for Memo<K, V, MOST> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash, V: Clone, const MOST: usize> Memo<K, V, MOST> {
    /// The answer to `asked`: known, or what `find` finds. That nothing can be found is not kept, or anybody
    /// could push the others out.
    ///
    /// # Errors
    /// What `find` says.
    pub fn get_or<Q, E>(&self, asked: &Q, find: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.0.borrow().get(asked) {
            return Ok(known.clone());
        }
        let found = find()?;
        let mut known = self.0.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(asked.to_owned(), found.clone());
        Ok(found)
    }
}

#[cfg(test)]
impl<K: Clone, V, const MOST: usize> Memo<K, V, MOST> {
    /// All that is known an answer to.
    pub(crate) fn asked(&self) -> Vec<K> {
        self.0.borrow().keys().cloned().collect()
    }
}
