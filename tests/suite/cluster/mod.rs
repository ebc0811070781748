//! Several nodes on one database.

mod failover;
mod revocation;
mod rolling_restart;
mod rolling_upgrade;
mod second_factors;
mod shared_state;
