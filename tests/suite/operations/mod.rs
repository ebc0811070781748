//! The server as an operator runs it.

mod copy;
mod crash;
mod places;
mod program;
mod settings;
