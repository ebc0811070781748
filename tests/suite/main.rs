//! The specification of Narthex, as tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that can't go on should say so and stop"
)]

mod access;
mod activity_bounds;
mod any_order;
mod api_access;
mod api_lists;
mod api_sessions;
mod api_sign_in;
mod api_sign_out;
mod api_tokens;
mod at_rest;
mod behind_a_proxy;
mod branding;
mod clock_skew;
mod commands_backup;
mod commands_check;
mod commands_identify;
mod commands_output;
mod commands_session;
mod commands_shell;
mod commands_sign_out;
mod commands_token;
mod commands_user;
mod cookie_header;
mod cookies;
mod copies;
mod cors;
mod crash;
mod cross_site;
mod devices;
mod drafts;
mod failover;
mod fairness;
mod faults;
mod form_action;
mod forward_auth;
mod framing;
mod headers;
mod held_back;
mod host;
mod house;
mod instruments;
mod last_uses;
mod limits;
mod listening;
mod log_lines;
mod logout;
mod memory;
mod migrations;
mod named_endings;
mod names;
mod narrowing;
mod new_devices;
mod next;
mod nodes;
mod openapi;
mod pages;
mod passwords;
mod policy_reports;
mod postgres_poolers;
mod postgres_requirements;
mod postgres_roles;
#[cfg(feature = "pg-tls")]
mod postgres_tls;
mod program;
mod proxies;
mod pruning;
mod query_plans;
mod quotas;
mod racing;
mod raw;
mod rolling;
mod rotation;
mod settings;
mod shared;
mod sizes;
mod sqlite_files;
mod standards;
mod story;
mod support;
mod throttling;
mod token_expiry;
mod versions;
