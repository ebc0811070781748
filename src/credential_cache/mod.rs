//! The cache of accepted credentials, so that the check of a cached credential needs no query.
//!
//! The cache has positive results only. If a credential is not cached, or may have expired, the
//! check queries the database. Rejections are not cached.

mod cache;
mod interner;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

pub use self::cache::{CredentialCache, Generation, InvalidationKey};
use crate::{
    types::{
        ability::Abilities,
        assurance::AuthenticationMethods,
        credential_kind::{CredentialKind, CredentialType},
        credential_state::{CredentialState, Lifecycle, earlier},
        ids::CredentialId,
        secret_form::SecretForm,
        user::User,
    },
    util::clock::Timestamp,
};

/// A user that cached credentials share, and whether the user was invalidated since.
#[derive(Debug)]
pub struct CachedUser {
    /// The user.
    pub user: User,
    /// Never reset: the next lookup reads the user again and creates another record.
    invalidated: AtomicBool,
    /// The response body of the request for the current user.
    response_body: OnceLock<Box<[u8]>>,
    /// Whether a lookup has found a second factor. Its removal invalidates the user.
    has_second_factor: AtomicBool,
}

impl CachedUser {
    const fn new(user: User) -> Self {
        Self {
            user,
            invalidated: AtomicBool::new(false),
            response_body: OnceLock::new(),
            has_second_factor: AtomicBool::new(false),
        }
    }

    /// Returns whether the user is known to have a second factor.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.has_second_factor.load(Ordering::SeqCst)
    }

    /// Remembers that the user has a second factor, as long as this record is valid.
    pub fn remember_second_factor(&self) {
        self.has_second_factor.store(true, Ordering::SeqCst);
    }

    /// Returns the response body of the request for the current user. `make` creates it once; it is
    /// valid as long as this record is.
    ///
    /// # Errors
    /// Returns the errors of `make`.
    pub fn response_body<E>(
        &self,
        make: impl FnOnce(&User) -> Result<Box<[u8]>, E>,
    ) -> Result<&[u8], E> {
        match self.response_body.get() {
            Some(response_body) => Ok(response_body),
            // Two threads may create it at once; no thread waits for another.
            None => {
                let body = make(&self.user)?;
                Ok(self.response_body.get_or_init(|| body))
            }
        }
    }

    fn mark_invalidated(&self) {
        self.invalidated.store(true, Ordering::SeqCst);
    }

    fn is_invalidated(&self) -> bool {
        self.invalidated.load(Ordering::SeqCst)
    }
}

/// The fields of a credential that requests need.
#[derive(Clone, Debug)]
pub struct CredentialSnapshot {
    /// The id of the credential.
    pub id: CredentialId,
    /// The kind of the credential.
    pub kind: CredentialKind,
    /// The form of the secret that was looked up.
    pub form: SecretForm,
    /// The abilities. Credentials with the same abilities share them.
    pub abilities: Arc<Abilities>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time from which on the credential is expired.
    pub expires_at: Option<Timestamp>,
    /// The longest time between two uses.
    pub idle_limit: Option<Duration>,
    /// The time until which the password counts as recently confirmed.
    pub confirmed_until: Option<Timestamp>,
    /// The time until which a second factor counts as recently confirmed.
    pub second_factor_until: Option<Timestamp>,
    /// The methods that proved the user.
    pub methods: AuthenticationMethods,
    /// The time at which they last proved the user.
    pub authenticated_at: Timestamp,
}

impl CredentialSnapshot {
    /// Returns whether the credential is a session or a token.
    #[must_use]
    pub const fn class(&self) -> CredentialType {
        self.kind.class()
    }

    /// Returns the time at which the user was last proved by at least one factor: `authenticated_at`,
    /// or a confirmation by the password after two factors. `confirm_for` is `NARTHEX_CONFIRM_FOR`. A
    /// confirmation by the password under a longer one seems later than it was.
    #[must_use]
    pub fn confirmed_at(&self, confirm_for: Duration) -> Timestamp {
        if self.methods.level() < 2 {
            return self.authenticated_at;
        }
        let confirmed = self.confirmed_until.unwrap_or(self.authenticated_at);
        let confirmed = confirmed.saturating_sub(confirm_for);
        confirmed.max(self.authenticated_at)
    }

    /// Returns the time from which on the credential is expired, if its last use was at
    /// `last_seen`.
    #[must_use]
    pub fn effective_expiry(&self, last_seen: Timestamp) -> Option<Timestamp> {
        self.lifecycle(last_seen).effective_expiry()
    }

    const fn lifecycle(&self, last_active_at: Timestamp) -> Lifecycle {
        Lifecycle {
            revoked: false,
            paused: false,
            expires_at: self.expires_at,
            idle_limit: self.idle_limit,
            last_active_at,
        }
    }
}

/// A cached lookup: the user and the credential of one secret, as the database had them, and the
/// last use since.
#[derive(Debug)]
pub struct CachedCredential {
    /// The user.
    pub user: Arc<CachedUser>,
    /// The credential.
    pub credential: CredentialSnapshot,
    /// The end of the grace period if a newer secret has replaced this one, or the end that an import
    /// gave it.
    until: Option<Timestamp>,
    /// The time from which on the database is queried again.
    recheck_at: Timestamp,
    /// The second of the last use (high half) and a hash of the address (low half).
    seen: AtomicU64,
}

/// The maximum age of an entry. Narthex invalidates entries on every change; this bounds the
/// staleness after a manual edit of the database.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The row of a lookup by secret.
#[derive(Clone, Debug)]
pub struct LookupRow {
    /// The user.
    pub user: User,
    /// The credential.
    pub credential: CredentialSnapshot,
    /// The end of the grace period if a newer secret has replaced this one, or the end that an import
    /// gave it.
    pub until: Option<Timestamp>,
    /// Whether this secret was revoked.
    pub is_revoked: bool,
    /// The time of the last use of the credential.
    pub last_seen: Timestamp,
    /// The time at which the row was read.
    pub at: Timestamp,
    /// Whether the credential is revoked.
    pub ended: bool,
    /// Whether the credential is paused.
    pub paused: bool,
    /// Whether the user is disabled.
    pub user_disabled: bool,
}

/// The outcome of a lookup: the row, and the cached entry if the credential is accepted.
#[derive(Debug)]
pub struct LookupOutcome {
    /// The row.
    pub row: LookupRow,
    /// The cached entry.
    pub cached: Option<Arc<CachedCredential>>,
}

impl LookupRow {
    /// Returns the state of the credential at `now`.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> CredentialState {
        let lifecycle = Lifecycle {
            revoked: self.ended,
            paused: self.paused,
            ..self.credential.lifecycle(self.last_seen)
        };
        CredentialState::at(&lifecycle, now)
    }

    /// Converts the row for the caller of this lookup alone, without the cache.
    #[must_use]
    pub fn into_uncached(self) -> CachedCredential {
        let user = Arc::new(CachedUser::new(self.user));
        CachedCredential::new(user, self.credential, self.until, self.last_seen, self.at)
    }
}

impl CachedCredential {
    fn new(
        user: Arc<CachedUser>,
        credential: CredentialSnapshot,
        until: Option<Timestamp>,
        last_seen: Timestamp,
        at: Timestamp,
    ) -> Self {
        let ends = [
            credential.expires_at,
            until,
            Some(at.saturating_add(MAX_AGE)),
        ];
        Self {
            user,
            until,
            recheck_at: ends.into_iter().flatten().min().unwrap_or(at),
            credential,
            seen: AtomicU64::new(u64::from(second_of(last_seen)) << 32),
        }
    }

    /// Returns the time from which this secret is rejected, if its last use was at `last_seen`. It
    /// is the end of the secret or of its credential, whichever is earlier.
    #[must_use]
    pub fn ends_at(&self, last_seen: Timestamp) -> Option<Timestamp> {
        earlier(self.credential.effective_expiry(last_seen), self.until)
    }

    /// Returns whether the entry is accepted without a query: it is not expired, and cannot be.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        let in_use = match self.credential.idle_limit {
            None => true,
            Some(limit) => {
                let second = i64::try_from(self.seen.load(Ordering::Relaxed) >> 32).unwrap_or(0);
                now < Timestamp::from_micros(second.saturating_mul(1_000_000)).saturating_add(limit)
            }
        };
        in_use && now < self.recheck_at
    }

    /// Records a use at `now` from the address with `address_hash`. Returns `true` if this is the
    /// first use from that place within this second, so that one of many uses is written to the
    /// database.
    #[must_use]
    pub fn record_use(&self, now: Timestamp, address_hash: u32) -> bool {
        let new = (u64::from(second_of(now)) << 32) | u64::from(address_hash);
        let old = self.seen.load(Ordering::Relaxed);
        // Read first: a write of the same value would invalidate the cache line of other cores.
        old != new
            && self
                .seen
                .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Returns the approximate size in bytes. A user is counted with each of its entries, so the
    /// sum is never too small for the limit.
    fn weight(&self) -> usize {
        let user = &self.user.user;
        size_of::<Self>()
            + size_of::<CachedUser>()
            + user.email.capacity()
            + user.name.capacity()
            // The response body has the same texts once more, and its other members.
            + user.email.len()
            + user.name.len()
            + BODY_OVERHEAD
            + cache::OVERHEAD
    }
}

/// An id, a time and the names of members, with room for some characters that JSON escapes.
const BODY_OVERHEAD: usize = 160;

/// Returns seconds since 1970. A time after the year 2106 counts as the last second of the range.
fn second_of(moment: Timestamp) -> u32 {
    u32::try_from(moment.micros().div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX)
}
