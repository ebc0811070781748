//! Forward auth, and the proxies that ask.

mod client_address;
mod endpoint;
mod real_proxies;
