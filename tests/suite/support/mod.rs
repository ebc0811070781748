//! What the tests stand on.

pub mod answer;
pub mod api;
pub mod app;
pub mod backup;
pub mod binary;
pub mod browser;
pub mod client;
pub mod cookie_jar;
pub mod database;
pub mod evidence;
pub mod faulty_random;
pub mod form;
pub mod front;
pub mod leash;
pub mod operator;
pub mod output;
pub mod pgbouncer;
pub mod postgres;
#[cfg(feature = "pg-tls")]
pub mod postgres_tls;
pub mod relay;
pub mod replication;
pub mod sql;
pub mod upstream;
pub mod user_agents;
