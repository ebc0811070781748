//! The thread that keeps a node's lease, and hears what others tell.

use std::{
    collections::HashMap,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use super::{
    Shared, lease,
    membership::{Interrupted, Membership},
    store::{self, Head, Kept, Newest, Node},
    wakeup::Wakeup,
};
use crate::{
    db::{self, DatabaseIdentity, DedicatedConnection},
    restore_detection,
    types::ids::NodeId,
    util::{clock::boot_time, id::Id},
};

/// A node that nobody has asked for so long leaves, and writes nothing until somebody does.
const IDLE: Duration = Duration::from_secs(60);
/// How often it listens while it is asked, and while it was not asked for a while.
const LISTEN: Duration = Duration::from_millis(4);
const POLL_IDLE: Duration = Duration::from_millis(50);
const IDLE_AFTER: Duration = Duration::from_secs(3);
/// How often it looks again whether the database is a copy, while it may be one.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How often it looks at the database's file while nobody asks anything.
const WATCH: Duration = Duration::from_secs(1);
/// After the database failed.
const PAUSE: Duration = Duration::from_millis(500);

const REPLACED: &str = "another file was put in the place of the database while it was open here, so that \
                        nothing that happens in it is heard of: start again; if it is a backup, end \
                        everything with narthex sign-out --all";

pub(super) struct Heartbeat {
    shared: Weak<Shared>,
    bell: Arc<Wakeup>,
    beside: DedicatedConnection,
    member: Option<Membership>,
    suspects: SuspectedNodes,
    /// The node that this process was before: nothing is trusted under this id any more.
    former: Option<NodeId>,
    /// Where the database is, if it is known to be the right one.
    place: Option<DatabaseIdentity>,
    /// Whether the server changed under a lease that was held, and nothing was lost.
    lived_through: bool,
    /// When it has to be looked whether the database is a copy.
    look_at: Option<Duration>,
    /// Whether notifications were found not to arrive; said once.
    is_deaf: bool,
    /// Whether the last turn failed; said once.
    failing: bool,
    /// After something that takes time.
    not_before: Duration,
}

impl Heartbeat {
    pub(super) fn new(shared: &Arc<Shared>, bell: Arc<Wakeup>) -> Self {
        Self {
            beside: shared.database.dedicated_connection(),
            shared: Arc::downgrade(shared),
            bell,
            member: None,
            suspects: SuspectedNodes::new(),
            former: None,
            place: None,
            lived_through: false,
            look_at: Some(Duration::ZERO),
            is_deaf: false,
            failing: false,
            not_before: Duration::ZERO,
        }
    }

    /// Until the bell is stopped, or everybody else is gone.
    pub(super) fn run(mut self) {
        while !self.bell.is_stopped() {
            let Some(shared) = self.shared.upgrade() else {
                break;
            };
            let pause = self.tick(&shared);
            drop(shared);
            self.bell.sleep(pause);
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.lease.end();
        }
        self.leave();
    }

    /// Does what is due, and says how long there is nothing to do.
    fn tick(&mut self, shared: &Shared) -> Duration {
        if self.beside.was_replaced() {
            shared.lease.end();
            self.member = None;
            shared.request_shutdown(REPLACED);
            return PAUSE;
        }
        let idle = shared.idle_for();
        if idle >= IDLE {
            shared.lease.end();
            shared.set_id(None);
            self.leave();
            return WATCH;
        }
        // Every check rings while memory may not be believed. That is no reason to hurry.
        let early = self.not_before.saturating_sub(boot_time());
        if !early.is_zero() {
            return early;
        }
        let pause = match self.renew_and_catch_up(shared) {
            Ok(()) => {
                self.failing = false;
                shared.takes_no_writes.store(false, Ordering::Relaxed);
                match self.member {
                    None => lease::POLL_WITHOUT_NOTIFICATION,
                    Some(_) if idle < IDLE_AFTER => return LISTEN,
                    Some(_) => return POLL_IDLE,
                }
            }
            Err(Interrupted::GivenUp) => {
                self.rejoin(shared);
                tracing::warn!("the others have given this process up; it joins them again");
                Duration::ZERO
            }
            Err(Interrupted::Moved) => self.follow_failover(shared),
            Err(Interrupted::Lost) => {
                self.rejoin(shared);
                Duration::ZERO
            }
            Err(Interrupted::By(error)) => {
                // A beat is a write: if the database can be read, that is what fails.
                let reads = self.beside.read(store::nodes).is_ok();
                shared.takes_no_writes.store(reads, Ordering::Relaxed);
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(cause = %error, "the lease cannot be kept; every check asks the database");
                }
                PAUSE
            }
        };
        self.not_before = boot_time() + pause;
        pause
    }

    /// Whatever is due now.
    fn renew_and_catch_up(&mut self, shared: &Shared) -> Result<(), Interrupted> {
        if self.look_at.is_some_and(|at| boot_time() >= at) {
            self.check_database_identity(shared)?;
        }
        let Some(member) = &mut self.member else {
            self.member = self.join(shared)?;
            return Ok(());
        };
        let now = boot_time();
        if now >= member.next_beat {
            member.beat(shared, &mut self.beside, now)?;
        } else {
            let hears = member.has_notification(&mut self.beside, now)?;
            self.is_deaf = member.is_deaf;
            if hears || now >= member.next_look {
                member.catch_up(shared, &mut self.beside)?;
            }
        }
        Ok(())
    }

    /// Trusts nothing any more, and joins as another node.
    fn rejoin(&mut self, shared: &Shared) {
        shared.lease.end();
        shared.set_id(None);
        if let Some(member) = self.member.take() {
            self.former = Some(member.id);
        }
        self.look_at = Some(Duration::ZERO);
    }

    /// The database is on another server now: a standby took over, or it was restored. If the lease is still
    /// held when the newest notice is found there, every revocation that was answered is there: one that
    /// came after that notice waits for this node, a whole lease long, and then looks for its own notice.
    fn follow_failover(&mut self, shared: &Shared) -> Duration {
        shared.moves.fetch_add(1, Ordering::SeqCst);
        let newest = shared.newest();
        let kept = self
            .beside
            .read(move |connection| store::fate_of(connection, newest));
        let held = shared.lease.until().is_after(boot_time());
        self.lived_through = held && matches!(kept, Ok(Kept::Intact));
        self.rejoin(shared);
        tracing::warn!(
            "the database is on another server or timeline; this process forgets everything and joins again"
        );
        Duration::ZERO
    }

    /// Looks whether the database is a copy that was put in the place of another. Says so, once.
    fn check_database_identity(&mut self, shared: &Shared) -> Result<(), db::Error> {
        let (here, now) = (self.beside.identity()?, shared.clock.now());
        let lived_through = std::mem::take(&mut self.lived_through);
        if let (true, Some(was)) = (lived_through, &self.place)
            && here.is_next_timeline_of(was)
        {
            let (was, here) = (was.clone(), here.clone());
            let text = here.to_string();
            let recorded = move |connection: &mut _| {
                restore_detection::record_failover(connection, &was, &here)
            };
            if self.beside.write(recorded)? {
                tracing::info!(
                    place = text,
                    "a standby took over and no revocation was lost; its place is recorded"
                );
            }
        }
        let place = here.clone();
        let doubt = self
            .beside
            .read(move |connection| restore_detection::find_evidence(connection, &place, now))?;
        let doubted = shared
            .may_be_a_copy
            .swap(doubt.is_some(), Ordering::Relaxed);
        let Some(doubt) = doubt else {
            let place = here.clone();
            self.beside
                .write(move |connection| restore_detection::record_identity(connection, &place))?;
            (self.place, self.look_at) = (Some(here), None);
            return Ok(());
        };
        if !doubted {
            tracing::warn!("{doubt}");
        }
        (self.place, self.look_at) = (None, Some(boot_time() + LOOK_AGAIN));
        Ok(())
    }

    /// Becomes known to the others. None where it goes by nothing yet, or one of them by something else.
    fn join(&mut self, shared: &Shared) -> Result<Option<Membership>, db::Error> {
        let Some(own) = shared.terms.get().cloned() else {
            return Ok(None);
        };
        let began = boot_time();
        let at = shared.clock.now();
        let id: NodeId = Id::new(at, &*shared.random)
            .map_err(|error| db::Error::Unreachable(error.to_string()))?;
        let on_server = shared.database.names_its_server();
        let (seen, former) = (shared.newest(), self.former);
        let joined = self.beside.write(move |connection| {
            // Its lock puts joining and ending in an order: an ending sees this node, or was before.
            let head = store::advance(connection, 0, on_server)?;
            let kept = store::fate_of(connection, seen)?;
            let newest = store::newest(connection, head.position)?;
            if let Some(former) = former {
                store::remove(connection, former)?;
            }
            let mut disagreeing = store::node_configs(connection)?;
            let others = disagreeing.len();
            disagreeing.retain(|(_, terms)| own.mismatch(terms).is_some());
            if disagreeing.is_empty() {
                store::insert_node(connection, id, (head.position, &head.server), &own, at)?;
                // To itself: so it finds out whether it hears anything.
                db::notify(connection)?;
            }
            let disagreeing = disagreeing
                .into_iter()
                .filter_map(|(node, terms)| Some((node, own.mismatch(&terms)?)));
            let disagreeing = disagreeing.collect::<Vec<_>>();
            Ok(Joined {
                head,
                newest,
                kept,
                others,
                disagreeing,
            })
        })?;
        self.former = None;
        if joined.kept == Kept::Lost {
            self.record_lost_commits(shared, joined.newest)?;
        }
        if !joined.disagreeing.is_empty() {
            let disagreeing = joined.disagreeing;
            return find_suspects(shared, &mut self.beside, &mut self.suspects, disagreeing)
                .map(|()| None);
        }
        self.suspects.clear();
        shared.record_newest(joined.newest);
        shared
            .nodes_seen
            .store(joined.others + 1, Ordering::Relaxed);
        shared.set_id(Some(id));
        // Whatever was kept before is not what others would have told of.
        shared.memory.clear();
        shared.lease.renew(began);
        Ok(Some(Membership::new(
            id,
            joined.newest,
            joined.head,
            began,
            self.is_deaf,
        )))
    }

    /// The database lost commits that this process had seen: has every start and every `check` know it.
    fn record_lost_commits(&mut self, shared: &Shared, newest: Newest) -> Result<(), db::Error> {
        let seen = shared.newest();
        self.beside.write(restore_detection::mark_rewound)?;
        shared.reset_newest(newest);
        self.look_at = Some(boot_time() + LOOK_AGAIN);
        shared.may_be_a_copy.store(true, Ordering::Relaxed);
        tracing::error!(
            seen = seen.position,
            found = newest.position,
            "the database is older than what this process has seen: was a backup put in its place, or did a \
             standby take over that lacked the last commits? What ended since it was made lives again; \
             narthex sign-out --all ends everything"
        );
        Ok(())
    }

    /// Nobody needs to wait for this process any more.
    fn leave(&mut self) {
        // The database may be on another server when it is asked again.
        self.look_at = Some(Duration::ZERO);
        let Some(member) = self.member.take() else {
            return;
        };
        let gone = self
            .beside
            .write(move |connection| store::remove(connection, member.id));
        if let Err(error) = gone {
            tracing::debug!(cause = %error, "the others will give this process up by themselves");
        }
    }
}

/// Others of which it is not known whether they live: the beat of each, and since when it is that.
pub(super) type SuspectedNodes = HashMap<NodeId, (i64, Duration)>;

/// What a transaction that joins has found.
struct Joined {
    head: Head,
    newest: Newest,
    /// What became of the newest notice that this process had seen.
    kept: Kept,
    others: usize,
    disagreeing: Vec<(Node, &'static str)>,
}

/// Tells those that live from those that do not, which takes a beat, or else a lease. One that was killed
/// is no reason to stop, and its row is there until it is given up.
fn find_suspects(
    shared: &Shared,
    beside: &mut DedicatedConnection,
    suspects: &mut SuspectedNodes,
    disagreeing: Vec<(Node, &'static str)>,
) -> Result<(), db::Error> {
    let now = boot_time();
    for (node, why) in disagreeing {
        let (beat, since) = *suspects.entry(node.id).or_insert((node.beat, now));
        if beat != node.beat {
            shared.request_shutdown(why);
        } else if now.saturating_sub(since) >= lease::LEASE_WAIT {
            beside.write(move |connection| store::evict_node(connection, node.id, beat))?;
        }
    }
    Ok(())
}
