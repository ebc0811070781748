//! HTTP: routes, authentication of requests, pages, JSON API, OAuth and forward auth.
//!
//! This is the only layer that uses actix-web, askama and utoipa.

pub mod address;
pub mod api;
pub mod app;
pub mod auth;
mod background;
#[cfg(feature = "pages")]
mod compression;
#[cfg(feature = "pages")]
pub mod draft;
pub mod embed;
pub mod extract;
pub mod forward_auth;
pub mod mail;
pub mod middleware;
pub mod oauth;
pub mod openapi;
pub mod ops;
#[cfg(feature = "pages")]
pub mod pages;
pub mod paths;
pub mod response;
pub mod return_to;
pub mod routes;
#[cfg(feature = "cli")]
pub mod server;
