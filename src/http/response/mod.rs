//! Responses: pages, JSON, problems, redirects and static files.

#[cfg(feature = "pages")]
pub mod assets;
#[cfg(feature = "pages")]
pub mod brand;
#[cfg(feature = "pages")]
pub mod client_address;
#[cfg(feature = "pages")]
pub mod components;
#[cfg(feature = "pages")]
mod error_page;
pub mod error_response;
pub mod field_texts;
#[cfg(feature = "pages")]
pub mod html;
pub mod json;
pub mod paginated;
mod problem;
pub mod problem_type;
#[cfg(feature = "pages")]
pub mod relative_time;
