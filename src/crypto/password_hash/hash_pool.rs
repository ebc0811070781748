//! How many passwords are hashed at once, and who is next.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    HashError, PasswordCheck, StoredHash, dummy,
    fair_queue::{FairQueue, Permit},
    hash_now, read, verify_now,
};
use crate::{
    crypto::secret::SecretString,
    util::{networks, worker_pool::WorkerPool},
};

/// How long a caller waits for a place before being told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Hashes passwords: as many at once as there are cores, twice as many waiting for at most a
/// second, everyone else turned away. So a flood of sign-ins costs neither memory nor the rest of
/// the service. Client networks share the places fairly: a flood from one of them turns nobody away
/// who comes from another.
#[derive(Clone)]
pub struct PasswordHasher {
    queue: Arc<FairQueue>,
    threads: Arc<WorkerPool>,
    runs: Arc<AtomicU64>,
    dummy: StoredHash,
}

impl PasswordHasher {
    /// A hasher for `cores` cores.
    ///
    /// # Errors
    /// When the machine has no randomness for a salt, or no threads.
    pub fn new(cores: usize) -> Result<Self, HashError> {
        let threads = WorkerPool::start("password-hash", cores.max(1))
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(Self {
            queue: Arc::new(FairQueue::new(cores.max(1), 2 * cores.max(1))),
            threads: Arc::new(threads),
            runs: Arc::default(),
            dummy: dummy()?,
        })
    }

    /// Takes one of the places for a request from `client`, and waits for it where none is free. Asked
    /// for before an attempt is counted, so that nobody pays for one that was never looked at.
    ///
    /// # Errors
    /// [`HashError::Busy`] if its network has its share of the places, or if the wait was too long.
    pub async fn place(&self, client: Option<IpAddr>) -> Result<HashPermit, HashError> {
        let turn = self.queue.acquire(client.map(networks::site_prefix));
        let permit = tokio::time::timeout(LONGEST_WAIT, turn).await;
        let permit = permit.ok().flatten().ok_or(HashError::Busy)?;
        Ok(HashPermit {
            permit: Arc::new(permit),
            threads: Arc::clone(&self.threads),
            runs: Arc::clone(&self.runs),
            dummy: self.dummy.clone(),
        })
    }

    /// The hash of `password` with a salt of its own, for a request from `client`.
    ///
    /// # Errors
    /// When the hasher is busy or fails.
    pub async fn hash(
        &self,
        password: SecretString,
        client: Option<IpAddr>,
    ) -> Result<StoredHash, HashError> {
        self.place(client).await?.hash(password).await
    }

    /// How often Argon2 was run since the start: by this an operator sees what a flood costs, and a
    /// test that something cost nothing.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Acquire)
    }
}

/// One of the places at which passwords are hashed, one after the other.
pub struct HashPermit {
    /// Shared with the work under way: who hangs up leaves a hash running, and its place is taken
    /// until that is done.
    permit: Arc<Permit>,
    threads: Arc<WorkerPool>,
    runs: Arc<AtomicU64>,
    dummy: StoredHash,
}

impl HashPermit {
    /// The hash of `password` with a salt of its own.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub async fn hash(&self, password: SecretString) -> Result<StoredHash, HashError> {
        self.run(move || hash_now(&password)).await?
    }

    /// Whether `password` is the one that `stored` was made of. `None` and what cannot be used cost
    /// the same as a wrong password, so that nobody learns from the time of an answer whether an
    /// account exists.
    ///
    /// # Errors
    /// When the algorithm's thread fails.
    pub async fn verify(
        &self,
        password: SecretString,
        stored: Option<StoredHash>,
    ) -> Result<PasswordCheck, HashError> {
        let usable = stored.as_ref().map(|stored| read(stored).is_some());
        let against = match (stored, usable) {
            (Some(stored), Some(true)) => stored,
            _ => self.dummy.clone(),
        };
        let verdict = self.run(move || verify_now(&password, &against)).await?;
        Ok(match usable {
            Some(true) => verdict,
            Some(false) => PasswordCheck::MalformedHash,
            None => PasswordCheck::Invalid,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = Arc::clone(&self.permit);
        self.runs.fetch_add(1, Ordering::AcqRel);
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        let done = self.threads.run(work).await;
        done.ok_or_else(|| HashError::Failed("a panic while hashing".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::Pin, task::Poll};

    use super::*;

    async fn polled<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
    }

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[tokio::test]
    async fn when_every_place_is_taken_and_the_queue_is_full_a_caller_is_turned_away() {
        let hasher = PasswordHasher::new(1).unwrap();
        let _place = hasher.place(None).await.unwrap();
        let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(hasher.place(None))).collect();
        for caller in &mut waiting {
            assert!(polled(caller).await.is_pending());
        }
        let answer = hasher.hash(secret("whatever"), None).await;
        assert!(matches!(answer, Err(HashError::Busy)));
        assert_eq!(hasher.queue.waiting(), 2, "it left the queue");
        drop(waiting);
        assert_eq!(hasher.queue.waiting(), 0, "who hangs up leaves the queue");
    }

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[tokio::test(start_paused = true)]
    async fn network_keeps_half_of_the_queue_when_another_one_asks() {
        let hasher = PasswordHasher::new(2).unwrap();
        let _places = [
            hasher.place(address(1)).await.unwrap(),
            hasher.place(address(1)).await.unwrap(),
        ];
        let mut flood: Vec<_> = (0..4).map(|_| Box::pin(hasher.place(address(1)))).collect();
        for caller in &mut flood {
            assert!(polled(caller).await.is_pending());
        }
        let mut others: Vec<_> = (0..3).map(|_| Box::pin(hasher.place(address(2)))).collect();
        for caller in others.iter_mut().take(2) {
            assert!(
                polled(caller).await.is_pending(),
                "it has a place in the queue"
            );
        }
        let third = polled(&mut others[2]).await;
        assert!(
            matches!(third, Poll::Ready(Err(HashError::Busy))),
            "half is its share"
        );
        // The newest of the network that had more than its share made room.
        for (caller, stays) in flood.iter_mut().zip([true, true, false, false]) {
            match polled(caller).await {
                Poll::Pending => assert!(stays),
                Poll::Ready(answer) => {
                    assert!(!stays && matches!(answer, Err(HashError::Busy)));
                }
            }
        }
        let more = polled(&mut Box::pin(hasher.place(address(1)))).await;
        assert!(matches!(more, Poll::Ready(Err(HashError::Busy))));
        let mut third_network = Box::pin(hasher.place(address(3)));
        assert!(polled(&mut third_network).await.is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn networks_take_turns_however_many_of_one_wait() {
        let hasher = PasswordHasher::new(1).unwrap();
        let mut place = hasher.place(address(1)).await.unwrap();
        let mut flood = Box::pin(hasher.place(address(1)));
        assert!(polled(&mut flood).await.is_pending());
        for _ in 0..10 {
            // It asks last and is next, each time.
            let mut other = Box::pin(hasher.place(address(2)));
            assert!(polled(&mut other).await.is_pending());
            drop(place);
            let Poll::Ready(Ok(of_other)) = polled(&mut other).await else {
                panic!("the network that has no place is not next");
            };
            drop(of_other);
            let Poll::Ready(Ok(next)) = polled(&mut flood).await else {
                panic!("the network that waits for longest is not next");
            };
            place = next;
            flood = Box::pin(hasher.place(address(1)));
            assert!(polled(&mut flood).await.is_pending());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ipv6_site_is_one_client() {
        let hasher = PasswordHasher::new(1).unwrap();
        let of_site = |net: u16| Some(IpAddr::from([0x2001, 0xdb8, 1, net, 0, 0, 0, 1]));
        let _place = hasher.place(of_site(0)).await.unwrap();
        let mut flood: Vec<_> = (0..2)
            .map(|net| Box::pin(hasher.place(of_site(net))))
            .collect();
        for caller in &mut flood {
            assert!(polled(caller).await.is_pending());
        }
        let another_network = polled(&mut Box::pin(hasher.place(of_site(7)))).await;
        assert!(matches!(another_network, Poll::Ready(Err(HashError::Busy))));
        assert!(
            polled(&mut Box::pin(hasher.place(address(1))))
                .await
                .is_pending()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_waits_for_a_place_for_a_second_and_no_longer() {
        let hasher = PasswordHasher::new(1).unwrap();
        let place = hasher.place(None).await.unwrap();
        let millisecond = Duration::from_millis(1);
        let shorter = tokio::time::timeout(LONGEST_WAIT - millisecond, hasher.place(None));
        assert!(shorter.await.is_err(), "it still waits");
        let longer = tokio::time::timeout(LONGEST_WAIT + millisecond, hasher.place(None));
        assert!(matches!(longer.await, Ok(Err(HashError::Busy))));
        drop(place);
        assert!(hasher.place(None).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_as_there_are_cores_hash_and_twice_as_many_wait() {
        let hasher = PasswordHasher::new(2).unwrap();
        let _places = [
            hasher.place(None).await.unwrap(),
            hasher.place(None).await.unwrap(),
        ];
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(hasher.place(None))).collect();
        for caller in &mut waiting {
            assert!(polled(caller).await.is_pending());
        }
        let fifth = polled(&mut Box::pin(hasher.place(None))).await;
        assert!(matches!(fifth, Poll::Ready(Err(HashError::Busy))));
    }

    #[tokio::test]
    async fn an_unusable_string_and_none_cost_what_a_wrong_password_costs() {
        let hasher = PasswordHasher::new(1).unwrap();
        let place = hasher.place(None).await.unwrap();
        let absurd = "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQxMjM0$Y29ycmVjdA";
        for (stored, verdict) in [
            (None, PasswordCheck::Invalid),
            (
                Some(StoredHash::from_stored("rubbish".to_owned())),
                PasswordCheck::MalformedHash,
            ),
            (
                Some(StoredHash::from_stored(absurd.to_owned())),
                PasswordCheck::MalformedHash,
            ),
        ] {
            let before = hasher.runs();
            let found = place.verify(secret("a password that nobody has"), stored);
            assert_eq!(found.await.unwrap(), verdict);
            assert_eq!(hasher.runs(), before + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_a_place_in_the_order_of_asking_and_nobody_overtakes() {
        let hasher = PasswordHasher::new(3).unwrap();
        let mut taken = Vec::new();
        for _ in 0..3 {
            taken.push(hasher.place(None).await.unwrap());
        }
        let mut waiting: Vec<_> = (0..6).map(|_| Box::pin(hasher.place(None))).collect();
        for caller in &mut waiting {
            assert!(polled(caller).await.is_pending());
        }
        while !waiting.is_empty() {
            drop(taken.pop());
            // Asks in the moment in which a place is free, and before whoever waits for it looks.
            let mut late = Box::pin(hasher.place(None));
            assert!(
                !matches!(polled(&mut late).await, Poll::Ready(Ok(_))),
                "it overtook"
            );
            drop(late);
            // The last looks first, and finds that it is not its turn.
            for caller in waiting.iter_mut().skip(1).rev() {
                assert!(polled(caller).await.is_pending());
            }
            let mut first = waiting.remove(0);
            match polled(&mut first).await {
                Poll::Ready(Ok(place)) => taken.insert(0, place),
                _ => panic!(
                    "the first to ask has no place, {} wait behind it",
                    waiting.len()
                ),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_holds_nobody_behind_up() {
        let hasher = PasswordHasher::new(1).unwrap();
        let place = hasher.place(None).await.unwrap();
        let mut first = Box::pin(hasher.place(None));
        let mut second = Box::pin(hasher.place(None));
        assert!(polled(&mut first).await.is_pending());
        assert!(polled(&mut second).await.is_pending());
        drop(place);
        drop(first);
        assert!(matches!(polled(&mut second).await, Poll::Ready(Ok(_))));
    }
}
