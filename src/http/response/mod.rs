//! Responses: pages, JSON, problems, redirects and static files.

pub mod assets;
pub mod brand;
pub mod components;
pub mod error_response;
pub mod field_texts;
pub mod html;
pub mod json;
pub mod paginated;
mod problem;
pub mod problem_type;
pub mod relative_time;
