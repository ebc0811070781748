//! The errors of commands.

use std::{io, process::ExitCode};

use super::text;
use crate::{config::ConfigError, error::Error, i18n::Language, types::fields::FieldErrors};

/// The reason why a command failed. Unlike a client, the operator also sees the cause.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting is invalid.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The operation was refused or failed.
    #[error("{}", operator_message(.0))]
    Action(#[from] Error),
    /// Input or output failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Another reason, as a sentence.
    #[error("{0}")]
    Message(String),
    /// A part was done.
    #[error("{0}")]
    Partial(String),
    /// An argument is invalid.
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    pub(super) fn message(reason: impl Into<String>) -> Self {
        Self::Message(reason.into())
    }

    /// Converts errors of fields that were given as flags.
    pub(super) fn flags(errors: &FieldErrors) -> Self {
        let messages: Vec<String> = errors
            .iter()
            .map(|(field, message)| {
                let text = match field {
                    "ability" => text::about_abilities(message),
                    _ => text::english(message),
                };
                format!("--{}: {text}", field.replace('_', "-"))
            })
            .collect();
        Self::Usage(messages.join(" "))
    }

    /// Returns 2 for wrong usage, as clap does, and 3 if only a part was done, otherwise 1.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Partial(_) => ExitCode::from(3),
            _ => ExitCode::FAILURE,
        }
    }
}

fn operator_message(error: &Error) -> String {
    match error {
        Error::Unavailable(cause)
        | Error::SerializationFailure(cause)
        | Error::OutcomeUnknown(cause)
        | Error::Internal(cause) => cause.clone(),
        other => other.detail(Language::english()),
    }
}
