//! `narthex invite`: invites an address to create an account.

use serde::Serialize;

use super::{CliError, OutputFormat, output, text};
use crate::{
    accounts::invitation,
    app_state::AppState,
    error::Error,
    types::{email::Email, name::Name},
    util::clock::Timestamp,
};

#[derive(clap::Args)]
pub(super) struct Invite {
    /// The e-mail address
    #[arg(value_parser = text::email)]
    email: Email,
    /// The user's name, which the form suggests
    #[arg(long, value_parser = text::name)]
    name: Option<Name>,
    #[command(flatten)]
    format: OutputFormat,
}

/// An invitation in the JSON output.
#[derive(Serialize)]
struct InvitationJson<'a> {
    email: &'a str,
    expires_at: Timestamp,
}

impl Invite {
    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        let settings = state.settings();
        state.set_signing_keys(&settings.signing_keys(state.random())?);
        let address = self.email.as_str();
        let invited = invitation::invite(state, self.email.clone(), self.name).await;
        let expires_at = invited.map_err(|error| refused(address, error))?;
        if self.format.json {
            return output::json(&InvitationJson {
                email: address,
                expires_at,
            });
        }
        output::line(format!(
            "Queued an invitation to {address}. It ends {}.",
            text::until(state.now(), expires_at)
        ))
    }
}

fn refused(address: &str, error: Error) -> CliError {
    match error {
        Error::NotFound => CliError::message(
            "mail is off: set NARTHEX_SMTP_URL, or create the account with narthex user add",
        ),
        // The address is the only field.
        Error::Invalid(_) => CliError::Message(format!(
            "there is already an account with the address {address}"
        )),
        Error::Throttled(wait) => CliError::Message(format!(
            "{address} was invited too often: try again after {}",
            text::length(wait)
        )),
        other => other.into(),
    }
}
