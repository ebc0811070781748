//! The networks from which each token was used. A use from another network is reported to the user,
//! because it may be a stolen secret.

use super::store;
use crate::{
    app_state::Transaction,
    error::Result,
    mail::notices::{self, NamedToken, NoticeKind},
    types::{
        ids::CredentialId,
        last_use::{LastUse, UsedFrom},
    },
    util::networks::access_network,
};

/// Stores the networks of `uses`, and reports those that are new. It runs before the uses are
/// written. The first network of a token is not reported, because its owner has just created it.
///
/// No request waits for this. Most uses come from the network of the previous use, so one query for
/// all tokens decides.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) fn report_new(tx: &mut Transaction<'_>, uses: &[(CredentialId, LastUse)]) -> Result<()> {
    if !tx.state.settings().mail.is_on() {
        return Ok(());
    }
    let ids: Vec<CredentialId> = uses.iter().map(|(id, _)| *id).collect();
    for token in store::used_tokens(tx.connection, &ids)? {
        let Some((_, last)) = uses.iter().find(|(id, _)| *id == token.id) else {
            continue;
        };
        let UsedFrom::At(Some(ip)) = last.from else {
            continue;
        };
        let network = access_network(ip);
        let before = token.last_ip.map(access_network);
        if before == Some(network) {
            continue;
        }
        let mut is_first = !store::has_networks(tx.connection, token.id)?;
        // The token may have been used before networks were stored.
        if is_first && let Some(before) = before {
            store::insert_network(tx.connection, token.id, before, last.at)?;
            is_first = false;
        }
        let is_new = store::insert_network(tx.connection, token.id, network, last.at)?;
        if is_new
            && !is_first
            && let Some((name, hint)) = store::name_and_hint(tx.connection, token.id)?
        {
            let kind = NoticeKind::TokenUsedElsewhere(NamedToken { name, hint });
            notices::notify_of(tx, token.user, kind, last.at, Some(ip))?;
        }
    }
    Ok(())
}
