//! `narthex user`: manages accounts.

mod factors;
mod password;

use clap::Subcommand;

use super::{
    CliError, OutputFormat, account, credentials, input, json, output, table::Columns, text,
};
use crate::{
    accounts::{self, AccountFilter, AccountPage, Registration},
    app_state::AppState,
    audit::Actor,
    error::Error,
    passwords::policy::NewPassword,
    types::{email::Email, ids::FactorId, name::Name},
};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Create an account. The password is prompted for, or is the first line of the standard input
    Add {
        /// The e-mail address
        #[arg(value_parser = text::email)]
        email: Email,
        /// The user's name
        #[arg(long, value_parser = text::name)]
        name: Name,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// List accounts in the order of their creation
    List {
        /// Only accounts whose address or name contains this text
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// At most this many
        #[arg(long, value_name = "NUMBER", value_parser = text::number)]
        limit: Option<u32>,
        /// Print only their number
        #[arg(long, conflicts_with = "limit")]
        count: bool,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Sign a user out, and refuse sign-ins and tokens until the account is enabled
    Disable {
        #[command(flatten)]
        target: UserArgument,
        /// Revoke all tokens as well. Otherwise they are accepted again when the account is enabled
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Enable a disabled user. Revoked credentials stay revoked, other tokens are accepted again
    Enable {
        #[command(flatten)]
        target: UserArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Set a user's password and revoke all sessions and tokens. The password is prompted for, or
    /// is the first line of the standard input
    SetPassword {
        #[command(flatten)]
        target: UserArgument,
        /// Keep the user's sessions and tokens
        #[arg(long)]
        keep: bool,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// List the second factors of a user, and the browsers in which a sign-in needs none
    Factors {
        #[command(flatten)]
        target: UserArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Remove a second factor of a user who has lost it, and sign the user out. With the last
    /// factor, the recovery codes are removed. Make sure first that the request comes from this
    /// user. For a trusted browser, it ends the trust
    RemoveFactor {
        #[command(flatten)]
        target: UserArgument,
        #[command(flatten)]
        removal: factors::Removal,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Accept the codes of a suspended authenticator app again. Make sure first that the wrong
    /// codes were the user's
    ResumeFactor {
        #[command(flatten)]
        target: UserArgument,
        /// The ID that `narthex user factors` lists
        id: FactorId,
        /// The reason, which the user sees in the activity
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// State that the e-mail address of a user is verified
    Verify {
        #[command(flatten)]
        target: UserArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Print a link with which a user sets a new password. It works once, within 60 minutes
    ///
    /// Give it to the user by a private channel. It works without a mail server.
    ResetLink {
        #[command(flatten)]
        target: UserArgument,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Delete an account and all its data
    Delete {
        #[command(flatten)]
        target: UserArgument,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        format: OutputFormat,
    },
}

/// The user that a command concerns.
#[derive(clap::Args)]
pub(super) struct UserArgument {
    /// The user's e-mail address
    #[arg(value_parser = text::email)]
    pub(super) email: Email,
}

impl Action {
    /// Returns whether the command may begin with an empty database.
    pub(super) const fn may_create_database(&self) -> bool {
        matches!(self, Self::Add { .. })
    }

    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        match self {
            Self::Add {
                email,
                name,
                format,
            } => add(state, email, name, format).await,
            Self::List {
                search,
                limit,
                count,
                format,
            } => {
                let limit = if count { Some(0) } else { limit };
                list(state, AccountFilter { search, limit }, count, format).await
            }
            Self::Disable {
                target,
                end,
                format,
            } => disable(state, &target.email, end, format).await,
            Self::Enable { target, format } => enable(state, &target.email, format).await,
            Self::SetPassword {
                target,
                keep,
                format,
            } => password::set(state, &target.email, keep, format).await,
            Self::Verify { target, format } => verify(state, &target.email, format).await,
            Self::ResetLink { target, format } => {
                password::reset_link(state, &target.email, format).await
            }
            Self::Factors { target, format } => factors::list(state, &target.email, format).await,
            Self::RemoveFactor {
                target,
                removal,
                format,
            } => factors::remove(state, &target.email, removal, format).await,
            Self::ResumeFactor {
                target,
                id,
                reason,
                format,
            } => factors::resume(state, &target.email, id, reason, format).await,
            Self::Delete {
                target,
                yes,
                format,
            } => delete(state, &target.email, yes, format).await,
        }
    }
}

async fn add(
    state: &AppState,
    email: Email,
    name: Name,
    format: OutputFormat,
) -> Result<(), CliError> {
    let password = NewPassword::parse(input::new_password()?, Some(&email), Some(&name))
        .map_err(|reason| password::refused(&reason))?;
    let registration = Registration {
        name,
        email: email.clone(),
        password,
    };
    match accounts::create(state, registration, Actor::operator()).await {
        // The database can reject only the address.
        Err(Error::Invalid(_)) => Err(CliError::Message(format!(
            "there is already an account with the address {}",
            email.as_str()
        ))),
        Err(error) => Err(error.into()),
        Ok(_) if format.json => output::json(&json::account(&account(state, &email).await?)),
        Ok(_) => output::line(format!("Created an account for {}.", email.as_str())),
    }
}

async fn list(
    state: &AppState,
    filter: AccountFilter,
    only_count: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let empty_note = match filter.search {
        Some(_) => "No account matches.",
        None => "There are no accounts.",
    };
    let AccountPage { accounts, total } = accounts::search(state, filter).await?;
    if format.json {
        let rows = accounts.iter().map(json::account);
        return output::json(&json::counted_list(rows, total));
    }
    if only_count {
        return output::line(total);
    }
    let shown = accounts.len();
    let now = state.now();
    let mut columns = Columns::with_headings(["E-MAIL", "CREATED", "STATE", "NAME"]);
    for account in accounts {
        let state = match account.disabled_at {
            Some(at) => format!("disabled {}", text::ago(now, at)),
            None => "enabled".to_owned(),
        };
        let user = account.user;
        columns.row([
            user.email,
            text::ago(now, user.created_at),
            state,
            user.name,
        ]);
    }
    if total == 0 {
        return columns.print(empty_note);
    }
    if shown > 0 {
        columns.print(empty_note)?;
    }
    if i64::try_from(shown) != Ok(total) {
        output::print_note(format!("Showed {shown} of {total} accounts."));
    }
    Ok(())
}

async fn disable(
    state: &AppState,
    email: &Email,
    ends_tokens: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let account = account(state, email).await?;
    // Tokens that were kept can be revoked later.
    if account.disabled_at.is_some() && !ends_tokens {
        return credentials::no_change(format, format!("{} is already disabled.", email.as_str()));
    }
    let user = account.user.id;
    let receipt = match ends_tokens {
        true => accounts::disable_and_end_tokens(state, user).await?,
        false => accounts::disable(state, user).await?,
    };
    let done = match account.disabled_at {
        None => format!("Disabled {}.", email.as_str()),
        Some(_) => format!("{} is already disabled.", email.as_str()),
    };
    credentials::receipt(state, format, &done, &receipt)
}

async fn enable(state: &AppState, email: &Email, format: OutputFormat) -> Result<(), CliError> {
    let before = account(state, email).await?;
    if before.disabled_at.is_some() {
        accounts::enable(state, before.user.id).await?;
    }
    if format.json {
        return output::json(&json::account(&account(state, email).await?));
    }
    let done = match before.disabled_at {
        Some(_) => format!("Enabled {}.", email.as_str()),
        None => format!("{} was not disabled.", email.as_str()),
    };
    output::line(done)
}

async fn verify(state: &AppState, email: &Email, format: OutputFormat) -> Result<(), CliError> {
    let user = account(state, email).await?.user.id;
    let was_unverified = accounts::email_verification::verify_as_operator(state, user).await?;
    if format.json {
        return output::json(&json::account(&account(state, email).await?));
    }
    let address = email.as_str();
    output::line(if was_unverified {
        format!("Verified {address}.")
    } else {
        format!("{address} was verified already.")
    })
}

async fn delete(
    state: &AppState,
    email: &Email,
    yes: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let account = account(state, email).await?;
    if !yes {
        ask_before_deleting(email)?;
    }
    let receipt = accounts::delete_as_operator(state, account.user.id).await?;
    if format.json {
        return output::json(&json::receipt(&receipt));
    }
    // The receipt was deleted with the account, so its ID is not printed.
    output::line(format!(
        "Deleted the account of {} and revoked {}.",
        email.as_str(),
        text::english(&receipt.summary())
    ))
}

fn ask_before_deleting(email: &Email) -> Result<(), CliError> {
    let question = format!(
        "This deletes the account of {} with its tokens, receipts and audit log. It cannot be \
         undone.\nType the address to continue:",
        email.as_str()
    );
    let typed = input::prompt(&question)?.ok_or_else(|| {
        CliError::message(
            "there is no terminal for the confirmation: give --yes to delete the \
                           account",
        )
    })?;
    let same = Email::parse(&typed).is_ok_and(|typed| typed.canonical() == email.canonical());
    if same {
        Ok(())
    } else {
        Err(CliError::message("the address differs: nothing was done"))
    }
}
