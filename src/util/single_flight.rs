//! Shares one computation between concurrent callers with the same key.

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
type Running<K, T> = Arc<Mutex<HashMap<K, WeakShared<Flight<T>>>>>;

/// The running computations by key.
///
/// A caller that joins a computation gets a result that was started before its call. Everything
/// that may change in between must be part of the key.
pub struct SingleFlight<K, T>(Running<K, T>);

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
    /// Returns the result for `key`: from the running computation, or from the one that `ask`
    /// starts. A computation runs as long as a caller waits for it.
    pub async fn get_or_run<F>(&self, key: K, start: impl FnOnce() -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        let running = locked(&self.0).get(&key).and_then(WeakShared::upgrade);
        let flight = match running {
            Some(flight) => flight,
            None => self.begin(key, start()),
        };
        flight.await
    }

    fn begin(
        &self,
        key: K,
        computation: impl Future<Output = T> + Send + 'static,
    ) -> Shared<Flight<T>> {
        let removal = RemoveOnDrop {
            flights: Arc::clone(&self.0),
            key: key.clone(),
        };
        let flight = async move {
            let _removal = removal;
            computation.await
        };
        let flight = flight.boxed().shared();
        // If two callers start the same key concurrently, only the later computation can be joined.
        // Both complete.
        if let Some(weak) = flight.downgrade() {
            locked(&self.0).insert(key, weak);
        }
        flight
    }
}

/// Removes a computation from the map when it completes, or when no caller waits for it any more.
struct RemoveOnDrop<K: Eq + Hash, T> {
    flights: Running<K, T>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for RemoveOnDrop<K, T> {
    fn drop(&mut self) {
        locked(&self.flights).remove(&self.key);
    }
}

/// The map is consistent after a panic elsewhere, because no change leaves it half done.
fn locked<T>(flights: &Mutex<T>) -> MutexGuard<'_, T> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn concurrent_callers_of_one_key_share_a_computation() {
        let (started, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let flights = SingleFlight::<&str, usize>::default();
        let start = |key| {
            let (started, go_on) = (Arc::clone(&started), Arc::clone(&go_on));
            flights.get_or_run(key, move || async move {
                let number = started.fetch_add(1, Ordering::SeqCst);
                go_on.notified().await;
                number
            })
        };
        let all = join_all([start("one"), start("one"), start("another"), start("one")]);
        let release = async {
            tokio::task::yield_now().await;
            go_on.notify_one();
            go_on.notify_one();
        };
        let (answers, ()) = tokio::join!(all, release);
        assert_eq!(answers, [0, 0, 1, 0]);
        assert!(locked(&flights.0).is_empty(), "nothing is left of them");
    }

    #[tokio::test]
    async fn cancelled_computation_is_started_again() {
        let flights = SingleFlight::<&str, u8>::default();
        let cancelled = flights.get_or_run("one", std::future::pending::<u8>);
        assert!(cancelled.now_or_never().is_none());
        assert_eq!(flights.get_or_run("one", || async { 2 }).await, 2);
        assert!(locked(&flights.0).is_empty());
    }
}
