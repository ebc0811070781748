//! Why a command did not do what it was asked.

use std::{io, process::ExitCode};

use crate::{config::ConfigError, error::Error, types::fields::FieldErrors};

/// Why a command did not do what it was asked. `Display` is for the operator, who, unlike a caller,
/// is told the cause.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting cannot be taken.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The verb behind it refused or failed.
    #[error("{}", for_an_operator(.0))]
    Action(#[from] Error),
    /// Input or output failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else, in a sentence.
    #[error("{0}")]
    Because(String),
    /// An argument cannot be taken.
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self::Because(why.into())
    }

    /// Fields that were given as flags.
    pub(super) fn flags(errors: &FieldErrors) -> Self {
        let told: Vec<String> = errors
            .iter()
            .map(|(field, message)| format!("--{}: {message}", field.replace('_', "-")))
            .collect();
        Self::Usage(told.join(" "))
    }

    /// 2 for wrong usage, as clap has it; otherwise 1.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

fn for_an_operator(error: &Error) -> String {
    match error {
        Error::Unavailable(cause)
        | Error::SerializationFailure(cause)
        | Error::OutcomeUnknown(cause)
        | Error::Internal(cause) => cause.clone(),
        Error::Invalid(fields) => fields.to_string(),
        other => other.detail().into_owned(),
    }
}
