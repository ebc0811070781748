//! The command line.

mod backup;
mod check;
mod identify;
mod output;
mod session;
mod shell;
mod sign_out;
mod token;
mod user;
