//! The server as an operator runs it.

mod crash;
mod program;
mod settings;
