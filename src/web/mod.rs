//! HTTP that knows no capability: what a request is before it means anything, and what every answer
//! has.

pub mod address;
pub mod assets;
pub mod body;
pub mod brand;
pub mod compression;
pub mod connections;
pub mod cors;
pub mod draft;
pub mod form_key;
pub mod headers;
pub mod held;
pub mod host;
pub mod idempotency;
pub mod json;
pub mod limits;
pub mod list;
pub mod moment;
pub mod next;
pub mod page;
pub mod panics;
pub mod path;
pub mod polls;
pub mod refusal;
pub mod request_log;
pub mod same_origin;
pub mod unless;
