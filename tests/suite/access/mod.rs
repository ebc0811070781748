//! Access rules: the credential and the abilities that each route requires.

mod api;
mod pages;
