//! HTTP: headers, hosts, origins and bodies.

mod cors;
mod csrf;
mod form_action;
mod headers;
mod host;
mod listening;
mod mount;
mod mounted_pages;
mod openapi;
mod policy_reports;
mod problems;
mod request_smuggling;
mod return_to;
mod slow_body;
