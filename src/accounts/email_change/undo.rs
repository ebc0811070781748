//! Puts the previous e-mail address of an account back.

use std::{net::IpAddr, time::Duration};

use super::{find, set_address, store};
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{RevocationReason, end_pending, revoke::lock_user_and_recheck_actor},
    error::Result,
    factors,
    mail::{
        links::{self, LinkSecret, Purpose},
        notices::{self, NoticeKind},
    },
    passwords::{reset, set_by_link},
};

/// An intruder may add a second factor before the change of the address. So a factor counts as the
/// intruder's if it was added within this time before the change.
const SUSPECT_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Puts the address of the link back, ends everything of the account, and makes everything that is
/// pending void. Returns the secret of a link that sets a new password.
///
/// A second factor that was added within a day before the change, or later, is removed. Otherwise
/// an intruder's factor would refuse the owner the new password. An older factor stays, because a
/// thief of the previous mailbox has the link too. All recovery codes are removed if the set was
/// made, or one of them was used and so replaced, within that time. The second address is removed.
///
/// # Errors
/// [`crate::error::Error::NotFound`] if the link does not work any more, or if the address belongs
/// to another account.
pub async fn undo(state: &AppState, secret: &LinkSecret, ip: Option<IpAddr>) -> Result<LinkSecret> {
    let digest = secret.digest();
    state
        .write(move |tx| {
            let (link, user) = find(tx, Purpose::UndoEmail, digest)?;
            let actor = Actor::anonymous(ip);
            lock_user_and_recheck_actor(tx, user, &actor)?;
            let replaced = set_address(tx, user, &link)?;
            end_pending(tx.connection, user)?;
            links::void_later(tx.connection, user, &link)?;
            let since = link.created_at().saturating_sub(SUSPECT_WINDOW);
            factors::remove_changed_since(tx, user, since, &actor)?;
            let event = NewEvent::new(EventKind::EmailChangeUndone, link.email.as_str());
            audit::record(tx, user, &actor, event)?;
            let reason = RevocationReason::EmailChangeUndone;
            let receipt = set_by_link::revoke_and_pause(tx, user, &actor, reason, true)?;
            let kind = NoticeKind::EmailChangeUndone {
                restored: link.email.clone(),
            };
            notices::notify(tx, user, &actor, kind.clone(), receipt.kinds())?;
            let former = replaced.as_str();
            notices::notify_former_address(tx, user, &actor, kind, receipt.kinds(), former, None)?;
            // An intruder may have entered it. It has received the notice of the undo.
            store::set_notice_email(tx.connection, user, None)?;
            reset::create_link_in(tx, user)
        })
        .await
}
