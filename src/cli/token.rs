//! `narthex token`: manages the tokens of a user.

use std::time::Duration;

use clap::Subcommand;

use super::{
    CliError, OutputFormat, account, credentials, identify::identify, output, text,
    token_list::List,
};
use crate::{
    accounts::Account,
    app_state::AppState,
    audit::Actor,
    credentials::{Credential, RevocationReason, revoke},
    tokens::{Issued, NewToken, create_as_operator},
    types::{
        ability::Ability,
        credential_kind::{CredentialKind, CredentialType},
        email::Email,
        ids::CredentialId,
        name::Name,
    },
    util::duration,
};

/// The default life of a token. A forgotten token expires in a reasonable time, and renewals are
/// rare.
const DEFAULT_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

#[derive(Subcommand)]
pub(super) enum Action {
    /// Create a token for a user. Only its secret is printed on the standard output
    Add(Add),
    /// List the active tokens of a user, or the imported tokens of a system
    ///
    /// A running server writes last-used times every NARTHEX_LAST_USED_EVERY.
    List(List),
    /// Revoke a token
    Revoke {
        /// The token's id
        id: CredentialId,
        /// The secret was found in a public place. The user gets a notice that says so
        #[arg(long)]
        leaked: bool,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Identify a secret that was found somewhere: its user, and whether it is still accepted. The
    /// secret is prompted for, or is read from the standard input
    Identify {
        #[command(flatten)]
        format: OutputFormat,
    },
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// The user's e-mail address
    #[arg(value_parser = text::email)]
    email: Email,
    /// The name of the token
    #[arg(long, value_parser = text::name)]
    name: Name,
    /// An ability of the token; repeat the option for several
    #[arg(long = "ability", value_name = "ABILITY")]
    abilities: Vec<String>,
    /// The life of the token, such as 30d or 12h [default: 90d, or NARTHEX_TOKEN_MAX_AGE if that is
    /// shorter]
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires_in: Option<Duration>,
    /// Create it without an expiry
    #[arg(long, conflicts_with = "expires_in")]
    never: bool,
    /// Whether it is for a machine or for its owner
    #[arg(long, value_parser = ["service", "personal"], default_value = "service")]
    kind: String,
}

fn life(text: &str) -> Result<Duration, &'static str> {
    duration::parse(text)
        .filter(|life| !life.is_zero())
        .ok_or("give a length of time over zero and of at most 36500d, such as 30d or 12h")
}

impl Action {
    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        match self {
            Self::Add(add) => add.run(state).await,
            Self::List(list) => list.run(state).await,
            Self::Revoke { id, leaked, format } => {
                let reason = if leaked {
                    RevocationReason::Leaked
                } else {
                    RevocationReason::Operator
                };
                credentials::revoke(state, CredentialType::Token, id, reason, format).await
            }
            Self::Identify { format } => identify(state, format).await,
        }
    }
}

impl Add {
    async fn run(self, state: &AppState) -> Result<(), CliError> {
        let kind = CredentialKind::parse(&self.kind).unwrap_or(CredentialKind::Service);
        let life = self.life(state);
        let new = self.new_token(state, life)?;
        let account = account(state, &self.email).await?;
        let user = account.user.id;
        let Issued { token, secret } = create_as_operator(state, user, kind, new).await?;
        if let Err(error) = output::secret(secret.expose()) {
            revoke::revoke_token(state, user, token.id, Actor::operator()).await?;
            return Err(CliError::Message(format!(
                "the secret could not be printed ({error}); the token was revoked"
            )));
        }
        print_token(&token, &account, life);
        Ok(())
    }

    /// Returns the life of the token. `None` means no expiry.
    fn life(&self, state: &AppState) -> Option<Duration> {
        if self.never {
            return None;
        }
        let max = state.settings().tokens.max_age.unwrap_or(DEFAULT_LIFE);
        Some(self.expires_in.unwrap_or(max.min(DEFAULT_LIFE)))
    }

    fn new_token(&self, state: &AppState, life: Option<Duration>) -> Result<NewToken, CliError> {
        let settings = state.settings();
        let flag = if self.never {
            "--never"
        } else {
            "--expires-in"
        };
        let refused = |flag: &str, reason: String| CliError::Message(format!("{flag}: {reason}"));
        Ok(NewToken {
            name: self.name.clone(),
            abilities: settings
                .tokens
                .catalogue
                .parse(&self.abilities)
                .map_err(|reason| refused("--ability", text::about_abilities(&reason)))?,
            expires_at: NewToken::expiry(state, life)
                .map_err(|reason| refused(flag, text::english(&reason)))?,
        })
    }
}

/// Describes the created token on the standard error.
fn print_token(token: &Credential, account: &Account, life: Option<Duration>) {
    output::print_note(format!(
        "Created the {} “{}” (…{}) for {}.",
        text::english(&token.kind.label()).to_lowercase(),
        token.name,
        token.hint,
        account.user.email
    ));
    let abilities: Vec<&str> = token.abilities.iter().map(Ability::as_str).collect();
    output::print_note(match abilities.as_slice() {
        [] => "It has no abilities: it can only identify its user.".to_owned(),
        abilities => format!("Its abilities: {}.", abilities.join(", ")),
    });
    let end = life.map(text::length).zip(token.expires_at);
    output::print_note(match end {
        Some((life, at)) => format!("It expires in {life}, on {}.", at.format_minute()),
        None => "It never expires.".to_owned(),
    });
    if account.disabled_at.is_some() {
        output::print_note(
            "The account is disabled: the token is refused until the account is enabled.",
        );
    }
    output::print_note(format!(
        "The secret is shown only once. Revoke the token with: narthex token revoke {}",
        token.id
    ));
}
