//! Changing name and e-mail address.

use super::{register::taken, store};
use crate::{
    app_state::AppState,
    audit::{self, EventKind, NewEvent},
    credentials::{Principal, revoke::begin_change_as},
    db,
    error::{Error, Result},
    rate_limit::{self, Attempt},
    types::{email::Email, name::Name},
};

/// What a person says of themselves.
pub struct Profile {
    /// The name.
    pub name: Name,
    /// The address.
    pub email: Email,
}

/// Changes the caller's name and address to what `profile` has.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] where the address is a new one and the password was not confirmed
/// lately; [`Error::Invalid`] where the address is somebody else's; [`Error::Throttled`] where too many
/// were tried from there.
pub async fn change_profile(
    context: &AppState,
    caller: &Principal,
    profile: Profile,
) -> Result<()> {
    if caller.user.email != profile.email.as_str() {
        caller.require_recent_authentication(context.now())?;
        // Whether an address is taken is told here as it is at registering, and as slowly.
        rate_limit::record_attempt(context, &Attempt::to_register(context, caller.ip)).await?;
    }
    let (user, actor, caller) = (caller.user.id, caller.actor(), caller.clone());
    context
        .write(move |context, connection| {
            let acting = begin_change_as(context, connection, &caller)?;
            // Compared again under the lock: the account that the request was let in with may have
            // another address by now, and the one that it had is a new one then.
            let before = store::find(connection, user)?.ok_or(Error::NotFound)?.user;
            let renamed = before.name != profile.name.as_str();
            let moved = before.email != profile.email.as_str();
            if moved {
                acting.require_recent_authentication(context.now())?;
            }
            let old = context.invalidate_user(user);
            db::with_savepoint(connection, |connection| {
                store::set_profile(connection, old, user, &profile.name, &profile.email)
            })
            .map_err(taken)?;
            if renamed {
                let what = NewEvent::new(EventKind::NameChanged, profile.name.as_str());
                audit::record(context, connection, user, &actor, what)?;
            }
            if moved {
                let what = NewEvent::new(EventKind::EmailChanged, profile.email.as_str());
                audit::record(context, connection, user, &actor, what)?;
            }
            Ok::<_, Error>(())
        })
        .await
}
