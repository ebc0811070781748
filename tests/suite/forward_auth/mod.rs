//! Forward auth, and the proxies that use it.

mod client_address;
mod endpoint;
mod example;
mod real_proxies;
mod step_up;
