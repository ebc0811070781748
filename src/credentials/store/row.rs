//! The rows of credentials, and their conversion.

use std::{net::IpAddr, time::Duration};

use diesel::{QueryResult, dsl::AsSelect, prelude::*};

use crate::{
    credentials::credential::Credential,
    schema::{self, credentials},
    types::{
        ability::Abilities,
        assurance::AuthenticationMethods,
        credential_kind::{CredentialKind, CredentialType},
        ids::{CredentialId, ReceiptId, UserId},
        language_tag::LanguageTag,
        secret_form::SecretForm,
        user::User,
    },
    util::clock::{Timestamp, micros_of},
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = credentials, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub(super) id: CredentialId,
    user_id: UserId,
    class: String,
    kind: String,
    name: String,
    abilities: String,
    user_agent: Option<String>,
    ip: Option<String>,
    remembered: bool,
    paused: bool,
    made_by: Option<CredentialId>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    idle_limit: Option<i64>,
    confirmed_until: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    receipt_id: Option<ReceiptId>,
    amr: String,
    auth_time: Option<Timestamp>,
    second_factor_until: Option<Timestamp>,
}

/// The data of a user that each of the user's credentials may read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = schema::users)]
pub(crate) struct UserRow {
    id: UserId,
    email: String,
    name: String,
    created_at: Timestamp,
    language: Option<String>,
    /// The time since which the address waits for its verification.
    pub(crate) email_unverified_since: Option<Timestamp>,
}

impl UserRow {
    /// Converts the row. A language that this version does not know counts as none.
    pub(crate) fn into_user(self) -> User {
        User {
            id: self.id,
            email: self.email,
            name: self.name,
            email_verified: self.email_unverified_since.is_none(),
            created_at: self.created_at,
            language: self.language.as_deref().and_then(LanguageTag::parse),
        }
    }
}

/// The last use of a credential.
#[derive(Queryable, Selectable)]
#[diesel(table_name = schema::last_uses)]
pub(super) struct UseRow {
    at: Timestamp,
    ip: Option<String>,
}

/// The stored properties of the newest secret of a credential.
#[derive(Default, Queryable, Selectable)]
#[diesel(table_name = schema::secrets)]
pub(super) struct NewestSecret {
    pub(super) hint: String,
    pub(super) form: String,
    accepted_until: Option<Timestamp>,
}

/// Returns the form of a stored secret. Fails on a form that this version does not know.
pub(super) fn secret_form(
    id: CredentialId,
    class: CredentialType,
    stored: &str,
) -> QueryResult<SecretForm> {
    SecretForm::from_stored(class, stored).ok_or_else(|| {
        diesel::result::Error::DeserializationError(
            format!("a secret of credential {id} has an unknown form").into(),
        )
    })
}

/// Returns the methods of a stored credential. A password opened each session of an earlier version,
/// which stored no methods.
fn methods_of(class: CredentialType, stored: &str) -> AuthenticationMethods {
    match (class, stored) {
        (CredentialType::Session, "") => AuthenticationMethods::PASSWORD,
        _ => AuthenticationMethods::from_stored(stored),
    }
}

fn address(text: Option<String>) -> Option<IpAddr> {
    text.and_then(|text| text.parse().ok())
}

impl Row {
    /// Fails on a kind or a form that this version does not know, so that such a credential is not
    /// accepted.
    pub(super) fn into_credential(
        self,
        last: Option<UseRow>,
        newest: NewestSecret,
    ) -> QueryResult<Credential> {
        let kind = CredentialKind::parse(&self.kind).ok_or_else(|| {
            diesel::result::Error::DeserializationError(
                format!("credential {} has an unknown kind", self.id).into(),
            )
        })?;
        let form = secret_form(self.id, kind.class(), &newest.form)?;
        let ip = address(self.ip);
        // The sign-in is the first use of a session. Its address counts if no later one is known.
        let (first_used_at, first_used_ip) = match kind.class() {
            CredentialType::Session => (Some(self.created_at), ip),
            CredentialType::Token => (None, None),
        };
        let (last_used_at, last_used_ip) =
            last.map_or((None, None), |last| (Some(last.at), address(last.ip)));
        Ok(Credential {
            id: self.id,
            user_id: self.user_id,
            kind,
            name: self.name,
            hint: newest.hint,
            form,
            secret_accepted_until: newest.accepted_until,
            abilities: Abilities::from_stored(&self.abilities),
            user_agent: self.user_agent,
            ip,
            last_used_ip: last_used_ip.or(first_used_ip),
            remembered: self.remembered,
            paused: self.paused,
            made_by: self.made_by,
            created_at: self.created_at,
            last_used_at: last_used_at.max(first_used_at),
            expires_at: self.expires_at,
            idle_limit: self
                .idle_limit
                .map(|micros| Duration::from_micros(micros.unsigned_abs())),
            confirmed_until: self.confirmed_until,
            second_factor_until: self.second_factor_until,
            methods: methods_of(kind.class(), &self.amr),
            authenticated_at: self.auth_time.unwrap_or(self.created_at),
            ended_at: self.ended_at,
            receipt_id: self.receipt_id,
        })
    }

    pub(super) fn of(credential: &Credential) -> Self {
        Self {
            id: credential.id,
            user_id: credential.user_id,
            class: credential.class().as_str().to_owned(),
            kind: credential.kind.as_str().to_owned(),
            name: credential.name.clone(),
            abilities: credential.abilities.to_stored(),
            user_agent: credential.user_agent.clone(),
            ip: credential.ip.map(|ip| ip.to_string()),
            remembered: credential.remembered,
            paused: credential.paused,
            made_by: credential.made_by,
            created_at: credential.created_at,
            expires_at: credential.expires_at,
            idle_limit: credential.idle_limit.map(micros_of),
            confirmed_until: credential.confirmed_until,
            ended_at: credential.ended_at,
            receipt_id: credential.receipt_id,
            amr: credential.methods.to_stored(),
            auth_time: Some(credential.authenticated_at),
            second_factor_until: credential.second_factor_until,
        }
    }
}

/// A credential with its last use and its newest secret.
#[derive(Queryable, Selectable)]
#[diesel(table_name = credentials)]
pub(super) struct FullRow {
    #[diesel(embed)]
    row: Row,
    #[diesel(embed)]
    last: Option<UseRow>,
    #[diesel(embed)]
    newest: Option<NewestSecret>,
}

impl FullRow {
    /// Returns the selected columns, for the backend of this connection. Without it, the compiler
    /// infers the backend of each query from its last call, which takes it two seconds.
    pub(super) fn columns<C: Connection>(_: &C) -> AsSelect<Self, C::Backend>
    where
        Self: Selectable<C::Backend>,
    {
        Self::as_select()
    }

    pub(super) fn into_credential(self) -> QueryResult<Credential> {
        let newest = self.newest.unwrap_or_default();
        self.row.into_credential(self.last, newest)
    }
}

pub(super) fn into_credentials(rows: Vec<FullRow>) -> QueryResult<Vec<Credential>> {
    rows.into_iter().map(FullRow::into_credential).collect()
}

/// Returns the joined tables of a [`FullRow`]. The newest secret is the one without an end: a
/// rotation sets the end of all others.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn full_rows() -> _ {
    let newest = schema::secrets::credential_id
        .eq(credentials::id)
        .and(schema::secrets::valid_until.is_null());
    credentials::table
        .left_join(schema::last_uses::table)
        .left_join(schema::secrets::table.on(newest))
}
