//! The queries about the last use of credentials: its time and its address.

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Binary, Nullable, Text},
};

use crate::{
    db::{AnyConnection, Engine, cached_statement, with_backend},
    types::{
        ids::CredentialId,
        last_use::{LastUse, UsedFrom},
    },
    util::clock::Timestamp,
};

cached_statement! {
    Again { id: CredentialId as Binary, at: Timestamp as BigInt, ip: Option<String> as Nullable<Text> } =
        "UPDATE last_uses SET at = " at ", ip = " ip " WHERE credential_id = " id " AND at < " at
}

cached_statement! {
    AgainFromPreviousAddress { id: CredentialId as Binary, at: Timestamp as BigInt } =
        "UPDATE last_uses SET at = " at " WHERE credential_id = " id " AND at < " at
}

// Writes nothing for a deleted credential. A first row that another node wrote meanwhile stays.
cached_statement! {
    First { id: CredentialId as Binary, at: Timestamp as BigInt, ip: Option<String> as Nullable<Text> } =
        "INSERT INTO last_uses (credential_id, at, ip) SELECT id, " at ", " ip " FROM credentials WHERE id = " id
        " ON CONFLICT (credential_id) DO NOTHING"
}

// Waits for a transaction that is deleting the credential. Without the wait, the foreign key would
// be an error, which would fail the whole batch.
cached_statement! {
    FirstOnPostgres { id: CredentialId as Binary, at: Timestamp as BigInt, ip: Option<String> as Nullable<Text> } =
        "INSERT INTO last_uses (credential_id, at, ip) SELECT id, " at ", " ip " FROM credentials WHERE id = " id
        " FOR KEY SHARE ON CONFLICT (credential_id) DO NOTHING"
}

/// Writes the last use of a credential, unless a newer one is stored. Most credentials have a row
/// already, so that an update is tried first; it reads no other table.
pub(crate) fn update_last_used(
    connection: &mut AnyConnection,
    id: CredentialId,
    last: LastUse,
) -> QueryResult<()> {
    if again(connection, id, last)? == 0 && first(connection, id, last)? == 0 {
        again(connection, id, last)?;
    }
    Ok(())
}

fn again(
    connection: &mut AnyConnection,
    id: CredentialId,
    LastUse { at, from }: LastUse,
) -> QueryResult<usize> {
    with_backend!(connection => match from {
        UsedFrom::At(ip) => Again::new(id, at, ip.map(|ip| ip.to_string())).execute(connection),
        UsedFrom::PreviousAddress => AgainFromPreviousAddress::new(id, at).execute(connection),
    })
}

fn first(
    connection: &mut AnyConnection,
    id: CredentialId,
    LastUse { at, from }: LastUse,
) -> QueryResult<usize> {
    let ip = match from {
        UsedFrom::At(ip) => ip.map(|ip| ip.to_string()),
        UsedFrom::PreviousAddress => None,
    };
    match connection.engine() {
        Engine::Postgres => {
            with_backend!(connection => FirstOnPostgres::new(id, at, ip).execute(connection))
        }
        Engine::Sqlite => with_backend!(connection => First::new(id, at, ip).execute(connection)),
    }
}
