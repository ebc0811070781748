//! Value types that every layer uses.

pub mod ability;
pub mod assurance;
pub mod credential_kind;
pub mod credential_state;
pub mod email;
pub mod fields;
pub mod form;
pub mod id;
pub mod ids;
pub mod language_tag;
pub mod last_use;
pub mod message;
pub mod name;
pub mod pagination;
pub mod secret_form;
pub mod string_enum;
pub mod user;
