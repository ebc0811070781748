//! `narthex sign-out`: ends a selection of what can get in as a user, or as anybody.

use clap::ArgGroup;

use super::{CliError, OutputFormat, account, confirm_database, credentials, json, output};
use crate::{
    accounts,
    app_state::AppState,
    audit::Actor,
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationPreview, RevocationRequest},
    },
    error::Error,
    i18n::humanize::count,
    types::{
        credential_kind::{CredentialKind, CredentialType},
        email::Email,
        fields::Fields,
        ids::UserId,
    },
    util::clock::Timestamp,
};

#[derive(clap::Args)]
#[command(group(ArgGroup::new("whom").required(true).args(["email", "all"])))]
pub(super) struct SignOut {
    /// The user's e-mail address
    #[arg(value_parser = Email::parse)]
    email: Option<Email>,
    /// Everybody: after a backup was restored, or a key was stolen
    #[arg(long)]
    all: bool,
    /// Show what would end, and end nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    form: OutputFormat,
    // Last: its heading is that of all that follows.
    #[command(flatten)]
    selection: SelectionFlags,
}

/// A selection as flags: one for each field, repeated as the field is. Without any it is everything.
#[derive(clap::Args)]
#[command(
    next_help_heading = "Selection (without any of these, everything; repeat one to name several)"
)]
struct SelectionFlags {
    /// Only sessions or only tokens
    #[arg(long, value_parser = CredentialType::ALL.map(CredentialType::as_str))]
    class: Vec<String>,
    /// Only this kind
    #[arg(long, value_parser = CredentialKind::ALL.map(CredentialKind::as_str))]
    kind: Vec<String>,
    /// Only this one
    #[arg(long)]
    id: Vec<String>,
    /// All but this one
    #[arg(long, value_name = "ID")]
    except: Vec<String>,
    /// Only what was not used for so long (30d), or since this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    unused_since: Option<String>,
    /// Only what was made before this time
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    /// Only what was last used from this network, such as 192.0.2.0/24
    #[arg(long, value_name = "NETWORK")]
    from: Vec<String>,
    /// Only what this credential made
    #[arg(long, value_name = "ID")]
    made_by: Vec<String>,
    /// Only what may do this
    #[arg(long)]
    ability: Vec<String>,
}

impl SelectionFlags {
    fn selection(self, now: Timestamp) -> Result<CredentialFilter, CliError> {
        let named = [
            ("class", self.class),
            ("kind", self.kind),
            ("id", self.id),
            ("except", self.except),
            ("unused_since", self.unused_since.into_iter().collect()),
            ("created_before", self.created_before.into_iter().collect()),
            ("from", self.from),
            ("made_by", self.made_by),
            ("ability", self.ability),
        ];
        let named = named
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)));
        let mut fields = Fields::new(named);
        let selection = CredentialFilter::take(&mut fields, now, None);
        fields.finish().map_err(|errors| CliError::flags(&errors))?;
        Ok(selection)
    }
}

impl SignOut {
    pub(super) async fn run(self, context: &AppState) -> Result<(), CliError> {
        let selection = self.selection.selection(context.now())?;
        let Some(email) = self.email else {
            return everybody(context, selection, self.dry_run, self.form).await;
        };
        let user = account(context, &email).await?.user.id;
        if self.dry_run {
            let preview = revoke::preview(context, user, selection).await?;
            return show(context, self.form, &preview);
        }
        let receipt = end(context, user, selection).await?;
        let done = format!("Signed {} out.", email.as_str());
        credentials::receipt(context, self.form, &done, &receipt)
    }
}

async fn end(
    context: &AppState,
    user: UserId,
    selection: CredentialFilter,
) -> Result<RevocationReceipt, Error> {
    let ending = RevocationRequest::of(selection, RevocationReason::Operator);
    revoke::revoke(context, user, ending, Actor::operator()).await
}

/// How many users are signed out in one transaction: few enough that no other change waits for long.
const BATCH: usize = 50;

/// A batch of users after the other, each user with a receipt. If it is interrupted, what was done is done.
async fn everybody(
    context: &AppState,
    selection: CredentialFilter,
    dry_run: bool,
    form: OutputFormat,
) -> Result<(), CliError> {
    let everything = selection == CredentialFilter::default();
    let (mut ends, mut receipts) = (0, Vec::new());
    let mut users = 0;
    let accounts = accounts::list(context).await?;
    let all: Vec<UserId> = accounts.iter().map(|account| account.user.id).collect();
    for batch in all.chunks(BATCH) {
        if dry_run {
            for user in batch {
                let preview = revoke::preview(context, *user, selection.clone()).await?;
                ends += preview.credentials.len();
                users += usize::from(!preview.credentials.is_empty());
            }
            continue;
        }
        let ended = revoke::revoke_for_users(context, batch.to_vec(), selection.clone()).await?;
        users += ended.len();
        ends += ended
            .iter()
            .map(|receipt| receipt.credentials.len())
            .sum::<usize>();
        if form.json {
            receipts.extend(ended);
        }
    }
    // Whatever lived again in a copy has ended now.
    if everything && !dry_run {
        confirm_database::confirm(context).await?;
    }
    let (credentials, users) = (count(ends, "credential"), count(users, "user"));
    match (form.json, dry_run) {
        (true, true) => output::json(&json::would_end(ends)),
        (true, false) => output::json(&json::list(receipts.iter().map(json::receipt))),
        (false, true) => output::line(format!("This would end {credentials} of {users}.")),
        (false, false) => output::line(format!("Ended {credentials} of {users}.")),
    }
}

fn show(
    context: &AppState,
    form: OutputFormat,
    preview: &RevocationPreview,
) -> Result<(), CliError> {
    if form.json {
        return output::json(&json::preview(preview));
    }
    let columns = credentials::table(&preview.credentials, context.now());
    if !preview.credentials.is_empty() {
        output::line("This would end:")?;
    }
    columns.print("This would end nothing.")
}
