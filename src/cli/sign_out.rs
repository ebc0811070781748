//! `narthex sign-out`: revokes the credentials of a user or of all users that match a filter.

use clap::ArgGroup;

use super::{CliError, OutputFormat, account, confirm_database, credentials, json, output, text};
use crate::{
    accounts,
    app_state::AppState,
    audit::Actor,
    cli::text::count,
    credentials::{
        CredentialFilter, RevocationReason, RevocationReceipt,
        revoke::{self, RevocationPreview, RevocationRequest},
    },
    error::Error,
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
    #[arg(value_parser = text::email)]
    email: Option<Email>,
    /// All users: after a backup was restored, or a key was stolen
    #[arg(long)]
    all: bool,
    /// Show what would be revoked, and revoke nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: OutputFormat,
    // Last, because its heading applies to everything that follows.
    #[command(flatten)]
    filter: FilterFlags,
}

/// A filter as flags. Each flag is a field, and may be repeated if the field may. Without any flag
/// the filter matches everything.
#[derive(clap::Args)]
#[command(
    next_help_heading = "Selection (without any of these, everything; repeat one to name several)"
)]
struct FilterFlags {
    /// Only sessions or only tokens
    #[arg(long, value_parser = CredentialType::ALL.map(CredentialType::as_str))]
    class: Vec<String>,
    /// Only this kind
    #[arg(long, value_parser = CredentialKind::ALL.map(CredentialKind::as_str))]
    kind: Vec<String>,
    /// Only this one
    #[arg(long)]
    id: Vec<String>,
    /// All except this one
    #[arg(long, value_name = "ID")]
    except: Vec<String>,
    /// Only those not used for this time (30d), or since this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    unused_since: Option<String>,
    /// Only those created before this time
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    /// Only those last used from this network, such as 192.0.2.0/24
    #[arg(long, value_name = "NETWORK")]
    from: Vec<String>,
    /// Only those that this credential created
    #[arg(long, value_name = "ID")]
    made_by: Vec<String>,
    /// Only those with this ability
    #[arg(long)]
    ability: Vec<String>,
}

impl FilterFlags {
    fn filter(self, now: Timestamp) -> Result<CredentialFilter, CliError> {
        let values_by_field = [
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
        let values_by_field = values_by_field
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)));
        let mut fields = Fields::new(values_by_field);
        let filter = CredentialFilter::take(&mut fields, now, None);
        fields.finish().map_err(|errors| CliError::flags(&errors))?;
        Ok(filter)
    }
}

impl SignOut {
    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        let filter = self.filter.filter(state.now())?;
        let Some(email) = self.email else {
            return revoke_for_all_users(state, filter, self.dry_run, self.format).await;
        };
        let user = account(state, &email).await?.user.id;
        if self.dry_run {
            let preview = revoke::preview(state, user, filter).await?;
            return print_preview(state, self.format, &preview);
        }
        let everything = filter == CredentialFilter::default();
        let receipt = revoke_for_user(state, user, filter).await?;
        let address = email.as_str();
        let done = match receipt.credentials.is_empty() {
            true if everything => format!("{address} had no sessions and tokens."),
            true => format!("No session and no token of {address} matches."),
            false => format!("Signed {address} out."),
        };
        credentials::receipt(state, self.format, &done, &receipt)
    }
}

async fn revoke_for_user(
    state: &AppState,
    user: UserId,
    filter: CredentialFilter,
) -> Result<RevocationReceipt, Error> {
    let request = RevocationRequest::of(filter, RevocationReason::Operator);
    revoke::revoke(state, user, request, Actor::operator()).await
}

/// The number of users in one transaction. It is small, so that no other change waits for long.
const BATCH: usize = 50;

/// Revokes in batches of users, with a receipt for each user. An interruption leaves the finished
/// batches revoked.
async fn revoke_for_all_users(
    state: &AppState,
    filter: CredentialFilter,
    dry_run: bool,
    format: OutputFormat,
) -> Result<(), CliError> {
    let everything = filter == CredentialFilter::default();
    let (mut total, mut receipts) = (0, Vec::new());
    let mut users = 0;
    let accounts = accounts::list(state).await?;
    let all: Vec<UserId> = accounts.iter().map(|account| account.user.id).collect();
    for batch in all.chunks(BATCH) {
        if dry_run {
            for user in batch {
                let preview = revoke::preview(state, *user, filter.clone()).await?;
                total += preview.credentials.len();
                users += usize::from(!preview.credentials.is_empty());
            }
            continue;
        }
        let revoked = revoke::revoke_for_users(state, batch.to_vec(), filter.clone()).await?;
        users += revoked.len();
        total += revoked
            .iter()
            .map(|receipt| receipt.credentials.len())
            .sum::<usize>();
        if format.json {
            receipts.extend(revoked);
        }
    }
    // Credentials that were active again in a restored copy are revoked now.
    if everything && !dry_run {
        confirm_database::confirm(state).await?;
    }
    let (credentials, users) = (count(total, "credential"), count(users, "user"));
    match (format.json, dry_run) {
        (true, true) => output::json(&json::would_end(total)),
        (true, false) => output::json(&json::list(receipts.iter().map(json::receipt))),
        (false, true) => output::line(format!("This would revoke {credentials} of {users}.")),
        (false, false) => output::line(format!("Revoked {credentials} of {users}.")),
    }
}

fn print_preview(
    state: &AppState,
    format: OutputFormat,
    preview: &RevocationPreview,
) -> Result<(), CliError> {
    if format.json {
        return output::json(&json::preview(preview));
    }
    let columns = credentials::table(&preview.credentials, state.now());
    if !preview.credentials.is_empty() {
        output::line("This would revoke:")?;
    }
    columns.print("This would revoke nothing.")
}
