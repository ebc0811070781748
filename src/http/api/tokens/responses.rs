//! What the JSON API answers about tokens.

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
    /// The last characters of its secret.
    hint: &'a str,
    abilities: &'a Abilities,
    /// The credential that made it; none for an operator and for a password.
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

/// A page of them.
pub(super) type TokenList<'a> = List<TokenJson<'a>>;

impl<'a> TokenJson<'a> {
    /// As its owner sees it.
    #[must_use]
    pub fn of(token: &'a Credential) -> Self {
        Self {
            id: token.id,
            class: token.class().as_str(),
            kind: token.kind.as_str(),
            name: &token.name,
            hint: &token.hint,
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

/// A new token, with the secret that is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedToken)]
pub(super) struct IssuedJson<'a> {
    pub(super) token: TokenJson<'a>,
    pub(super) secret: &'a str,
}

/// What a token may be given to do.
#[derive(Serialize, ToSchema)]
#[schema(as = Ability)]
pub(super) struct AbilityJson<'a> {
    pub(super) name: &'a Ability,
    /// What it means, in words.
    pub(super) description: &'a str,
}

/// A page of them.
pub(super) type AbilityList<'a> = List<AbilityJson<'a>>;
