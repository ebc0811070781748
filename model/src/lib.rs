//! The protocol of `docs/revocation.md` as a state machine, small enough that every state of it can be
//! visited: who knows a pass in memory, who ends it, and what the database, the clocks and the
//! operating system may do in between.
//!
//! What is searched, and how it stands for the real thing:
//!
//! - **One pass**, which one of the endings ends. The other endings end something else of somebody
//!   else: they move the log on and give nodes up.
//! - **Every step of every process is one action**, and the actions of all come in every order. A
//!   process that is frozen is one whose turn does not come, for however long.
//! - **Time** is an action too, [`Action::Tick`], which all clocks follow; a node's may fall behind by
//!   [`Protocol::drift`] within a lease. Nothing keeps an instant: a lease is what is left of it, so
//!   time goes on for ever in a finite number of states.
//! - **The database** commits one transaction after the other. Any step that asks it may fail, at any
//!   time and as often as you like: that is a database that goes and comes back. An ending's commit may
//!   succeed without its process hearing of it.
//! - **Wall clocks** differ by up to [`Protocol::skew`], and any of them may be set at any moment. The pass
//!   expires by each at another one.
//! - **A failover** replaces the database once: a standby that stopped replicating at any moment takes
//!   over, and what was committed since is lost. Positions are then given out again.
//! - **Hints** (`NOTIFY`, `data_version`) are no part of it: a node may look at the log at any moment,
//!   and at every moment may not.
//! - **Who gives up** a silent node may be an ending that waited for it, or a node that watches others
//!   ([`Protocol::watcher`]), which here is nobody in particular.
//! - **Numbers that only ever get compared** are the comparison: a generation is whether it changed, a
//!   beat whether it is still the one that was read.
//!
//! [`Rule`] names what the protocol asks, and a [`Protocol`] can leave one out.

mod ender;
mod failover;
mod node;
mod protocol;
mod rule;
mod state;
mod wall;

pub use failover::{Copy, Failover, Standby};
pub use protocol::{Action, Protocol};
pub use rule::Rule;
pub use state::{Ender, Filling, Node, Round, Row, Seen, Span, Stage, State};
pub use wall::Walls;
