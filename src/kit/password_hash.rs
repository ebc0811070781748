//! Password hashing with Argon2id (RFC 9106), bounded in how much of it happens at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use argon2::{
    Params,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::kit::{
    argon2_in_place::InPlace,
    random::{self, SystemRandom},
    secret::SecretText,
    threads::Threads,
};

/// 19 MiB a hash: OWASP's password storage sheet, first choice for Argon2id (19 456 KiB, t=2, p=1).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes. One: the cores are needed by other callers' hashes.
const LANES: u32 = 1;
/// RFC 9106, section 3.1: 16 bytes are recommended for password hashing.
const SALT_BYTES: usize = 16;
/// The costliest stored hash that is verified; a stored string that asks for more is refused
/// unread, for it would let a broken row take the machine's memory.
const MOST_MEMORY_KIB: u32 = 1 << 16;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 8;
/// How long a caller waits for a place before being told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Why a password was not hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many hashes are under way. Ask again in a second or two.
    #[error("password hashing is busy")]
    Busy,
    /// The algorithm or its thread failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// A password hash as stored: a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$tag`).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash(String);

impl StoredHash {
    /// A hash that was stored before.
    #[must_use]
    pub const fn from_stored(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right and the hash as strong as we make them today.
    Right,
    /// The password is right, but the hash should be made anew.
    RightButStale,
    /// The password is wrong.
    Wrong,
    /// The stored string is broken, or asks for more than is sane: no password is right.
    Unusable,
}

/// Hashes passwords: as many at once as there are cores, twice as many waiting for at most a
/// second, everyone else turned away. So a flood of sign-ins costs neither memory nor the rest of
/// the service.
#[derive(Clone)]
pub struct PasswordHasher {
    places: Arc<Semaphore>,
    threads: Arc<Threads>,
    waiting: Arc<AtomicUsize>,
    most_waiting: usize,
    runs: Arc<AtomicU64>,
    dummy: StoredHash,
}

impl PasswordHasher {
    /// A hasher for `cores` cores.
    ///
    /// # Errors
    /// When the machine has no randomness for a salt, or no threads.
    pub fn new(cores: usize) -> Result<Self, HashError> {
        let threads = Threads::start("password-hash", cores.max(1))
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(Self {
            places: Arc::new(Semaphore::new(cores.max(1))),
            threads: Arc::new(threads),
            waiting: Arc::default(),
            most_waiting: 2 * cores.max(1),
            runs: Arc::default(),
            dummy: dummy()?,
        })
    }

    /// Takes one of the places, waiting for it where none is free. Asked for before an attempt is
    /// counted, so that nobody pays for one that was never looked at.
    ///
    /// # Errors
    /// [`HashError::Busy`] where too many wait, or the wait was too long.
    pub async fn place(&self) -> Result<Place, HashError> {
        let permit = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_a_place().await?,
        };
        Ok(Place {
            permit: Arc::new(permit),
            threads: Arc::clone(&self.threads),
            runs: Arc::clone(&self.runs),
            dummy: self.dummy.clone(),
        })
    }

    /// The hash of `password` with a salt of its own.
    ///
    /// # Errors
    /// When the hasher is busy or fails.
    pub async fn hash(&self, password: SecretText) -> Result<StoredHash, HashError> {
        self.place().await?.hash(password).await
    }

    /// How often Argon2 was run since the start: by this an operator sees what a flood costs, and a
    /// test that something cost nothing.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Acquire)
    }

    async fn wait_for_a_place(&self) -> Result<OwnedSemaphorePermit, HashError> {
        let waiting = Waiting::new(&self.waiting);
        if waiting.before > self.most_waiting {
            return Err(HashError::Busy);
        }
        tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .map_err(|_| HashError::Busy)
    }
}

/// One of the places at which passwords are hashed, one after the other.
pub struct Place {
    /// Shared with the work under way: who hangs up leaves a hash running, and its place is taken
    /// until that is done.
    permit: Arc<OwnedSemaphorePermit>,
    threads: Arc<Threads>,
    runs: Arc<AtomicU64>,
    dummy: StoredHash,
}

impl Place {
    /// The hash of `password` with a salt of its own.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub async fn hash(&self, password: SecretText) -> Result<StoredHash, HashError> {
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
        password: SecretText,
        stored: Option<StoredHash>,
    ) -> Result<Verdict, HashError> {
        let usable = stored.as_ref().map(|stored| read(stored).is_some());
        let against = match (stored, usable) {
            (Some(stored), Some(true)) => stored,
            _ => self.dummy.clone(),
        };
        let verdict = self.run(move || verify_now(&password, &against)).await?;
        Ok(match usable {
            Some(true) => verdict,
            Some(false) => Verdict::Unusable,
            None => Verdict::Wrong,
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

/// Counts a caller that waits, for as long as it waits: also when it hangs up meanwhile.
struct Waiting<'a> {
    counter: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        let before = counter.fetch_add(1, Ordering::AcqRel) + 1;
        Self { counter, before }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Made on a thread that ends, as a hash leaves its memory with its thread.
fn dummy() -> Result<StoredHash, HashError> {
    let make = || hash_now(&SecretText::new("a password that nobody has".to_owned()));
    std::thread::scope(|scope| scope.spawn(make).join())
        .unwrap_or_else(|_| Err(HashError::Failed("a panic while hashing".to_owned())))
}

fn argon2() -> Result<InPlace, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(InPlace(params))
}

fn hash_now(password: &SecretText) -> Result<StoredHash, HashError> {
    let salt = random::bytes::<SALT_BYTES>(&SystemRandom)
        .map_err(|error| HashError::Failed(error.to_string()))?;
    argon2()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map(|hash| StoredHash(hash.to_string()))
        .map_err(|error| HashError::Failed(error.to_string()))
}

fn verify_now(password: &SecretText, stored: &StoredHash) -> Verdict {
    let Some((hash, params)) = read(stored) else {
        return Verdict::Unusable;
    };
    let right = argon2().is_ok_and(|argon2| {
        argon2
            .verify_password(password.expose().as_bytes(), &hash)
            .is_ok()
    });
    let fresh = hash.algorithm.as_str() == "argon2id"
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    match (right, fresh) {
        (true, true) => Verdict::Right,
        (true, false) => Verdict::RightButStale,
        (false, _) => Verdict::Wrong,
    }
}

/// The stored string, where it is one of ours and does not ask for absurd amounts.
fn read(stored: &StoredHash) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(&stored.0).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let sane = params.m_cost() <= MOST_MEMORY_KIB
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES;
    sane.then_some((hash, params))
}

#[cfg(test)]
mod tests {
    use std::{pin::Pin, task::Poll};

    use super::*;

    async fn polled<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
    }

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn a_password_is_verified_whole_and_exactly() {
        let long = "x".repeat(100);
        let stored = hash_now(&secret(&long)).unwrap();
        assert_eq!(verify_now(&secret(&long), &stored), Verdict::Right);
        for wrong in [
            &"x".repeat(99),
            &"x".repeat(101),
            &format!("{long} "),
            &String::new(),
        ] {
            assert_eq!(verify_now(&secret(wrong), &stored), Verdict::Wrong);
        }
    }

    #[test]
    fn a_stored_string_that_is_broken_or_absurd_is_refused_without_hashing() {
        let tag = "$c29tZXNhbHQxMjM0$Y29ycmVjdA";
        for phc in [
            String::new(),
            "$argon2id$".to_owned(),
            format!("$argon2id$v=19$m=4194304,t=2,p=1{tag}"),
            format!("$argon2id$v=19$m=19456,t=4000000000,p=1{tag}"),
            format!("$argon2id$v=19$m=19456,t=2,p=200{tag}"),
        ] {
            assert!(read(&StoredHash(phc.clone())).is_none(), "{phc}");
        }
    }

    #[tokio::test]
    async fn when_every_place_is_taken_and_the_queue_is_full_a_caller_is_turned_away() {
        let hasher = PasswordHasher::new(1).unwrap();
        let _place = hasher.place().await.unwrap();
        hasher.waiting.store(2, Ordering::Release);
        let answer = hasher.hash(secret("whatever")).await;
        assert!(matches!(answer, Err(HashError::Busy)));
        assert_eq!(
            hasher.waiting.load(Ordering::Acquire),
            2,
            "it left the queue"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_waits_for_a_place_for_a_second_and_no_longer() {
        let hasher = PasswordHasher::new(1).unwrap();
        let place = hasher.place().await.unwrap();
        let millisecond = Duration::from_millis(1);
        let shorter = tokio::time::timeout(LONGEST_WAIT - millisecond, hasher.place());
        assert!(shorter.await.is_err(), "it still waits");
        let longer = tokio::time::timeout(LONGEST_WAIT + millisecond, hasher.place());
        assert!(matches!(longer.await, Ok(Err(HashError::Busy))));
        drop(place);
        assert!(hasher.place().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_as_there_are_cores_hash_and_twice_as_many_wait() {
        let hasher = PasswordHasher::new(2).unwrap();
        let _places = [hasher.place().await.unwrap(), hasher.place().await.unwrap()];
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(hasher.place())).collect();
        for caller in &mut waiting {
            assert!(polled(caller).await.is_pending());
        }
        let fifth = polled(&mut Box::pin(hasher.place())).await;
        assert!(matches!(fifth, Poll::Ready(Err(HashError::Busy))));
    }

    #[tokio::test]
    async fn an_unusable_string_and_none_cost_what_a_wrong_password_costs() {
        let hasher = PasswordHasher::new(1).unwrap();
        let place = hasher.place().await.unwrap();
        let absurd = "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQxMjM0$Y29ycmVjdA";
        for (stored, verdict) in [
            (None, Verdict::Wrong),
            (Some(StoredHash("rubbish".to_owned())), Verdict::Unusable),
            (Some(StoredHash(absurd.to_owned())), Verdict::Unusable),
        ] {
            let before = hasher.runs();
            let found = place.verify(secret("a password that nobody has"), stored);
            assert_eq!(found.await.unwrap(), verdict);
            assert_eq!(hasher.runs(), before + 1);
        }
    }

    #[test]
    fn a_hash_with_other_parameters_is_right_but_stale() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let stored = StoredHash(weak.hash_password(b"whatever").unwrap().to_string());
        assert_eq!(
            verify_now(&secret("whatever"), &stored),
            Verdict::RightButStale
        );
        assert_eq!(verify_now(&secret("other"), &stored), Verdict::Wrong);
    }
}
