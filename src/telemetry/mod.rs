//! Log lines: format, writer and redaction.

#[cfg(feature = "cli")]
pub mod log_format;
#[cfg(feature = "cli")]
pub mod log_writer;
pub mod redact;
