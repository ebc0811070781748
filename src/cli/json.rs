//! The JSON output of commands, in the format of the API.

use std::path::Path;

use serde::Serialize;

use crate::{
    accounts::Account,
    credentials::{
        Credential, Pruned, RevocationReceipt, TokenOfUser, identify::SecretDescription,
        revoke::RevocationPreview,
    },
    http::{
        api::{
            credentials::{PreviewJson, ReceiptJson},
            sessions::SessionJson,
            tokens::TokenJson,
            user::UserJson,
        },
        response::paginated::List,
    },
    import::ImportedUser,
    types::ids::UserId,
    util::clock::Timestamp,
};

/// A user as in the API, with the time at which the account was disabled.
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

/// A secret that was identified.
#[derive(Serialize)]
pub(super) struct IdentifiedJson<'a> {
    user: AccountJson<'a>,
    token: TokenJson<'a>,
    state: &'static str,
    /// The time from which this secret is refused, although its token stays valid.
    secret_valid_until: Option<Timestamp>,
}

pub(super) fn identified<'a>(
    found: &'a SecretDescription,
    state: &'static str,
) -> IdentifiedJson<'a> {
    IdentifiedJson {
        user: AccountJson {
            user: UserJson::from(&found.user),
            disabled_at: found.user_disabled_at,
        },
        token: TokenJson::of(&found.credential),
        state,
        secret_valid_until: found.valid_until,
    }
}

pub(super) fn token(token: &Credential) -> TokenJson<'_> {
    TokenJson::of(token)
}

/// A token with the address of its user.
#[derive(Serialize)]
pub(super) struct TokenOfUserJson<'a> {
    user_email: &'a str,
    #[serde(flatten)]
    token: TokenJson<'a>,
}

pub(super) fn token_of_user(found: &TokenOfUser) -> TokenOfUserJson<'_> {
    TokenOfUserJson {
        user_email: &found.email,
        token: TokenJson::of(&found.token),
    }
}

pub(super) fn session(session: &Credential) -> SessionJson {
    SessionJson::of(session, None)
}

pub(super) fn receipt(receipt: &RevocationReceipt) -> ReceiptJson<'_> {
    ReceiptJson::of(receipt, None)
}

pub(super) fn preview(preview: &RevocationPreview) -> PreviewJson<'_> {
    PreviewJson::of(preview, None)
}

/// The numbers of credentials that were revoked because they had expired, and that were deleted.
#[derive(Serialize)]
pub(super) struct PrunedJson {
    expired: usize,
    forgotten: usize,
}

pub(super) fn pruned(pruned: Pruned) -> PrunedJson {
    PrunedJson {
        expired: pruned.expired,
        forgotten: pruned.deleted,
    }
}

/// Converts rows to a list. Commands do not paginate.
pub(super) fn list<R>(rows: impl Iterator<Item = R>) -> List<R> {
    List::whole(rows.collect())
}

/// A list that may be limited, with the total number.
#[derive(Serialize)]
pub(super) struct CountedList<R> {
    #[serde(flatten)]
    list: List<R>,
    total: i64,
}

pub(super) fn counted_list<R>(rows: impl Iterator<Item = R>, total: i64) -> CountedList<R> {
    CountedList {
        list: list(rows),
        total,
    }
}

/// A copy of the database.
#[derive(Serialize)]
pub(super) struct BackupJson<'a> {
    file: &'a Path,
    bytes: u64,
    /// The file with the key that belongs to the copy.
    key_file: Option<&'a Path>,
}

pub(super) const fn backup<'a>(
    file: &'a Path,
    bytes: u64,
    key_file: Option<&'a Path>,
) -> BackupJson<'a> {
    BackupJson {
        file,
        bytes,
        key_file,
    }
}

/// An imported user.
#[derive(Serialize)]
pub(super) struct ImportedUserJson<'a> {
    foreign_id: &'a str,
    user_id: UserId,
}

pub(super) fn imported_user(user: &ImportedUser) -> ImportedUserJson<'_> {
    ImportedUserJson {
        foreign_id: &user.foreign_id,
        user_id: user.id,
    }
}

/// The identity of the database.
#[derive(Serialize)]
pub(super) struct PlaceJson<'a> {
    place: &'a str,
}

pub(super) const fn place(place: &str) -> PlaceJson<'_> {
    PlaceJson { place }
}

/// The number of credentials that a sign-out would revoke.
#[derive(Serialize)]
pub(super) struct DryRunJson {
    would_end: usize,
}

pub(super) const fn would_end(would_end: usize) -> DryRunJson {
    DryRunJson { would_end }
}
