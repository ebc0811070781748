//! One answer for all who ask the same at once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared},
};

type Flight<T> = BoxFuture<'static, T>;
type UnderWay<K, T> = Arc<Mutex<HashMap<K, WeakShared<Flight<T>>>>>;

/// Questions under way, by what they ask.
///
/// Whoever joins one gets an answer that was begun before they asked. What may change in between
/// belongs into the key.
pub struct SingleFlight<K, T>(UnderWay<K, T>);

impl<K, T> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, T> SingleFlight<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// The answer to `key`: that of the question under way, or else of the one that `ask` begins. It goes
    /// on while anybody waits for it.
    pub async fn ask<F>(&self, key: K, ask: impl FnOnce() -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        let under_way = locked(&self.0).get(&key).and_then(WeakShared::upgrade);
        let flight = match under_way {
            Some(flight) => flight,
            None => self.begin(key, ask()),
        };
        flight.await
    }

    fn begin(
        &self,
        key: K,
        question: impl Future<Output = T> + Send + 'static,
    ) -> Shared<Flight<T>> {
        let landing = Landing {
            flights: Arc::clone(&self.0),
            key: key.clone(),
        };
        let flight = async move {
            let _landing = landing;
            question.await
        };
        let flight = flight.boxed().shared();
        // Of two that begin at once one is not to be joined, and answers all the same.
        if let Some(weak) = flight.downgrade() {
            locked(&self.0).insert(key, weak);
        }
        flight
    }
}

/// Takes a question from the list when it is answered, or when nobody waits for it any more.
struct Landing<K: Eq + Hash, T> {
    flights: UnderWay<K, T>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for Landing<K, T> {
    fn drop(&mut self) {
        locked(&self.flights).remove(&self.key);
    }
}

/// The map is whole after a panic elsewhere: no change leaves it otherwise.
fn locked<T>(flights: &Mutex<T>) -> MutexGuard<'_, T> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}
