//! The password and the second factors of a user, for pages and commands.

use super::{last_way, passkeys, store};
use crate::{
    app_state::AppState,
    config::Settings,
    db::AnyConnection,
    error::Result,
    types::ids::{FactorId, UserId},
    util::clock::Timestamp,
};

/// A method of the second step of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorMethod {
    /// A code of the authenticator app.
    Totp,
    /// A passkey.
    Passkey,
    /// A recovery code.
    RecoveryCode,
}

impl FactorMethod {
    /// Returns the stable name, for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// An authenticator app.
#[derive(Clone, Debug)]
pub struct AppSummary {
    /// The ID.
    pub id: FactorId,
    /// The time at which it was turned on.
    pub created_at: Timestamp,
    /// The time at which a code of it was last accepted.
    pub last_used_at: Option<Timestamp>,
    /// Whether its codes are refused after too many wrong ones.
    pub is_suspended: bool,
}

/// A passkey.
#[derive(Clone, Debug)]
pub struct PasskeySummary {
    /// The ID.
    pub id: FactorId,
    /// The name that the user gave it.
    pub name: String,
    /// The provider, if it is a well-known one.
    pub provider: Option<&'static str>,
    /// The time at which it was added.
    pub created_at: Timestamp,
    /// The time of its last use.
    pub last_used_at: Option<Timestamp>,
    /// Whether its provider keeps copies of it for other devices of the user.
    pub is_synced: bool,
    /// Whether its counter was not higher than before, which a copy causes.
    pub copy_suspected: bool,
    /// Whether it has verified its user, by a PIN or biometrics. Only such a passkey signs its user
    /// in without the password.
    pub user_verified: bool,
}

/// The recovery codes.
#[derive(Clone, Debug)]
pub struct RecoveryCodesSummary {
    /// The time at which they were made.
    pub created_at: Timestamp,
    /// The time at which one of them was last used.
    pub last_used_at: Option<Timestamp>,
    /// The number of unused codes.
    pub left: u64,
}

/// The password and the second factors of a user.
#[derive(Clone, Debug, Default)]
pub struct FactorSummary {
    /// Whether the user has a password.
    pub has_password: bool,
    /// The authenticator app.
    pub app: Option<AppSummary>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeySummary>,
    /// The recovery codes.
    pub recovery_codes: Option<RecoveryCodesSummary>,
}

impl FactorSummary {
    /// Returns whether a sign-in with the password needs a second factor.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.app.is_some() || !self.passkeys.is_empty()
    }

    /// Returns whether the user can remove the password: after the loss of one device, another
    /// passkey or a recovery code must be left.
    #[must_use]
    pub fn can_remove_password(&self, settings: &Settings) -> bool {
        self.has_password && last_way::are_enough_without_password(self, settings)
    }

    /// Returns the methods by which a sign-in can be completed.
    #[must_use]
    pub fn methods(&self) -> Vec<FactorMethod> {
        let app = self.app.as_ref().filter(|app| !app.is_suspended);
        let codes = self.recovery_codes.as_ref().filter(|codes| codes.left > 0);
        let methods = [
            self.passkeys.first().map(|_| FactorMethod::Passkey),
            app.map(|_| FactorMethod::Totp),
            codes.map(|_| FactorMethod::RecoveryCode),
        ];
        methods.into_iter().flatten().collect()
    }
}

/// Returns the password and the second factors of a user.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn summary(state: &AppState, user: UserId) -> Result<FactorSummary> {
    state
        .read(move |_, connection| summary_in(connection, user))
        .await
}

pub(super) fn summary_in(connection: &mut AnyConnection, user: UserId) -> Result<FactorSummary> {
    let app = store::app_of(connection, user)?.map(|app| AppSummary {
        id: app.id,
        created_at: app.created_at,
        last_used_at: app.last_used_at,
        is_suspended: app.is_suspended(),
    });
    let stored = passkeys::store::of_user(connection, user)?;
    let passkeys = stored.into_iter().map(|passkey| PasskeySummary {
        id: passkey.id,
        name: passkey.name,
        provider: passkeys::provider_of(passkey.aaguid),
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
        is_synced: passkey.backed_up,
        copy_suspected: passkey.copy_suspected_at.is_some(),
        user_verified: passkey.user_verified,
    });
    let passkeys = passkeys.collect();
    let codes = store::recovery_code_set(connection, user)?;
    let recovery_codes = codes.map(|(created_at, last_used_at, left)| RecoveryCodesSummary {
        created_at,
        last_used_at,
        left,
    });
    Ok(FactorSummary {
        has_password: store::has_password(connection, user)?,
        app,
        passkeys,
        recovery_codes,
    })
}
