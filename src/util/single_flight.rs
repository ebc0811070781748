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
    pub async fn get_or_run<F>(&self, key: K, ask: impl FnOnce() -> F) -> T
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn of_all_who_ask_the_same_at_once_one_asks() {
        let (asked, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let flights = SingleFlight::<&str, usize>::default();
        let ask = |key| {
            let (asked, go_on) = (Arc::clone(&asked), Arc::clone(&go_on));
            flights.get_or_run(key, move || async move {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                go_on.notified().await;
                number
            })
        };
        let all = join_all([ask("one"), ask("one"), ask("another"), ask("one")]);
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
    async fn what_nobody_waits_for_any_more_is_asked_anew() {
        let flights = SingleFlight::<&str, u8>::default();
        let hung_up = flights.get_or_run("one", std::future::pending::<u8>);
        assert!(hung_up.now_or_never().is_none());
        assert_eq!(flights.get_or_run("one", || async { 2 }).await, 2);
        assert!(locked(&flights.0).is_empty());
    }
}
