//! What a process remembers of the passes that it has seen, so that a known one costs no query.
//!
//! What is here says yes or says nothing: whoever is not remembered, or whose time may be over, is asked
//! of the database. There is no memory of who is refused.

mod cache;
mod interner;

use std::{
    ops::Deref,
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
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, UserId},
    },
    util::clock::Timestamp,
};

/// A person with an account, as far as anybody but the account pages needs to know.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id: opaque, never used again for somebody else.
    pub id: UserId,
    /// The e-mail address as typed.
    pub email: String,
    /// The name.
    pub name: String,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A user whom passes that are remembered share, and whether all of that was forgotten since.
#[derive(Debug)]
pub struct CachedUser {
    user: User,
    /// Never taken back: who is asked for again is read again, and gets another of these.
    forgotten: AtomicBool,
    /// What is answered to whoever asks who they are.
    answer: OnceLock<Box<[u8]>>,
}

impl CachedUser {
    const fn new(user: User) -> Self {
        Self {
            user,
            forgotten: AtomicBool::new(false),
            answer: OnceLock::new(),
        }
    }

    /// What is answered to whoever asks who this is, as `make` made it for the first of them: it is good
    /// for as long as the user is known to be so.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn answer<E>(&self, make: impl FnOnce(&User) -> Result<Box<[u8]>, E>) -> Result<&[u8], E> {
        match self.answer.get() {
            Some(answer) => Ok(answer),
            // Two may make it at once; nobody waits for the other.
            None => {
                let made = make(&self.user)?;
                Ok(self.answer.get_or_init(|| made))
            }
        }
    }

    fn forget(&self) {
        self.forgotten.store(true, Ordering::SeqCst);
    }

    fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::SeqCst)
    }
}

impl Deref for CachedUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

/// What a request asks of the credential behind its pass.
#[derive(Clone, Debug)]
pub struct CredentialSnapshot {
    /// The credential's id.
    pub id: CredentialId,
    /// What sort it is.
    pub kind: CredentialKind,
    /// What it may do. Many credentials may do the same, and share this.
    pub abilities: Arc<Abilities>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it lets nobody in.
    pub expires_at: Option<Timestamp>,
    /// How long it may go unused.
    pub idle_limit: Option<Duration>,
    /// Until when its password counts as just confirmed.
    pub confirmed_until: Option<Timestamp>,
}

impl CredentialSnapshot {
    /// Session or token.
    #[must_use]
    pub const fn class(&self) -> CredentialType {
        self.kind.class()
    }

    /// From when on it lets nobody in if it was used at `last_seen` and never again.
    #[must_use]
    pub fn dies_at(&self, last_seen: Timestamp) -> Option<Timestamp> {
        let idle = self.idle_limit.map(|limit| last_seen.plus(limit));
        match (self.expires_at, idle) {
            (Some(expiry), Some(idle)) => Some(expiry.min(idle)),
            (expiry, idle) => expiry.or(idle),
        }
    }
}

/// Whom one secret lets in, and by what: what the database said when it was asked, and what it was used
/// for since.
#[derive(Debug)]
pub struct CachedCredential {
    /// Whom.
    pub user: Arc<CachedUser>,
    /// By what.
    pub credential: CredentialSnapshot,
    /// Until when the secret is good, where a newer one has taken its place.
    until: Option<Timestamp>,
    /// From when on the database is to be asked again.
    ask_again_at: Timestamp,
    /// The second in which it was last used (high half) and a hash of where from (low half).
    seen: AtomicU64,
}

/// For how long the database is not asked again. Every change of ours is told to all who remember; this
/// bounds what somebody does to the database by hand.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(300);

/// What the database said of a secret.
#[derive(Clone, Debug)]
pub struct LookupRow {
    /// Whom.
    pub user: User,
    /// By what.
    pub credential: CredentialSnapshot,
    /// Until when this secret is good, where a newer one has taken its place.
    pub until: Option<Timestamp>,
    /// Whether this secret was revoked.
    pub is_revoked: bool,
    /// When the credential was last used.
    pub last_seen: Timestamp,
    /// When it was read.
    pub at: Timestamp,
    /// Whether the credential was ended.
    pub ended: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether nobody can get in as this user.
    pub user_disabled: bool,
}

/// The answer to a question: what was read, and what is kept of it where it lets somebody in.
#[derive(Debug)]
pub struct LookupOutcome {
    /// What was read.
    pub read: LookupRow,
    /// What is kept.
    pub kept: Option<Arc<CachedCredential>>,
}

impl LookupRow {
    /// Whether the credential's time is over, were it not ended before.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        let dies_at = self.credential.dies_at(self.last_seen);
        dies_at.is_some_and(|end| end <= now)
    }

    /// For whoever asked, and nobody after them.
    #[must_use]
    pub fn alone(self) -> CachedCredential {
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
        let ends = [credential.expires_at, until, Some(at.plus(ASK_AGAIN_AFTER))];
        Self {
            user,
            until,
            ask_again_at: ends.into_iter().flatten().min().unwrap_or(at),
            credential,
            seen: AtomicU64::new(u64::from(second_of(last_seen)) << 32),
        }
    }

    /// When this secret stops letting its bearer in if it is last used at `last_seen`: at the end of its
    /// overlap or of its credential, whichever is earlier.
    #[must_use]
    pub fn ends_at(&self, last_seen: Timestamp) -> Option<Timestamp> {
        let ends = [self.credential.dies_at(last_seen), self.until];
        ends.into_iter().flatten().min()
    }

    /// Whether it still lets somebody in without asking: its time is not over, nor may it be.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        let in_use = match self.credential.idle_limit {
            None => true,
            Some(limit) => {
                let second = i64::try_from(self.seen.load(Ordering::Relaxed) >> 32).unwrap_or(0);
                now < Timestamp::from_micros(second.saturating_mul(1_000_000)).plus(limit)
            }
        };
        in_use && now < self.ask_again_at
    }

    /// Notes that it was used at `now` by whom `place` tells apart from others. `true`: it was not used
    /// from there in this second before. So of many uses one is written down.
    #[must_use]
    pub fn is_news(&self, now: Timestamp, place: u32) -> bool {
        let new = (u64::from(second_of(now)) << 32) | u64::from(place);
        let old = self.seen.load(Ordering::Relaxed);
        // Read first: to write what is there already would take the line away from other cores.
        old != new
            && self
                .seen
                .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Roughly how many bytes it takes. A user is counted with each of their passes: what is too much
    /// is too much for the bound, never too little.
    fn weight(&self) -> usize {
        let user = &self.user;
        size_of::<Self>()
            + size_of::<CachedUser>()
            + user.email.capacity()
            + user.name.capacity()
            // And the same once more in what is answered, with the rest of it.
            + user.email.len()
            + user.name.len()
            + REST_OF_AN_ANSWER
            + cache::OVERHEAD
    }
}

/// An id, a time, and the names of members, with room for some character that JSON has to escape.
const REST_OF_AN_ANSWER: usize = 160;

/// Seconds since 1970; those after the year 2106 count as its last.
fn second_of(moment: Timestamp) -> u32 {
    u32::try_from(moment.micros().div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX)
}
