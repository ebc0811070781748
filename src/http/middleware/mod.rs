//! Middleware for all requests.

pub mod allowed_host;
pub mod body;
pub mod bypass;
pub mod catch_panic;
pub mod client_ip;
pub mod compression;
pub(crate) mod connection;
pub mod cors;
pub mod csrf;
pub mod outermost;
pub mod poll_limit;
pub mod rejection_delay;
pub mod request_log;
pub mod security_headers;
