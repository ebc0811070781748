//! The networks and user agents of a user's earlier sign-ins.

use std::net::IpAddr;

use ipnet::IpNet;

use super::store;
use crate::{
    db::AnyConnection,
    error::Result,
    types::ids::{CredentialId, UserId},
};

/// The number of sign-ins that are considered.
const MAX_SIGN_INS: i64 = 200;

/// Returns whether `user` has signed in from `network`, according to the stored credentials.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn has_signed_in_from(
    connection: &mut AnyConnection,
    user: UserId,
    network: IpNet,
) -> Result<bool> {
    let addresses = store::signed_in_from(connection, user, MAX_SIGN_INS)?;
    let mut addresses = addresses.iter().filter_map(|ip| ip.parse::<IpAddr>().ok());
    Ok(addresses.any(|ip| network.contains(&ip)))
}

/// Returns the user agents of `user`'s sessions other than `newest`, according to the stored
/// sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn previous_user_agents(
    connection: &mut AnyConnection,
    user: UserId,
    newest: CredentialId,
) -> Result<Vec<Option<String>>> {
    Ok(store::signed_in_with(connection, user, newest)?)
}
