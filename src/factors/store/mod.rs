//! The queries about authenticator apps and recovery codes, and whether a user has a password.

mod apps;
mod recovery_codes;

use diesel::{QueryResult, prelude::*};

pub(super) use self::{
    apps::{
        StoredApp, app_of, count_failure, delete_app, delete_pending_before, delete_pending_secret,
        find_app, has_app, insert_app, pending_secret, replace_sealed_secret, reset_failures,
        sealed_with_other_keys, set_pending_secret, use_step,
    },
    recovery_codes::{
        delete_recovery_code, delete_recovery_codes, insert_recovery_code, insert_recovery_codes,
        recovery_code_set, recovery_codes, recovery_codes_left, set_recovery_code_used,
    },
};
use crate::{
    crypto::password_hash::StoredHash, db::AnyConnection, schema::users, types::ids::UserId,
};

/// Returns whether a user has a password.
pub(crate) fn has_password(connection: &mut AnyConnection, user: UserId) -> QueryResult<bool> {
    let stored: Option<String> = users::table
        .find(user)
        .select(users::password_hash)
        .first(connection)
        .optional()?;
    Ok(stored.is_some_and(|stored| !StoredHash::from_stored(stored).is_absent()))
}
