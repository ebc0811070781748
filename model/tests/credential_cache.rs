//! The credential cache, with the source code of the program, under a scheduler that tries threads
//! in many orders: after an invalidation, no thread gets an entry that was read before it.
//!
//! `src/credential_cache/cache.rs` and `src/credential_cache/interner.rs` are compiled into this
//! test. Minimal versions of the modules that they import follow, and `util::sync` is that of
//! shuttle instead of std.

use std::ops::Deref;

use self::util::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};
use self::{
    cache::{CredentialCache, InvalidationKey},
    types::{ability::Abilities, ids::UserId},
};

mod util {
    pub mod sync {
        pub use std::sync::PoisonError;

        pub use shuttle::sync::{Arc, Mutex, MutexGuard, RwLock, Weak, atomic};
    }
}

mod crypto {
    pub mod digest {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct Digest(pub [u8; 32]);

        impl Digest {
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }
    }
}

mod config {
    #[derive(Clone, Copy)]
    pub struct CacheLimits {
        pub entries: usize,
        pub bytes: usize,
    }
}

mod types {
    pub mod ids {
        pub type UserId = u8;
    }

    pub mod ability {
        #[derive(Debug)]
        pub struct Abilities;

        impl Abilities {
            pub fn to_stored(&self) -> String {
                String::new()
            }
        }
    }
}

#[path = "../../src/credential_cache/cache.rs"]
mod cache;
#[path = "../../src/credential_cache/interner.rs"]
mod interner;

#[derive(Clone, Debug)]
struct User {
    id: UserId,
    email: String,
    name: String,
}

#[derive(Debug)]
struct CachedUser {
    user: User,
    invalidated: AtomicBool,
}

impl CachedUser {
    fn new(user: User) -> Self {
        let invalidated = AtomicBool::new(false);
        Self { user, invalidated }
    }

    fn mark_invalidated(&self) {
        self.invalidated.store(true, Ordering::SeqCst);
    }

    fn is_invalidated(&self) -> bool {
        self.invalidated.load(Ordering::SeqCst)
    }
}

impl Deref for CachedUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

#[derive(Debug)]
struct CredentialSnapshot {
    abilities: Arc<Abilities>,
    /// The number of changes of the row when it was read.
    changes: u32,
}

struct LookupRow {
    user: User,
    credential: CredentialSnapshot,
    until: Option<u8>,
    last_seen: u8,
    at: u8,
}

impl LookupRow {
    fn into_uncached(self) -> CachedCredential {
        let user = Arc::new(CachedUser::new(self.user));
        CachedCredential::new(user, self.credential, None, 0, 0)
    }
}

#[derive(Debug)]
struct CachedCredential {
    user: Arc<CachedUser>,
    credential: CredentialSnapshot,
}

impl CachedCredential {
    fn new(
        user: Arc<CachedUser>,
        credential: CredentialSnapshot,
        _: Option<u8>,
        _: u8,
        _: u8,
    ) -> Self {
        Self { user, credential }
    }

    fn weight(&self) -> usize {
        cache::OVERHEAD
    }
}

/// Ada's credentials are revoked; Bob's only fill the cache.
const ADA: crypto::digest::Digest = crypto::digest::Digest([0; 32]);
const BOB: [crypto::digest::Digest; 2] = [
    crypto::digest::Digest([1; 32]),
    crypto::digest::Digest([2; 32]),
];

#[test]
fn invalidated_user_hides_entries_read_before() {
    in_many_orders(|| {
        check_during_invalidations(8, |memory| memory.invalidate([InvalidationKey::User(0)]))
    });
}

#[test]
fn invalidated_secret_hides_its_entry_read_before() {
    in_many_orders(|| {
        check_during_invalidations(8, |memory| {
            memory.invalidate([InvalidationKey::Secret(ADA)])
        })
    });
}

#[test]
fn cleared_cache_hides_entries_read_before() {
    in_many_orders(|| check_during_invalidations(8, CredentialCache::clear));
}

#[test]
fn invalidation_of_everything_hides_entries_read_before() {
    in_many_orders(|| {
        check_during_invalidations(8, |memory| memory.invalidate([InvalidationKey::Everything]))
    });
}

#[test]
fn invalidated_user_hides_entries_that_are_being_evicted() {
    in_many_orders(|| {
        check_during_invalidations(2, |memory| memory.invalidate([InvalidationKey::User(0)]))
    });
}

#[test]
fn invalidated_secret_hides_an_entry_that_is_being_evicted() {
    in_many_orders(|| {
        check_during_invalidations(2, |memory| {
            memory.invalidate([InvalidationKey::Secret(ADA)])
        })
    });
}

#[test]
fn invalidating_one_secret_keeps_the_users_other_entries() {
    let alone = || {
        let bytes = 1 << 20;
        let memory = CredentialCache::new(config::CacheLimits { entries: 8, bytes });
        for digest in [ADA, BOB[0]] {
            drop(memory.insert_if_current(memory.generation(), digest, read(0, 0)));
        }
        memory.invalidate([InvalidationKey::Secret(ADA)]);
        assert!(memory.get(&ADA).is_none(), "the invalidated entry");
        assert!(memory.get(&BOB[0]).is_some(), "the other entry");
        assert_eq!(memory.entry_count(), 1);
    };
    shuttle::check_random(alone, 1);
}

fn in_many_orders(run: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(run, 10_000);
    shuttle::check_pct(run, 10_000, 3);
}

/// Two threads check the credential, and a third makes two changes with an invalidation, one after
/// the other. A check that begins after a change was answered gets no entry from before that
/// change.
fn check_during_invalidations(
    entries: usize,
    invalidate: impl Fn(&CredentialCache) + Send + 'static,
) {
    let bytes = 1 << 20;
    let memory = Arc::new(CredentialCache::new(config::CacheLimits { entries, bytes }));
    let (row, answered) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut threads = Vec::new();
    for _ in 0..2 {
        let (memory, row, answered) = (memory.clone(), row.clone(), answered.clone());
        threads.push(shuttle::thread::spawn(move || {
            for other in BOB {
                check(&memory, &row, &answered);
                let before = memory.generation();
                drop(memory.insert_if_current(before, other, read(1, 0)));
            }
            check(&memory, &row, &answered);
        }));
    }
    let invalidating = (memory.clone(), row.clone(), answered.clone());
    threads.push(shuttle::thread::spawn(move || {
        let (memory, row, answered) = invalidating;
        for change in 1..3 {
            row.store(change, Ordering::SeqCst);
            invalidate(&memory);
            answered.store(change, Ordering::SeqCst);
        }
    }));
    for thread in threads {
        thread.join().unwrap();
    }
    check(&memory, &row, &answered);
    assert!(
        (1..=entries).contains(&memory.entry_count()),
        "the cache exceeds its bound"
    );
}

fn check(memory: &CredentialCache, row: &AtomicU32, answered: &AtomicU32) {
    let answered = answered.load(Ordering::SeqCst);
    if let Some(cached) = memory.get(&ADA) {
        assert!(
            cached.credential.changes >= answered,
            "the entry was invalidated"
        );
        return;
    }
    let before = memory.generation();
    let changes = row.load(Ordering::SeqCst);
    drop(memory.insert_if_current(before, ADA, read(0, changes)));
}

fn read(id: u8, changes: u32) -> LookupRow {
    LookupRow {
        user: User {
            id,
            email: String::new(),
            name: String::new(),
        },
        credential: CredentialSnapshot {
            abilities: Arc::new(Abilities),
            changes,
        },
        until: None,
        last_seen: 0,
        at: 0,
    }
}
