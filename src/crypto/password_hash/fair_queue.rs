//! A bounded number of permits, shared fairly between client networks.
//!
//! It implements start-time fair queueing (Goyal, Vin and Cheng 1996) with equal costs. The n-th
//! request of a network is queued for round n. The first request of a network joins the current
//! round, and so comes before later requests of a network that sends many.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::oneshot;

/// The network that a request counts for; `None` for clients without an address.
pub(super) type Client = Option<IpNet>;

/// Permits for a bounded number of holders, and a bounded queue for them.
pub(super) struct FairQueue {
    max_waiting: usize,
    state: Mutex<State>,
}

struct State {
    free: usize,
    /// The round of the latest granted request.
    round: u64,
    next_id: u64,
    held: Vec<Turn>,
    waiting: Vec<Waiter>,
}

/// The place of a request in the order.
#[derive(Clone, Copy)]
struct Turn {
    client: Client,
    round: u64,
    /// Increases with each request.
    id: u64,
}

struct Waiter {
    turn: Turn,
    granted: oneshot::Sender<Permit>,
}

/// The right to hash one password at a time. It goes to the next waiter when it is dropped.
pub(super) struct Permit {
    queue: Arc<FairQueue>,
    id: u64,
}

impl FairQueue {
    /// Creates a queue with `permits` permits, in which at most `max_waiting` requests wait.
    pub(super) const fn new(permits: usize, max_waiting: usize) -> Self {
        let state = State {
            free: permits,
            round: 0,
            next_id: 0,
            held: Vec::new(),
            waiting: Vec::new(),
        };
        Self {
            max_waiting,
            state: Mutex::new(state),
        }
    }

    /// Returns a permit when it is the turn of this request.
    ///
    /// Returns `None` if the queue is full. Also returns `None` if the queue becomes full and
    /// `client` has more requests in it than another network that asks. A network therefore has no
    /// more than its share of the queue while other networks need theirs.
    pub(super) async fn acquire(self: &Arc<Self>, client: Client) -> Option<Permit> {
        let ticket = match self.lock().enter(client, self.max_waiting)? {
            QueueEntry::Granted(id) => return Some(self.permit(id)),
            QueueEntry::Waiting(id, granted) => Ticket {
                queue: self,
                id,
                granted,
            },
        };
        ticket.granted().await
    }

    fn permit(self: &Arc<Self>, id: u64) -> Permit {
        Permit {
            queue: Arc::clone(self),
            id,
        }
    }

    fn release(self: &Arc<Self>, id: u64) {
        let next = self.lock().release(id);
        // Sent outside of the lock. If the waiter is gone, the permit is dropped here, which calls
        // this function again.
        if let Some(waiter) = next {
            drop(waiter.granted.send(self.permit(waiter.turn.id)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }
}

/// The entry of a request into the queue.
enum QueueEntry {
    Granted(u64),
    Waiting(u64, oneshot::Receiver<Permit>),
}

impl State {
    fn enter(&mut self, client: Client, max_waiting: usize) -> Option<QueueEntry> {
        let turn = self.next_turn(client);
        if self.free > 0 {
            self.free -= 1;
            self.round = turn.round;
            self.held.push(turn);
            return Some(QueueEntry::Granted(turn.id));
        }
        if self.waiting.len() >= max_waiting {
            let evicted = self.newest_of_the_largest(self.waiting_for(client))?;
            // Dropping the waiter answers its request that the hasher is busy.
            drop(self.waiting.remove(evicted));
        }
        let (granted, receiver) = oneshot::channel();
        self.waiting.push(Waiter { turn, granted });
        Some(QueueEntry::Waiting(turn.id, receiver))
    }

    /// Places a network's requests one round after the other, and none in a past round.
    fn next_turn(&mut self, client: Client) -> Turn {
        let waiting = self.waiting.iter().map(|waiter| waiter.turn);
        let turns = self.held.iter().copied().chain(waiting);
        let last = turns
            .filter(|turn| turn.client == client)
            .map(|turn| turn.round + 1)
            .max();
        self.next_id += 1;
        Turn {
            client,
            round: last.unwrap_or(self.round).max(self.round),
            id: self.next_id,
        }
    }

    fn waiting_for(&self, client: Client) -> usize {
        let belongs_to_client = |waiter: &&Waiter| waiter.turn.client == client;
        self.waiting.iter().filter(belongs_to_client).count()
    }

    /// Returns the index of the newest waiter of the network with the most waiters. Returns `None`
    /// if removing it would leave that network with fewer waiters than a network that has `own` and
    /// gets one more.
    fn newest_of_the_largest(&self, own: usize) -> Option<usize> {
        let weighed = self.waiting.iter().enumerate().map(|(index, waiter)| {
            let weight = self.waiting_for(waiter.turn.client);
            (weight, waiter.turn.round, waiter.turn.id, index)
        });
        let (weight, _, _, index) = weighed.max()?;
        (weight > own + 1).then_some(index)
    }

    fn release(&mut self, id: u64) -> Option<Waiter> {
        self.held.retain(|turn| turn.id != id);
        let turns = self.waiting.iter().enumerate();
        let next = turns.min_by_key(|(_, waiter)| (waiter.turn.round, waiter.turn.id));
        let Some((index, _)) = next else {
            self.free += 1;
            return None;
        };
        let waiter = self.waiting.remove(index);
        self.round = waiter.turn.round;
        self.held.push(waiter.turn);
        Some(waiter)
    }
}

/// A waiting request. It leaves the queue when it is dropped, for example because its client
/// disconnected.
struct Ticket<'a> {
    queue: &'a FairQueue,
    id: u64,
    granted: oneshot::Receiver<Permit>,
}

impl Ticket<'_> {
    async fn granted(mut self) -> Option<Permit> {
        (&mut self.granted).await.ok()
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.waiting.retain(|waiter| waiter.turn.id != self.id);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queue.release(self.id);
    }
}
