//! Logs.

mod log_lines;
