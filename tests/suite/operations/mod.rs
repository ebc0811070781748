//! The server as an operator runs it.

mod copy;
mod crash;
mod program;
mod settings;
