//! Limits how many passwords are hashed at once, and decides the order.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    Argon2Parameters, HashError, HashScheme, PasswordCheck, StoredHash,
    dummy::DummyHashes,
    fair_queue::{FairQueue, Permit},
    hash_now, verify_now,
};
use crate::{
    crypto::secret::SecretString,
    util::{networks, worker_pool::WorkerPool},
};

/// The time for which a request waits for a permit before it is rejected as busy.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Hashes passwords with bounded concurrency. One hash runs per core, and twice as many requests
/// wait for at most a second. Further requests are rejected. A flood of sign-ins therefore exhausts
/// neither memory nor the rest of the service. Client networks share the permits fairly, so a flood
/// from one network rejects no request from another.
#[derive(Clone)]
pub struct PasswordHasher {
    queue: Arc<FairQueue>,
    threads: Arc<WorkerPool>,
    runs: Arc<AtomicU64>,
    dummies: Arc<DummyHashes>,
    parameters: Argon2Parameters,
}

impl PasswordHasher {
    /// Creates a hasher for `cores` cores. New hashes have these parameters.
    ///
    /// # Errors
    /// Fails if there is no randomness for a salt, or if no thread can be started.
    pub fn new(cores: usize, parameters: Argon2Parameters) -> Result<Self, HashError> {
        let threads = WorkerPool::start("password-hash", cores.max(1))
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(Self {
            queue: Arc::new(FairQueue::new(cores.max(1), 2 * cores.max(1))),
            threads: Arc::new(threads),
            runs: Arc::default(),
            dummies: Arc::new(DummyHashes::new(HashScheme::Argon2id(parameters))?),
            parameters,
        })
    }

    /// Acquires a permit for a request from `client`, and waits for one if none is free. Call it
    /// before the attempt is counted, because a request that is rejected as busy must not count as
    /// an attempt.
    ///
    /// # Errors
    /// Returns [`HashError::Busy`] if the client's network has its share of the permits, or if the
    /// wait was too long.
    pub async fn acquire(&self, client: Option<IpAddr>) -> Result<HashPermit, HashError> {
        let turn = self.queue.acquire(client.map(networks::site_prefix));
        let permit = tokio::time::timeout(MAX_WAIT, turn).await;
        let permit = permit.ok().flatten().ok_or(HashError::Busy)?;
        Ok(HashPermit {
            permit: Arc::new(permit),
            threads: Arc::clone(&self.threads),
            runs: Arc::clone(&self.runs),
            dummy: self.dummies.current(),
            parameters: self.parameters,
        })
    }

    /// Hashes `password` with a new salt, for a request from `client`.
    ///
    /// # Errors
    /// Fails if the hasher is busy or the algorithm fails.
    pub async fn hash(
        &self,
        password: SecretString,
        client: Option<IpAddr>,
    ) -> Result<StoredHash, HashError> {
        self.acquire(client).await?.hash(password).await
    }

    /// Returns the parameters of new hashes.
    #[must_use]
    pub const fn parameters(&self) -> Argon2Parameters {
        self.parameters
    }

    /// Sets the key that all nodes share, by which an address has its dummy hash.
    pub fn set_dummy_key(&self, key: &[u8]) {
        self.dummies.set_key(key);
    }

    /// Sets the number of accounts with each scheme. Dummy hashes have the schemes in these
    /// proportions.
    ///
    /// # Errors
    /// Fails if there is no randomness for a salt.
    pub fn set_schemes(&self, counts: &BTreeMap<HashScheme, u64>) -> Result<(), HashError> {
        self.dummies.set_schemes(counts)
    }

    /// Returns the dummy hash of an address that has no account or whose account has no password.
    #[must_use]
    pub fn dummy_of(&self, address: &str) -> StoredHash {
        self.dummies.of(address)
    }

    /// Returns how many passwords were hashed since the start. It shows operators the cost of a
    /// flood, and lets tests assert that a request caused no hash.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Acquire)
    }
}

/// A permit to hash passwords, one after the other.
pub struct HashPermit {
    /// Shared with the running hash. If the client disconnects, the hash continues and holds the
    /// permit until its end.
    permit: Arc<Permit>,
    threads: Arc<WorkerPool>,
    runs: Arc<AtomicU64>,
    dummy: StoredHash,
    parameters: Argon2Parameters,
}

impl HashPermit {
    /// Hashes `password` with a new salt.
    ///
    /// # Errors
    /// Fails if the algorithm fails.
    pub async fn hash(&self, password: SecretString) -> Result<StoredHash, HashError> {
        let parameters = self.parameters;
        self.run(move || hash_now(&password, parameters)).await?
    }

    /// Replaces the hash that is verified if there is no stored one.
    #[must_use]
    pub fn with_dummy(mut self, dummy: StoredHash) -> Self {
        self.dummy = dummy;
        self
    }

    /// Verifies `password` against `stored`. Without a stored hash, with an absent and with a
    /// malformed one, it verifies the dummy hash, so the response time does not reveal whether an
    /// account exists.
    ///
    /// # Errors
    /// Fails if the hashing thread panics.
    pub async fn verify(
        &self,
        password: SecretString,
        stored: Option<StoredHash>,
    ) -> Result<PasswordCheck, HashError> {
        let stored = stored.filter(|stored| !stored.is_absent());
        let is_usable = stored.as_ref().map(|stored| stored.scheme().is_ok());
        let reference = match (stored, is_usable) {
            (Some(stored), Some(true)) => stored,
            _ => self.dummy.clone(),
        };
        let current = HashScheme::Argon2id(self.parameters);
        let check = self
            .run(move || verify_now(&password, &reference, current))
            .await?;
        Ok(match is_usable {
            Some(true) => check,
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
mod tests;
