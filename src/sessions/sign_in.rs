//! Signing in: opening a session.

use std::net::IpAddr;

use super::{
    device::{Device, LONGEST_USER_AGENT},
    secret::SessionSecret,
};
use crate::{
    app_state::AppState,
    audit::{self, Actor, EventKind, NewEvent},
    credential_cache::User,
    credentials::{
        self, Credential, CredentialFilter, Principal, RevocationReason, limits,
        revoke::{self, RevocationRequest},
        store,
    },
    db::AnyConnection,
    error::{Error, Result},
    passwords::verify::{PasswordProof, redeem_password_proof},
    types::{
        ability::Abilities, credential_kind::CredentialType, form::SENT_AGAIN_WITHIN,
        ids::CredentialId,
    },
};

/// How somebody signs in.
#[derive(Clone)]
pub struct SignIn {
    /// "Keep me signed in".
    pub remember: bool,
    /// What their browser says that it is.
    pub user_agent: Option<String>,
    /// Where they are.
    pub ip: Option<IpAddr>,
    /// The sessions that this browser has now; their cookies are about to be replaced.
    pub replaces: Vec<Principal>,
    /// The key that the form carried: sent again within a minute, it opens no second session.
    pub form_key: Option<[u8; 16]>,
}

/// Opens a session for whoever knew the password.
///
/// A session that the browser had before is ended: its cookie is overwritten, and what nobody can
/// use any more must not stay valid (ASVS 5.0, 7.2.4).
///
/// A second click sends the form again before the first answer has come. The browser discards that answer,
/// and nobody knows which of two transactions commits first. So the second one adds a secret to the session
/// that the first one opened: whichever answer the browser keeps, its cookie is good.
///
/// # Errors
/// [`Error::WrongPassword`] where the proof is void by now.
pub async fn sign_in(
    context: &AppState,
    proof: PasswordProof,
    how: SignIn,
) -> Result<SessionSecret> {
    let secret = SessionSecret::generate(context.random())?;
    let digest = secret.digest();
    context
        .write(move |context, connection| {
            let stranger = Actor::stranger(how.ip);
            let account = redeem_password_proof(context, connection, &proof, &stranger)?;
            let session = new_session(context, &account.user, &how)?;
            let earlier = match &how.form_key {
                Some(key) => store::by_form_key(connection, session.user_id, key)?,
                None => None,
            };
            if let Some(id) = earlier
                && let Some(opened) = find_by_form_key(context, connection, id, &session)?
            {
                return Ok(store::insert_further_secret(connection, &opened, digest)?);
            }
            // A key that opened something longer ago opens nothing under its name again.
            let form_key = how.form_key.as_ref().filter(|_| earlier.is_none());
            let form_key = form_key.map(<[u8; 16]>::as_slice);
            store::insert(connection, &session, form_key)?;
            store::insert_secret(connection, session.id, digest, "", session.created_at)?;
            let actor = Actor {
                credential: Some(session.id),
                secret: Some(digest),
                ip: how.ip,
                needs: &[],
            };
            let device = Device::of(session.user_agent.as_deref());
            let kind = if proof.is_from_registration()
                || is_known_location(connection, &session, &device)?
            {
                EventKind::SignedIn
            } else {
                EventKind::SignedInAnew
            };
            let what = NewEvent::new(kind, device.to_string()).to(session.id);
            audit::record(context, connection, session.user_id, &actor, what)?;
            for old in how.replaces {
                // Of another user we have no lock: while we wait, their session may get another secret.
                if old.user.id != session.user_id {
                    let _ = context.invalidate_user(old.user.id);
                }
                let selection = CredentialFilter {
                    id: vec![old.credential.id],
                    ..CredentialFilter::default()
                };
                let ending = RevocationRequest::of(selection, RevocationReason::Replaced);
                revoke::revoke_in(context, connection, old.user.id, &ending, &actor)?;
            }
            limits::evict_excess_sessions(context, connection, &session, &actor)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(secret)
}

/// The credential that the same form made, if it is the session that the same browser opened a moment ago.
fn find_by_form_key(
    context: &AppState,
    connection: &mut AnyConnection,
    id: CredentialId,
    session: &Credential,
) -> Result<Option<Credential>> {
    let now = context.now();
    let opened = store::find(connection, session.user_id, id)?;
    Ok(opened.filter(|opened| {
        opened.class() == CredentialType::Session
            && opened.is_active(now)
            && opened.created_at.saturating_add(SENT_AGAIN_WITHIN) > now
            && opened.user_agent == session.user_agent
            && opened.ip == session.ip
            && opened.remembered == session.remembered
    }))
}

/// Whether this user had a session of a like device before: what a person would call the same. A new
/// version of a browser is no new device.
fn is_known_location(
    connection: &mut AnyConnection,
    session: &Credential,
    device: &Device,
) -> Result<bool> {
    let before = credentials::signed_in_with_before(connection, session.user_id, session.id)?;
    Ok(before
        .iter()
        .any(|one| *one == session.user_agent || Device::of(one.as_deref()) == *device))
}

fn new_session(context: &AppState, user: &User, how: &SignIn) -> Result<Credential> {
    let settings = &context.settings;
    let limits = if how.remember {
        settings.remember
    } else {
        settings.session
    };
    let user_agent = how
        .user_agent
        .as_ref()
        .map(|text| text.chars().take(LONGEST_USER_AGENT).collect::<String>());
    let now = context.now();
    Ok(Credential {
        id: context.new_id()?,
        user_id: user.id,
        kind: Device::of(user_agent.as_deref()).kind,
        name: String::new(),
        hint: String::new(),
        abilities: Abilities::everything(),
        user_agent,
        ip: how.ip,
        last_used_ip: how.ip,
        remembered: how.remember,
        paused: false,
        made_by: None,
        created_at: now,
        last_used_at: Some(now),
        expires_at: Some(now.saturating_add(limits.max)),
        idle_limit: Some(limits.idle),
        confirmed_until: Some(now.saturating_add(settings.confirm_for)),
        ended_at: None,
        receipt_id: None,
    })
}
