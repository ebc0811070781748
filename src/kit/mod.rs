//! Tools that know neither HTTP nor Narthex: each file could serve another project as it stands.

mod argon2_in_place;
pub mod backoff;
pub mod clock;
pub mod db;
pub mod digest;
pub mod duration;
pub mod every_byte;
pub mod id;
pub mod log_format;
pub mod log_lines;
pub mod memo;
mod named;
pub mod network;
pub mod page;
pub mod password_hash;
pub mod per_minute;
pub mod random;
pub mod random_keys;
pub mod secret;
pub mod shown;
pub mod single_flight;
pub mod sync;
pub mod threads;
pub mod unseen;
pub mod words;
pub mod write_behind;

pub(crate) use self::named::named;
