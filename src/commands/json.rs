//! What commands answer in JSON: the shapes of the API.

use std::net::IpAddr;

use serde::Serialize;

use crate::{
    ability::Abilities,
    accounts::Account,
    credentials::{Class, Credential, Receipt, sign_out::Preview},
    ids::{CredentialId, ReceiptId, UserId},
    kit::clock::Timestamp,
    sessions::Device,
};

/// A list, which commands tell whole.
#[derive(Serialize)]
pub(super) struct List<R> {
    data: Vec<R>,
    next: Option<String>,
}

pub(super) fn list<R>(rows: impl Iterator<Item = R>) -> List<R> {
    List {
        data: rows.collect(),
        next: None,
    }
}

/// A user as the API has it, and since when nobody can get in as them.
#[derive(Serialize)]
pub(super) struct AccountJson<'a> {
    id: UserId,
    name: &'a str,
    email: &'a str,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
}

pub(super) fn account(account: &Account) -> AccountJson<'_> {
    AccountJson {
        id: account.user.id,
        name: &account.user.name,
        email: &account.user.email,
        created_at: account.user.created_at,
        disabled_at: account.disabled_at,
    }
}

#[derive(Serialize)]
pub(super) struct TokenJson<'a> {
    id: CredentialId,
    class: &'static str,
    kind: &'static str,
    name: &'a str,
    hint: &'a str,
    abilities: &'a Abilities,
    made_by: Option<CredentialId>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    last_used_ip: Option<IpAddr>,
    expires_at: Option<Timestamp>,
    paused: bool,
    ended_at: Option<Timestamp>,
    receipt_id: Option<ReceiptId>,
}

pub(super) fn token(token: &Credential) -> TokenJson<'_> {
    TokenJson {
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

#[derive(Serialize)]
pub(super) struct SessionJson {
    id: CredentialId,
    class: &'static str,
    kind: &'static str,
    browser: Option<String>,
    system: Option<String>,
    ip: Option<IpAddr>,
    remembered: bool,
    /// Never: a command calls by no session.
    current: bool,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    receipt_id: Option<ReceiptId>,
}

pub(super) fn session(session: &Credential) -> SessionJson {
    let device = Device::of(session.user_agent.as_deref());
    SessionJson {
        id: session.id,
        class: session.class().as_str(),
        kind: session.kind.as_str(),
        browser: device.browser,
        system: device.system,
        ip: session.last_used_ip.or(session.ip),
        remembered: session.remembered,
        current: false,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        ended_at: session.ended_at,
        receipt_id: session.receipt_id,
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum CredentialJson<'a> {
    Session(SessionJson),
    Token(TokenJson<'a>),
}

fn credential(credential: &Credential) -> CredentialJson<'_> {
    match credential.class() {
        Class::Session => CredentialJson::Session(session(credential)),
        Class::Token => CredentialJson::Token(token(credential)),
    }
}

#[derive(Serialize)]
pub(super) struct ReceiptJson<'a> {
    id: ReceiptId,
    at: Timestamp,
    reason: &'static str,
    by: Option<CredentialId>,
    sessions_ended: i64,
    tokens_ended: i64,
    credentials: Vec<CredentialJson<'a>>,
}

pub(super) fn receipt(receipt: &Receipt) -> ReceiptJson<'_> {
    ReceiptJson {
        id: receipt.id,
        at: receipt.at,
        reason: receipt.reason.as_str(),
        by: receipt.by,
        sessions_ended: receipt.sessions_ended,
        tokens_ended: receipt.tokens_ended,
        credentials: receipt.credentials.iter().map(credential).collect(),
    }
}

#[derive(Serialize)]
pub(super) struct PreviewJson<'a> {
    digest: &'a str,
    credentials: Vec<CredentialJson<'a>>,
}

pub(super) fn preview(preview: &Preview) -> PreviewJson<'_> {
    PreviewJson {
        digest: &preview.digest,
        credentials: preview.credentials.iter().map(credential).collect(),
    }
}
