//! The database: schema, files, roles, restore detection.

mod migrations;
mod postgres_poolers;
mod postgres_requirements;
mod postgres_roles;
mod postgres_tls;
mod query_plans;
mod restore_detection;
mod secrets_at_rest;
mod sqlite_files;
