//! `narthex token`: the tokens of a user.

use std::time::Duration;

use clap::Subcommand;

use super::{
    CliError, OutputFormat, account, credentials, identify::identify, json, output, table::Columns,
    user::Who,
};
use crate::{
    accounts::Account,
    app_state::AppState,
    audit::Actor,
    credentials::{Credential, revoke},
    i18n::humanize,
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

/// How long a token lives when nobody says: long enough to forget it, short enough that a forgotten
/// one ends by itself.
const USUAL_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

#[derive(Subcommand)]
pub(super) enum Action {
    /// Make a token for a user. Its secret is all that is printed on the standard output
    Add(Add),
    /// Show the live tokens of a user
    ///
    /// A server that runs writes down when they were last used every NARTHEX_LAST_USED_EVERY.
    List {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// End a token
    Revoke {
        /// The token's id
        id: CredentialId,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Say whose a secret is that turned up somewhere, and what it can still do. It is asked for, or
    /// is what comes by the standard input
    Identify {
        #[command(flatten)]
        form: OutputFormat,
    },
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// The user's e-mail address
    #[arg(value_parser = Email::parse)]
    email: Email,
    /// What the token is called
    #[arg(long, value_parser = Name::parse)]
    name: Name,
    /// Something that it may do; give this once for each ability
    #[arg(long = "ability", value_name = "ABILITY")]
    abilities: Vec<String>,
    /// How long it lives, such as 30d or 12h [default: 90d, or NARTHEX_TOKEN_MAX_AGE where that is
    /// shorter]
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires_in: Option<Duration>,
    /// Let it live until it is ended
    #[arg(long, conflicts_with = "expires_in")]
    never: bool,
    /// Whether it is for a machine or for its owner
    #[arg(long, value_parser = ["service", "personal"], default_value = "service")]
    kind: String,
}

fn life(text: &str) -> Result<Duration, &'static str> {
    duration::parse(text)
        .filter(|life| !life.is_zero())
        .ok_or("give a length of time over zero, such as 30d or 12h")
}

impl Action {
    pub(super) async fn run(self, context: &AppState) -> Result<(), CliError> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List { who, form } => list(context, &who.email, form).await,
            Self::Revoke { id, form } => {
                credentials::revoke(context, CredentialType::Token, id, form).await
            }
            Self::Identify { form } => identify(context, form).await,
        }
    }
}

impl Add {
    async fn run(self, context: &AppState) -> Result<(), CliError> {
        let kind = CredentialKind::parse(&self.kind).unwrap_or(CredentialKind::Service);
        let life = self.life(context);
        let new = self.new_token(context, life)?;
        let account = account(context, &self.email).await?;
        let user = account.user.id;
        let Issued { token, secret } = create_as_operator(context, user, kind, new).await?;
        if let Err(error) = output::secret(secret.expose()) {
            revoke::revoke_token(context, user, token.id, Actor::operator()).await?;
            return Err(CliError::Because(format!(
                "the secret could not be printed ({error}); nobody has seen it, and the token was \
                 ended again"
            )));
        }
        print_token(&token, &account, life);
        Ok(())
    }

    /// How long it is to live; `None`: until it is ended.
    fn life(&self, context: &AppState) -> Option<Duration> {
        if self.never {
            return None;
        }
        let most = context.settings().token_max_age.unwrap_or(USUAL_LIFE);
        Some(self.expires_in.unwrap_or(most.min(USUAL_LIFE)))
    }

    fn new_token(&self, context: &AppState, life: Option<Duration>) -> Result<NewToken, CliError> {
        let settings = context.settings();
        let flag = if self.never {
            "--never"
        } else {
            "--expires-in"
        };
        let refused = |flag: &str, why: String| CliError::Because(format!("{flag}: {why}"));
        Ok(NewToken {
            name: self.name.clone(),
            abilities: settings
                .catalogue
                .parse(&self.abilities)
                .map_err(|why| refused("--ability", why))?,
            expires_at: NewToken::expiry(context, life).map_err(|why| refused(flag, why))?,
        })
    }
}

/// Says on the standard error what was made.
fn print_token(token: &Credential, account: &Account, life: Option<Duration>) {
    output::print_note(format!(
        "Made the {} “{}” (…{}) for {}.",
        token.kind.label(),
        token.name,
        token.hint,
        account.user.email
    ));
    let abilities: Vec<&str> = token.abilities.iter().map(Ability::as_str).collect();
    output::print_note(match abilities.as_slice() {
        [] => "It has no ability: all it can do is say whose it is.".to_owned(),
        abilities => format!("It may do this: {}.", abilities.join(", ")),
    });
    let end = life.map(humanize::length).zip(token.expires_at);
    output::print_note(match end {
        Some((life, at)) => format!("It expires in {life}, on {}.", at.format_minute()),
        None => "It never expires.".to_owned(),
    });
    if account.disabled_at.is_some() {
        output::print_note(
            "The account is disabled: until it is enabled, the token lets nobody in.",
        );
    }
    output::print_note(format!(
        "Its secret is shown only now. End it with: narthex token revoke {}",
        token.id
    ));
}

async fn list(context: &AppState, email: &Email, form: OutputFormat) -> Result<(), CliError> {
    let user = account(context, email).await?.user.id;
    let tokens = credentials::live(context, user, CredentialType::Token).await?;
    if form.json {
        return output::json(&json::list(tokens.iter().map(json::token)));
    }
    let now = context.now();
    let mut columns = Columns::under([
        "ID",
        "KIND",
        "STATE",
        "MADE",
        "LAST USED",
        "EXPIRES",
        "NAME",
        "ABILITIES",
    ]);
    for token in tokens {
        columns.row([
            token.id.to_string(),
            token.kind.as_str().to_owned(),
            if token.paused { "paused" } else { "live" }.to_owned(),
            humanize::ago(now, token.created_at),
            credentials::last_used(&token, now),
            credentials::end(&token, now),
            credentials::what(&token),
            token.abilities.to_stored().replace(' ', ", "),
        ]);
    }
    columns.print("There are no live tokens.")
}
