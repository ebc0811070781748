//! `narthex user set-password` and `narthex user reset-link`: the password of a user.

use crate::{
    app_state::AppState,
    cli::{CliError, OutputFormat, account, credentials, input, output, text},
    http::paths,
    passwords::{self, policy::NewPassword},
    types::{email::Email, message::Message, name::Name},
};

/// Returns the error of a password that is not accepted.
pub(super) fn refused(reason: &Message) -> CliError {
    CliError::Message(format!("the password: {}", text::english(reason)))
}

pub(super) async fn set(
    state: &AppState,
    email: &Email,
    keep: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let user = account(state, email).await?.user;
    let (address, name) = (Email::parse(&user.email), Name::parse(&user.name));
    let new = NewPassword::parse(
        input::new_password()?,
        address.as_ref().ok(),
        name.as_ref().ok(),
    )
    .map_err(|reason| refused(&reason))?;
    let receipt = passwords::set::set_password_as_operator(state, user.id, new, keep).await?;
    let done = format!("Set the password of {}.", email.as_str());
    match receipt {
        Some(receipt) => credentials::receipt(state, format, &done, &receipt),
        None if keep => {
            credentials::no_change(format, format!("{done} Sessions and tokens were kept."))
        }
        None => {
            credentials::no_change(format, format!("{done} There were no sessions and tokens."))
        }
    }
}

pub(super) async fn reset_link(
    state: &AppState,
    email: &Email,
    format: OutputFormat,
) -> Result<(), CliError> {
    #[derive(serde::Serialize)]
    struct Link {
        url: String,
    }
    let account = account(state, email).await?;
    if account.disabled_at.is_some() {
        return Err(CliError::Message(format!(
            "{} is disabled: run narthex user enable first",
            email.as_str()
        )));
    }
    let settings = state.settings();
    state.set_signing_keys(&settings.signing_keys(state.random())?);
    let secret = passwords::reset::create_link(state, account.user.id).await?;
    let query = [("token", secret.expose())];
    let url = settings.base_url() + &paths::with_query(paths::PASSWORD_RESET, &query);
    if format.json {
        output::json(&Link { url })
    } else {
        Ok(output::secret(&url)?)
    }
}
