//! Extractors: typed parts of a request.

pub mod code;
pub mod form_key;
pub mod idempotency_key;
pub mod json;
pub mod json_values;
pub mod language;
pub mod limits;
pub mod path;
pub mod string_map;
