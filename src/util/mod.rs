//! General tools. They depend on neither HTTP nor Narthex, so each file could serve another
//! project.

pub mod bounded_memo;
pub mod clock;
pub mod duration;
pub mod networks;
pub mod per_minute;
pub mod places;
pub mod single_flight;
pub mod sync;
pub mod unicode;
pub mod worker_pool;
pub mod write_behind;
