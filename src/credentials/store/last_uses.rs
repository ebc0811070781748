//! The queries about when and from where credentials were last used.

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{BigInt, Binary, Nullable, Text},
};

use crate::{
    db::{AnyConnection, cached_statement, with_backend},
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
    AgainFromAsBefore { id: CredentialId as Binary, at: Timestamp as BigInt } =
        "UPDATE last_uses SET at = " at " WHERE credential_id = " id " AND at < " at
}

// Of a credential that is gone by now there is nothing to write. Where another process wrote the first row
// meanwhile, it stays.
cached_statement! {
    First { id: CredentialId as Binary, at: Timestamp as BigInt, ip: Option<String> as Nullable<Text> } =
        "INSERT INTO last_uses (credential_id, at, ip) SELECT id, " at ", " ip " FROM credentials WHERE id = " id
        " ON CONFLICT (credential_id) DO NOTHING"
}

// Whoever is just deleting the credential is waited for: to name it then would be an error, and would take the
// whole batch with it.
cached_statement! {
    FirstOnPostgres { id: CredentialId as Binary, at: Timestamp as BigInt, ip: Option<String> as Nullable<Text> } =
        "INSERT INTO last_uses (credential_id, at, ip) SELECT id, " at ", " ip " FROM credentials WHERE id = " id
        " FOR KEY SHARE ON CONFLICT (credential_id) DO NOTHING"
}

/// Writes when and from where a credential was last used, unless something newer is there. Most have been
/// used before: their row is there, and to change it looks at nothing else.
pub(crate) fn touch(
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
        UsedFrom::AsBefore => AgainFromAsBefore::new(id, at).execute(connection),
    })
}

fn first(
    connection: &mut AnyConnection,
    id: CredentialId,
    LastUse { at, from }: LastUse,
) -> QueryResult<usize> {
    let ip = match from {
        UsedFrom::At(ip) => ip.map(|ip| ip.to_string()),
        UsedFrom::AsBefore => None,
    };
    match connection {
        AnyConnection::Postgres(postgres) => FirstOnPostgres::new(id, at, ip).execute(postgres),
        AnyConnection::Sqlite(sqlite) => First::new(id, at, ip).execute(sqlite),
    }
}
