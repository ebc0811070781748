//! Response bodies about tokens in the JSON API.

use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    credentials::Credential,
    http::{
        openapi::schemas::{
            self,
            credentials::{token_class, token_kind},
        },
        response::paginated::List,
    },
    types::{
        ability::{Abilities, Ability},
        ids::{CredentialId, ReceiptId},
    },
    util::clock::Timestamp,
};

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenJson<'a> {
    id: CredentialId,
    #[schema(schema_with = token_class)]
    class: &'static str,
    #[schema(schema_with = token_kind)]
    kind: &'static str,
    name: &'a str,
    /// The last four characters of the secret; empty for an imported token until it is rotated.
    hint: &'a str,
    /// The system that made the secret; absent if Narthex made it. The token works only while
    /// `NARTHEX_FOREIGN_TOKENS` accepts the tokens of this system: rotate it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String)]
    form: Option<&'static str>,
    /// The time from which the imported secret is refused; absent if it has no such end. A token
    /// with a rotated secret stays valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Timestamp)]
    secret_accepted_until: Option<Timestamp>,
    abilities: &'a Abilities,
    /// The credential that created the token. `null` if an operator or a sign-in with a password
    /// created it.
    #[schema(required)]
    made_by: Option<CredentialId>,
    created_at: Timestamp,
    #[schema(required)]
    last_used_at: Option<Timestamp>,
    #[schema(required, value_type = Option<schemas::Ip>)]
    last_used_ip: Option<IpAddr>,
    #[schema(required)]
    expires_at: Option<Timestamp>,
    paused: bool,
    #[schema(required)]
    ended_at: Option<Timestamp>,
    #[schema(required)]
    receipt_id: Option<ReceiptId>,
}

/// A page of tokens.
pub(super) type TokenList<'a> = List<TokenJson<'a>>;

impl<'a> TokenJson<'a> {
    /// Returns `token` as its owner sees it.
    #[must_use]
    pub fn of(token: &'a Credential) -> Self {
        Self {
            id: token.id,
            class: token.class().as_str(),
            kind: token.kind.as_str(),
            name: &token.name,
            hint: &token.hint,
            form: token.form.foreign_name(),
            secret_accepted_until: token.secret_accepted_until,
            abilities: &token.abilities,
            made_by: token.made_by,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            last_used_ip: token.last_used_ip,
            expires_at: token.expires_at,
            paused: token.paused,
            ended_at: token.ended_at,
            receipt_id: token.receipt_id,
        }
    }
}

/// A new token, with its secret. The secret is not shown again.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedToken)]
pub(super) struct IssuedJson<'a> {
    pub(super) token: TokenJson<'a>,
    pub(super) secret: &'a str,
}

/// A new device token, with its secret. The secret is not shown again.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceToken)]
pub(super) struct DeviceJson<'a> {
    pub(super) token: TokenJson<'a>,
    pub(super) secret: &'a str,
    /// The recovery code that replaces the used one; absent unless the sign-in used a recovery
    /// code. It is not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String)]
    pub(super) recovery_code: Option<&'a str>,
}

/// An ability that a token may have.
#[derive(Serialize, ToSchema)]
#[schema(as = Ability)]
pub(super) struct AbilityJson<'a> {
    pub(super) name: &'a Ability,
    /// A description of the ability.
    pub(super) description: String,
}

/// The complete list of abilities.
pub(super) type AbilityList<'a> = List<AbilityJson<'a>>;
