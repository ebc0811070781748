//! `narthex token list`: the active tokens of a user, or those that another system made.

use super::{CliError, OutputFormat, account, credentials, json, output, table::Columns, text};
use crate::{
    app_state::AppState,
    credentials::{Credential, TokenOfUser, tokens_of_form},
    types::{
        credential_kind::CredentialType,
        email::Email,
        pagination::{MAX_PAGE_SIZE, Paging},
        secret_form::SecretForm,
    },
    util::clock::Timestamp,
};

#[derive(clap::Args)]
pub(super) struct List {
    /// The user's e-mail address
    #[arg(value_parser = text::email, required_unless_present = "form")]
    email: Option<Email>,
    /// Only tokens with a secret of this system, which were not rotated yet. Without an address, the
    /// tokens of all users
    #[arg(long, value_name = "SYSTEM", value_parser = form)]
    form: Option<SecretForm>,
    #[command(flatten)]
    format: OutputFormat,
}

const FORM_HEADINGS: [&str; 7] = [
    "ID",
    "USER",
    "LAST USED",
    "EXPIRES",
    "SECRET UNTIL",
    "NAME",
    "ABILITIES",
];

fn form(name: &str) -> Result<SecretForm, &'static str> {
    SecretForm::parse_foreign(name).ok_or("give sanctum, knox, drf or better-auth")
}

impl List {
    pub(super) async fn run(self, state: &AppState) -> Result<(), CliError> {
        match (&self.email, self.form) {
            (Some(email), form) => self.list_of_user(state, email, form).await,
            (None, Some(form)) => self.list_of_form(state, form).await,
            // clap requires one of them.
            (None, None) => Ok(()),
        }
    }

    async fn list_of_user(
        &self,
        state: &AppState,
        email: &Email,
        form: Option<SecretForm>,
    ) -> Result<(), CliError> {
        let user = account(state, email).await?.user.id;
        let mut tokens = credentials::active(state, user, CredentialType::Token).await?;
        tokens.retain(|token| form.is_none_or(|form| token.form == form));
        if self.format.json {
            return output::json(&json::list(tokens.iter().map(json::token)));
        }
        let now = state.now();
        let mut columns = Columns::with_headings([
            "ID",
            "KIND",
            "STATE",
            "CREATED",
            "LAST USED",
            "EXPIRES",
            "NAME",
            "ABILITIES",
        ]);
        for token in tokens {
            columns.row([
                token.id.to_string(),
                token.kind.as_str().to_owned(),
                if token.paused { "paused" } else { "active" }.to_owned(),
                text::ago(now, token.created_at),
                credentials::last_used(&token, now),
                credentials::expiry(&token, now),
                credentials::label(&token),
                abilities(&token),
            ]);
        }
        columns.print("There are no active tokens.")
    }

    async fn list_of_form(&self, state: &AppState, form: SecretForm) -> Result<(), CliError> {
        let found = all_of_form(state, form).await?;
        if self.format.json {
            return output::json(&json::list(found.iter().map(json::token_of_user)));
        }
        let now = state.now();
        let mut columns = Columns::with_headings(FORM_HEADINGS);
        for TokenOfUser { email, token } in found {
            columns.row([
                token.id.to_string(),
                email,
                credentials::last_used(&token, now),
                credentials::expiry(&token, now),
                accepted_until(&token),
                credentials::label(&token),
                abilities(&token),
            ]);
        }
        columns.print("There are no active tokens of this system.")
    }
}

/// Returns the end that the import gave the secret: `2027-05-27 12:00 UTC`, `no end`.
fn accepted_until(token: &Credential) -> String {
    token
        .secret_accepted_until
        .map_or_else(|| "no end".to_owned(), Timestamp::format_minute)
}

fn abilities(token: &Credential) -> String {
    token.abilities.to_stored().replace(' ', ", ")
}

async fn all_of_form(state: &AppState, form: SecretForm) -> Result<Vec<TokenOfUser>, CliError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = tokens_of_form(state, form, Paging::new(MAX_PAGE_SIZE, after)).await?;
        all.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}
