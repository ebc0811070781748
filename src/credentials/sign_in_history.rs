//! From where, and with what, a user has signed in before.

use std::net::IpAddr;

use ipnet::IpNet;

use super::store;
use crate::{
    db::AnyConnection,
    error::Result,
    types::ids::{CredentialId, UserId},
};

/// How many sign-ins back is looked.
const REMEMBERED: i64 = 200;

/// Whether somebody gave `user`'s right password from `network`, as far as is still kept.
///
/// # Errors
/// When the database fails.
pub(crate) fn has_signed_in_from(
    connection: &mut AnyConnection,
    user: UserId,
    network: IpNet,
) -> Result<bool> {
    let places = store::signed_in_from(connection, user, REMEMBERED)?;
    let mut places = places.iter().filter_map(|ip| ip.parse::<IpAddr>().ok());
    Ok(places.any(|ip| network.contains(&ip)))
}

/// The user agents that `user` signed in with before the session `newest`, as far as is still kept.
///
/// # Errors
/// When the database fails.
pub(crate) fn signed_in_with_before(
    connection: &mut AnyConnection,
    user: UserId,
    newest: CredentialId,
) -> Result<Vec<Option<String>>> {
    Ok(store::signed_in_with(connection, user, newest)?)
}
