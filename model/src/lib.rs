//! The protocol of `docs/revocation.md` as a state machine, small enough that every state of it can
//! be visited: the nodes and their caches, the revocations, and everything that the database, the
//! clocks and the operating system may do in between.
//!
//! The scope of the search, and how the model represents the system:
//!
//! - **One credential**, which one of the revocations revokes. The other revocations concern other
//!   users: they extend the log and evict nodes. The code calls the process that makes a revocation
//!   a *revoker*.
//! - **Every step of every process is one action**, and the actions occur in every order. A frozen
//!   process is one that takes no step, for any length of time.
//! - **Time** is an action, too: [`Action::Tick`], which all clocks follow. The clock of a node may
//!   miss [`Protocol::drift`] ticks within a lease. The state contains no instants: a lease is the
//!   time that is left of it, so that unlimited time needs a finite number of states.
//! - **The database** commits one transaction after the other. Any step that queries it may fail,
//!   at any time and any number of times, like a database that is unavailable for a while. A
//!   revocation may commit without its process receiving the result.
//! - **Wall clocks** differ by up to [`Protocol::skew`], and any of them may be set at any moment.
//!   The credential expires at a different moment by each of them.
//! - **A failover** replaces the database once: a standby that stopped replicating at some moment
//!   takes over, and later commits are lost. Their positions are then used again.
//! - **Wakeups** (`NOTIFY`, `data_version`) are not modelled: a node may read the log at any
//!   moment, and never has to.
//! - **The process that evicts** a silent node may be a revocation that waited for it, or a node
//!   that watches the others ([`Protocol::watcher`]), which in the model is no particular node.
//! - **Numbers that are only compared** are represented by the result: a generation by whether it
//!   has changed, a heartbeat by whether it is still the one that was read.
//!
//! [`Rule`] names the rules of the protocol. A [`Protocol`] can leave one of them out.

mod failover;
mod node;
mod protocol;
mod revoker;
mod rule;
mod state;
mod wall;

pub use failover::{Copy, Failover, Standby};
pub use protocol::{Action, Protocol};
pub use rule::Rule;
pub use state::{Filling, Node, Revoker, Round, Row, Seen, Span, Stage, State};
pub use wall::Walls;
