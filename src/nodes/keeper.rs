//! The thread that keeps a node's lease, and hears what others tell.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use super::{
    Shared,
    bell::Bell,
    copies, lease,
    store::{self, Node},
};
use crate::{
    ids::NodeId,
    kit::{
        clock::uptime,
        db::{self, Beside},
        id::Id,
    },
};

/// A node that nobody has asked for so long leaves, and writes nothing until somebody does.
const IDLE: Duration = Duration::from_secs(60);
/// How often it listens while it is asked, and while it was not asked for a while.
const LISTEN: Duration = Duration::from_millis(4);
const LISTEN_SELDOM: Duration = Duration::from_millis(50);
const A_WHILE: Duration = Duration::from_secs(3);
/// How often it looks without having heard anything: hints may be lost, and some engines give none.
const LOOK: Duration = Duration::from_millis(250);
/// How often it looks at the database's file while nobody asks anything.
const WATCH: Duration = Duration::from_secs(1);
/// After the database failed.
const PAUSE: Duration = Duration::from_millis(500);

const REPLACED: &str = "another file was put in the place of the database while it was open here, so that \
                        nothing that happens in it is heard of: start again; if it is a backup, end \
                        everything with narthex sign-out --all";

pub(super) struct Keeper {
    shared: Weak<Shared>,
    bell: Arc<Bell>,
    beside: Beside,
    member: Option<Member>,
    suspects: Suspects,
    /// Whether it was looked whether the database is a copy.
    looked: bool,
    /// Whether the last turn failed; said once.
    failing: bool,
    /// After something that takes time.
    not_before: Duration,
}

/// What it is while it has joined.
struct Member {
    id: NodeId,
    applied: i64,
    next_beat: Duration,
    next_look: Duration,
    /// The beat of each other node, and since when it was that.
    others: Suspects,
}

/// Why a turn did not go on.
enum Interrupted {
    By(db::Error),
    /// This node's row is gone.
    GivenUp,
}

impl From<db::Error> for Interrupted {
    fn from(error: db::Error) -> Self {
        Self::By(error)
    }
}

impl Keeper {
    pub(super) fn new(shared: &Arc<Shared>, bell: Arc<Bell>) -> Self {
        Self {
            beside: shared.database.beside(),
            shared: Arc::downgrade(shared),
            bell,
            member: None,
            suspects: Suspects::new(),
            looked: false,
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
            let pause = self.turn(&shared);
            drop(shared);
            self.bell.sleep(pause);
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.lease.give_up();
        }
        self.depart();
    }

    /// Does what is due, and says how long there is nothing to do.
    fn turn(&mut self, shared: &Shared) -> Duration {
        if self.beside.was_replaced() {
            shared.lease.give_up();
            self.member = None;
            shared.stop_because(REPLACED);
            return PAUSE;
        }
        let idle = shared.idle_for();
        if idle >= IDLE {
            shared.lease.give_up();
            shared.is_known_as(None);
            self.depart();
            return WATCH;
        }
        // Every check rings while memory may not be believed. That is no reason to hurry.
        let early = self.not_before.saturating_sub(uptime());
        if !early.is_zero() {
            return early;
        }
        let pause = match self.keep(shared) {
            Ok(()) => {
                self.failing = false;
                match self.member {
                    None => LOOK,
                    Some(_) if idle < A_WHILE => return LISTEN,
                    Some(_) => return LISTEN_SELDOM,
                }
            }
            Err(Interrupted::GivenUp) => {
                shared.lease.give_up();
                self.member = None;
                tracing::warn!("the others have given this process up; it joins them again");
                Duration::ZERO
            }
            Err(Interrupted::By(error)) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(cause = %error, "the lease cannot be kept; every check asks the database");
                }
                PAUSE
            }
        };
        self.not_before = uptime() + pause;
        pause
    }

    /// Whatever is due now.
    fn keep(&mut self, shared: &Shared) -> Result<(), Interrupted> {
        if !self.looked {
            look(shared, &mut self.beside)?;
            self.looked = true;
        }
        let Some(member) = &mut self.member else {
            self.member = join(shared, &mut self.beside, &mut self.suspects)?;
            return Ok(());
        };
        let now = uptime();
        if now >= member.next_beat {
            member.beat(shared, &mut self.beside, now)?;
        } else if self.beside.hears_something()? || now >= member.next_look {
            member.catch_up(shared, &mut self.beside)?;
        }
        Ok(())
    }

    /// Nobody needs to wait for this process any more.
    fn depart(&mut self) {
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

/// Says so where the database is a copy that was put in the place of another.
fn look(shared: &Shared, beside: &mut Beside) -> Result<(), db::Error> {
    let (here, now) = (beside.place()?, shared.clock.now());
    let place = here.clone();
    match beside.read(move |connection| copies::doubt(connection, &place, now))? {
        Some(doubt) => tracing::warn!("{doubt}"),
        None => beside.write(move |connection| copies::is_known_to_be(connection, &here))?,
    }
    Ok(())
}

/// Others of which it is not known whether they live: the beat of each, and since when it is that.
type Suspects = HashMap<NodeId, (i64, Duration)>;

/// Becomes known to the others. None where it goes by nothing yet, or one of them by something else.
fn join(
    shared: &Shared,
    beside: &mut Beside,
    suspects: &mut Suspects,
) -> Result<Option<Member>, db::Error> {
    let Some(own) = shared.terms.get().cloned() else {
        return Ok(None);
    };
    let began = uptime();
    let at = shared.clock.now();
    let id: NodeId =
        Id::new(at, &*shared.random).map_err(|error| db::Error::Unreachable(error.to_string()))?;
    let (applied, disagreeing) = beside.write(move |connection| {
        // Its lock puts joining and ending in an order: an ending sees this node, or was before.
        let position = store::advance(connection, 0)?;
        let mut disagreeing = store::terms(connection)?;
        disagreeing.retain(|(_, terms)| own.disagreement(terms).is_some());
        if disagreeing.is_empty() {
            store::insert_node(connection, id, position, &own, at)?;
        }
        let own = own.clone();
        let disagreeing = disagreeing
            .into_iter()
            .filter_map(|(node, terms)| Some((node, own.disagreement(&terms)?)));
        Ok((position, disagreeing.collect::<Vec<_>>()))
    })?;
    if !disagreeing.is_empty() {
        return suspect(shared, beside, suspects, disagreeing).map(|()| None);
    }
    suspects.clear();
    shared.is_known_as(Some(id));
    // Whatever was kept before is not what others would have told of.
    shared.memory.forget_all();
    shared.lease.renew(began);
    Ok(Some(Member {
        id,
        applied,
        next_beat: began + lease::BEAT,
        next_look: began + LOOK,
        others: Suspects::new(),
    }))
}

/// Tells those that live from those that do not, which takes a beat, or else a lease. One that was killed
/// is no reason to stop, and its row is there until it is given up.
fn suspect(
    shared: &Shared,
    beside: &mut Beside,
    suspects: &mut Suspects,
    disagreeing: Vec<(Node, &'static str)>,
) -> Result<(), db::Error> {
    let now = uptime();
    for (node, why) in disagreeing {
        let (beat, since) = *suspects.entry(node.id).or_insert((node.beat, now));
        if beat != node.beat {
            shared.stop_because(why);
        } else if now.saturating_sub(since) >= lease::WAITED_FOR {
            beside.write(move |connection| store::give_up(connection, node.id, beat))?;
        }
    }
    Ok(())
}

impl Member {
    /// Renews the lease. What was told before the beat was taken is applied before it is believed that
    /// the lease is renewed; and it runs from before the beat.
    fn beat(
        &mut self,
        shared: &Shared,
        beside: &mut Beside,
        began: Duration,
    ) -> Result<(), Interrupted> {
        let (id, applied, at) = (self.id, self.applied, shared.clock.now());
        if !beside.write(move |connection| store::beat(connection, id, applied, at))? {
            return Err(Interrupted::GivenUp);
        }
        self.catch_up(shared, beside)?;
        shared.lease.renew(began);
        self.next_beat = began + lease::BEAT;
        self.give_up_the_silent(beside)?;
        Ok(())
    }

    /// Reads what was told, forgets what it is about, and says so to those who wait for it.
    fn catch_up(&mut self, shared: &Shared, beside: &mut Beside) -> Result<(), db::Error> {
        self.next_look = uptime() + LOOK;
        let applied = self.applied;
        let since = beside.read(move |connection| store::since(connection, applied))?;
        let own = Some(self.id);
        let is_waited_for = match &since.notices {
            None => {
                shared.memory.forget_all();
                true
            }
            Some(notices) if notices.is_empty() => false,
            Some(notices) => {
                shared
                    .memory
                    .forget(notices.iter().map(|(subject, _)| *subject));
                notices.iter().any(|(_, by)| *by != own)
            }
        };
        if since.position < applied {
            tracing::error!(
                seen = applied,
                found = since.position,
                "the database is older than what this process has seen: was a backup put in its place? \
                 What ended since it was made lives again; narthex sign-out --all ends everything"
            );
            beside.write(copies::is_older)?;
        }
        let (id, position) = (self.id, since.position);
        self.applied = position;
        if is_waited_for {
            // Not announced: on PostgreSQL commits with a `NOTIFY` pass one by one, and it would wake every
            // node. Whoever waits looks, every few milliseconds. And lost it may be: then this node is waited
            // for once more. A beat may not: whoever reads an old one again would give a living node up.
            beside.write(move |connection| {
                db::may_be_lost(connection)?;
                store::applied(connection, id, position)
            })?;
        }
        shared.news.notify_waiters();
        Ok(())
    }

    /// Gives up those whose beat has been the same for longer than a lease.
    fn give_up_the_silent(&mut self, beside: &mut Beside) -> Result<(), db::Error> {
        let nodes = beside.read(store::nodes)?;
        let now = uptime();
        let mut others = Suspects::new();
        for node in nodes.into_iter().filter(|node| node.id != self.id) {
            let since = match self.others.get(&node.id) {
                Some((beat, since)) if *beat == node.beat => *since,
                _ => now,
            };
            others.insert(node.id, (node.beat, since));
            if now.saturating_sub(since) >= lease::WAITED_FOR {
                beside.write(move |connection| store::give_up(connection, node.id, node.beat))?;
            }
        }
        self.others = others;
        Ok(())
    }
}
