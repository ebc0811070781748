//! What commands answer in JSON: what the API would, seen by nobody's credential.

use serde::Serialize;

use crate::{
    accounts::{Account, api::UserJson},
    credentials::{
        Credential, Receipt,
        api::{PreviewJson, ReceiptJson},
        sign_out::Preview,
    },
    kit::clock::Timestamp,
    sessions::api::SessionJson,
    tokens::api::TokenJson,
    web::list::List,
};

/// A user as the API has it, and since when nobody can get in as them.
#[derive(Serialize)]
pub(super) struct AccountJson<'a> {
    #[serde(flatten)]
    user: UserJson<'a>,
    disabled_at: Option<Timestamp>,
}

pub(super) fn account(account: &Account) -> AccountJson<'_> {
    AccountJson {
        user: UserJson::from(&account.user),
        disabled_at: account.disabled_at,
    }
}

pub(super) fn token(token: &Credential) -> TokenJson<'_> {
    TokenJson::of(token)
}

pub(super) fn session(session: &Credential) -> SessionJson {
    SessionJson::of(session, None)
}

pub(super) fn receipt(receipt: &Receipt) -> ReceiptJson<'_> {
    ReceiptJson::of(receipt, None)
}

pub(super) fn preview(preview: &Preview) -> PreviewJson<'_> {
    PreviewJson::of(preview, None)
}

/// A list, which commands tell whole.
pub(super) fn list<R>(rows: impl Iterator<Item = R>) -> List<R> {
    List::whole(rows.collect())
}
