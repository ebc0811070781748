//! `narthex user`: people with an account.

use clap::Subcommand;

use super::{CliError, OutputFormat, account, credentials, input, json, output, table::Columns};
use crate::{
    accounts::{self, AccountFilter, AccountPage, Registration},
    app_state::AppState,
    audit::Actor,
    error::Error,
    i18n::humanize,
    passwords::{self, policy::NewPassword},
    types::{email::Email, name::Name},
};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Make an account. The password is asked for, or is the first line of the standard input
    Add {
        /// The e-mail address
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// What the person is called
        #[arg(long, value_parser = Name::parse)]
        name: Name,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Show accounts, in the order they were made
    List {
        /// Only those whose address or name contains this text
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// At most this many
        #[arg(long, value_name = "NUMBER")]
        limit: Option<u32>,
        /// Only say how many there are
        #[arg(long, conflicts_with = "limit")]
        count: bool,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// End everything that can get in as a user, and let nobody in until the account is enabled
    Disable {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Let a disabled user in again. What was ended stays ended
    Enable {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Set a user's password and end everything that has access to the account. The password is asked for, or is the first line of the standard input
    SetPassword {
        #[command(flatten)]
        who: Who,
        /// Keep the user's sessions and tokens
        #[arg(long)]
        keep: bool,
        #[command(flatten)]
        form: OutputFormat,
    },
    /// Delete an account and everything that is known of it
    Delete {
        #[command(flatten)]
        who: Who,
        /// Don't ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        form: OutputFormat,
    },
}

/// The user that a command is about.
#[derive(clap::Args)]
pub(super) struct Who {
    /// The user's e-mail address
    #[arg(value_parser = Email::parse)]
    pub(super) email: Email,
}

impl Action {
    pub(super) async fn run(self, context: &AppState) -> Result<(), CliError> {
        match self {
            Self::Add { email, name, form } => add(context, email, name, form).await,
            Self::List {
                search,
                limit,
                count,
                form,
            } => {
                let limit = if count { Some(0) } else { limit };
                list(context, AccountFilter { search, limit }, count, form).await
            }
            Self::Disable { who, form } => disable(context, &who.email, form).await,
            Self::Enable { who, form } => enable(context, &who.email, form).await,
            Self::SetPassword { who, keep, form } => {
                set_password(context, &who.email, keep, form).await
            }
            Self::Delete { who, yes, form } => delete(context, &who.email, yes, form).await,
        }
    }
}

async fn add(
    context: &AppState,
    email: Email,
    name: Name,
    form: OutputFormat,
) -> Result<(), CliError> {
    let password = NewPassword::parse(input::new_password()?, Some(&email), Some(&name))
        .map_err(|what_would_do| CliError::Because(format!("the password: {what_would_do}")))?;
    let registration = Registration {
        name,
        email: email.clone(),
        password,
    };
    match accounts::create(context, registration, Actor::operator()).await {
        // The only field that a database can find wrong.
        Err(Error::Invalid(_)) => Err(CliError::Because(format!(
            "there is an account with the address {} already",
            email.as_str()
        ))),
        Err(error) => Err(error.into()),
        Ok(_) if form.json => output::json(&json::account(&account(context, &email).await?)),
        Ok(_) => output::line(format!("Made an account for {}.", email.as_str())),
    }
}

async fn list(
    context: &AppState,
    filter: AccountFilter,
    only_count: bool,
    form: OutputFormat,
) -> Result<(), CliError> {
    let nothing = match filter.search {
        Some(_) => "No account matches.",
        None => "There are no accounts.",
    };
    let AccountPage { accounts, total } = accounts::search(context, filter).await?;
    if form.json {
        let rows = accounts.iter().map(json::account);
        return output::json(&json::counted_list(rows, total));
    }
    if only_count {
        return output::line(total);
    }
    let shown = accounts.len();
    let now = context.now();
    let mut columns = Columns::under(["E-MAIL", "MADE", "STATE", "NAME"]);
    for account in accounts {
        let state = match account.disabled_at {
            Some(at) => format!("disabled {}", humanize::ago(now, at)),
            None => "enabled".to_owned(),
        };
        let user = account.user;
        columns.row([
            user.email,
            humanize::ago(now, user.created_at),
            state,
            user.name,
        ]);
    }
    if total == 0 {
        return columns.print(nothing);
    }
    if shown > 0 {
        columns.print(nothing)?;
    }
    if i64::try_from(shown) != Ok(total) {
        output::print_note(format!("Showed {shown} of {total} accounts."));
    }
    Ok(())
}

async fn disable(context: &AppState, email: &Email, form: OutputFormat) -> Result<(), CliError> {
    let account = account(context, email).await?;
    if account.disabled_at.is_some() {
        return credentials::nothing(form, format!("{} was disabled before.", email.as_str()));
    }
    let receipt = accounts::disable(context, account.user.id).await?;
    let done = format!("Disabled {}.", email.as_str());
    credentials::receipt(context, form, &done, &receipt)
}

async fn enable(context: &AppState, email: &Email, form: OutputFormat) -> Result<(), CliError> {
    let before = account(context, email).await?;
    if before.disabled_at.is_some() {
        accounts::enable(context, before.user.id).await?;
    }
    if form.json {
        return output::json(&json::account(&account(context, email).await?));
    }
    let done = match before.disabled_at {
        Some(_) => format!("Enabled {}.", email.as_str()),
        None => format!("{} was not disabled.", email.as_str()),
    };
    output::line(done)
}

async fn set_password(
    context: &AppState,
    email: &Email,
    keep: bool,
    form: OutputFormat,
) -> Result<(), CliError> {
    let user = account(context, email).await?.user;
    let (own, name) = (Email::parse(&user.email), Name::parse(&user.name));
    let new = NewPassword::parse(
        input::new_password()?,
        own.as_ref().ok(),
        name.as_ref().ok(),
    )
    .map_err(|what_would_do| CliError::Because(format!("the password: {what_would_do}")))?;
    let receipt = passwords::set::set_password_as_operator(context, user.id, new, keep).await?;
    let done = format!("Set the password of {}.", email.as_str());
    match receipt {
        Some(receipt) => credentials::receipt(context, form, &done, &receipt),
        None => credentials::nothing(form, format!("{done} Sessions and tokens were kept.")),
    }
}

async fn delete(
    context: &AppState,
    email: &Email,
    yes: bool,
    form: OutputFormat,
) -> Result<(), CliError> {
    let account = account(context, email).await?;
    if !yes {
        ask_before_deleting(email)?;
    }
    let receipt = accounts::delete_as_operator(context, account.user.id).await?;
    if form.json {
        return output::json(&json::receipt(&receipt));
    }
    // The receipt went with the account, so that there is nothing to look up.
    output::line(format!(
        "Deleted the account of {}. That ended {}.",
        email.as_str(),
        receipt.summary()
    ))
}

fn ask_before_deleting(email: &Email) -> Result<(), CliError> {
    let question = format!(
        "This deletes the account of {} with its tokens, receipts and activity. Nothing brings it \
         back.\nType the address to go on:",
        email.as_str()
    );
    let typed = input::typed(&question)?.ok_or_else(|| {
        CliError::because("there is no terminal to ask at: give --yes to delete the account")
    })?;
    let same = Email::parse(&typed).is_ok_and(|typed| typed.canonical() == email.canonical());
    if same {
        Ok(())
    } else {
        Err(CliError::because(
            "that is another address: nothing was done",
        ))
    }
}
