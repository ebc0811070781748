//! Log lines: format, writer and redaction.

pub mod log_format;
pub mod log_writer;
pub mod redact;
