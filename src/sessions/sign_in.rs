//! Signs users in: opens sessions.

use std::net::IpAddr;

use super::{
    device::{Device, MAX_USER_AGENT_LENGTH},
    secret::SessionSecret,
};
use crate::{
    app_state::{AppState, Transaction},
    audit::{self, Actor, EventDetail, EventKind, NewEvent},
    credentials::{
        self, Credential, CredentialFilter, Principal, RevocationReason,
        change::{self, NewSecret},
        known_browsers, limits,
        revoke::{self, RevocationRequest},
        store,
        trusted_browsers::{self, BrowserTrust},
    },
    crypto::digest::Digest,
    db::AnyConnection,
    error::{Error, Result},
    factors,
    mail::notices::{self, NoticeKind},
    passwords::{
        proof::{PasswordProof, check_password_proof, record_first_step, record_success},
        unverified::refusal_of_unverified,
    },
    sign_in_attempts::{self, AttemptSecret, FirstStep},
    types::{
        ability::Abilities,
        assurance::AuthenticationMethods,
        credential_kind::CredentialType,
        form::RESUBMISSION_WINDOW,
        ids::{CredentialId, UserId},
        secret_form::SecretForm,
    },
};

/// The parameters of a sign-in.
#[derive(Clone)]
pub struct SignIn {
    /// Whether the user selected "Keep me signed in".
    pub remember: bool,
    /// The browser's `User-Agent`.
    pub user_agent: Option<String>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The current sessions of this browser. The new cookie overwrites theirs.
    pub replaces: Vec<Principal>,
    /// The key of the form. The same form within [`RESUBMISSION_WINDOW`] opens no second session.
    pub form_key: Option<[u8; 16]>,
    /// The digest of the cookie by which this browser is recognised at later sign-ins. `None` if
    /// mail is off: then nothing tells the user of a new browser.
    pub browser: Option<Digest>,
    /// The trust in this browser.
    pub trust: BrowserTrust,
}

impl SignIn {
    /// Asks to trust the browser whose new cookie has this digest.
    #[cfg(feature = "pages")]
    #[must_use]
    pub const fn trusting(mut self, new: Option<Digest>) -> Self {
        self.trust.new = new;
        self
    }
}

/// The result of the first step of a sign-in.
pub enum SignedIn {
    /// The session is open.
    Session(SessionSecret),
    /// The first proof was accepted, and another one is missing. After a password,
    /// [`super::complete_by_code`] is the second step. After a passkey,
    /// [`super::complete_by_password`] is.
    SecondFactorMissing(AttemptSecret),
    /// The passkey was accepted, and the address of the account, this one, is not verified.
    AddressUnverified(String),
}

/// Opens a session for the user of a password proof, or begins an attempt if the user has a second
/// factor and does not trust the browser.
///
/// Sessions that the browser had before are revoked. Their cookies are overwritten, and a session
/// without a cookie must not stay valid (ASVS 5.0, 7.2.4).
///
/// A second click sends the form again before the first response has arrived. The browser discards
/// the first response, and either transaction may commit first. So the later transaction adds a
/// secret to the session that the earlier one opened. Then the cookie of either response is valid.
///
/// A session that a trusted browser opens has the level of one factor. The sign-in counts as no
/// confirmation, so the next sensitive change asks for one.
///
/// # Errors
/// [`Error::WrongPassword`] if the proof is no longer valid; [`Error::EmailNotVerified`].
pub async fn sign_in(
    state: &AppState,
    proof: PasswordProof,
    parameters: SignIn,
) -> Result<SignedIn> {
    let secret = SessionSecret::generate(state.random())?;
    let attempt = AttemptSecret::generate(state.random())?;
    let (digest, attempt_digest) = (secret.digest(), attempt.digest());
    let is_open = state
        .write(move |tx| {
            let anonymous = Actor::anonymous(parameters.ip);
            check_password_proof(tx, &proof, &anonymous)?;
            let user = proof.user();
            if let Some(refusal) = refusal_of_unverified(tx, user)? {
                record_first_step(tx, &proof)?;
                return Ok(Err(refusal));
            }
            let has_factor = factors::has_second_factor(tx.connection, user)?;
            let sent = parameters.trust.sent.filter(|_| has_factor);
            let is_trusted = trusted_browsers::replaces_second_factor(tx, user, sent)?;
            if has_factor && !is_trusted {
                record_first_step(tx, &proof)?;
                let first = FirstStep {
                    user,
                    hash: proof.hash(),
                    passkey: None,
                    remember: parameters.remember,
                };
                sign_in_attempts::begin(tx, attempt_digest, &first)?;
                return Ok(Ok(false));
            }
            // A right code has not erased the failures of the account.
            match is_trusted {
                true => record_first_step(tx, &proof)?,
                false => record_success(tx, &proof)?,
            }
            let methods = AuthenticationMethods::PASSWORD;
            let mut session = new_session(tx.state, user, &parameters, methods)?;
            if is_trusted {
                session.confirmed_until = None;
            }
            open_session(
                tx,
                &session,
                digest,
                parameters,
                proof.is_from_registration(),
            )?;
            Ok::<_, Error>(Ok(true))
        })
        .await??;
    Ok(if is_open {
        SignedIn::Session(secret)
    } else {
        SignedIn::SecondFactorMissing(attempt)
    })
}

/// Opens a session and uses the proof of its user, under the lock of the user. The session is the
/// author, so that a mail about the second factor names its browser. Then the browser is trusted if
/// the user asked for it.
pub(super) fn open_with_proof(
    tx: &mut Transaction<'_>,
    user: UserId,
    digest: Digest,
    parameters: SignIn,
    methods: AuthenticationMethods,
    redeem: impl FnOnce(&mut Transaction<'_>, &Actor) -> Result<()>,
) -> Result<CredentialId> {
    let (ip, trust) = (parameters.ip, parameters.trust);
    let session = new_session(tx.state, user, &parameters, methods)?;
    let opened = open_session(tx, &session, digest, parameters, false)?;
    let author = Actor {
        credential: Some(opened),
        ..Actor::anonymous(ip)
    };
    redeem(tx, &author)?;
    trusted_browsers::trust(tx, &session, trust, &author)?;
    Ok(opened)
}

/// Opens a session in a transaction that has proved its user. Returns its ID, which is that of an
/// earlier session if the same form has opened one.
pub(super) fn open_session(
    tx: &mut Transaction<'_>,
    session: &Credential,
    digest: Digest,
    parameters: SignIn,
    is_from_registration: bool,
) -> Result<CredentialId> {
    let form_key = parameters.form_key;
    let form_key = store::FormKey::find(tx.connection, session.user_id, form_key.as_ref())?;
    if let Some(id) = form_key.credential
        && let Some(opened) = find_by_form_key(tx.state, tx.connection, id, session)?
    {
        change::add_secret(tx, &opened, digest)?;
        // The browser keeps the cookie of either response.
        remember_browser(tx, session.user_id, &parameters)?;
        return Ok(opened.id);
    }
    change::open(
        tx,
        session,
        &NewSecret::of_session(digest),
        form_key.unused(),
    )?;
    let actor = Actor {
        credential: Some(session.id),
        secret: Some(digest),
        ip: parameters.ip,
        required_abilities: &[],
    };
    let device = Device::of(session.user_agent.as_deref());
    let kind = if is_from_registration || is_known_device(tx.connection, session, &device)? {
        EventKind::SignedIn
    } else {
        EventKind::SignedInOnNewDevice
    };
    let event = NewEvent::new(kind, EventDetail::Device(device.detail())).to(session.id);
    audit::record(tx, session.user_id, &actor, event)?;
    let is_new = remember_browser(tx, session.user_id, &parameters)?;
    if is_new && !is_from_registration {
        notices::notify(tx, session.user_id, &actor, NoticeKind::NewBrowser, [])?;
    }
    for replaced in parameters.replaces {
        // The transaction does not hold the lock of another user. While it waits for that lock, the
        // session of that user may get another secret.
        if replaced.user().id != session.user_id {
            let _ = tx.invalidate_user(replaced.user().id);
        }
        let filter = CredentialFilter {
            id: vec![replaced.credential().id],
            ..CredentialFilter::default()
        };
        let request = RevocationRequest::of(filter, RevocationReason::Replaced);
        revoke::revoke_in(tx, replaced.user().id, &request, &actor)?;
    }
    limits::evict_excess_sessions(tx, session, &actor)?;
    Ok(session.id)
}

/// Stores that the user has signed in with this browser. Returns whether it is the first time.
fn remember_browser(tx: &mut Transaction<'_>, user: UserId, parameters: &SignIn) -> Result<bool> {
    match parameters.browser {
        Some(browser) => known_browsers::remember(tx, user, browser),
        None => Ok(false),
    }
}

/// Returns the credential that the same form created, if it is a session of the same browser that
/// was opened within [`RESUBMISSION_WINDOW`].
pub(super) fn find_by_form_key(
    state: &AppState,
    connection: &mut AnyConnection,
    id: CredentialId,
    session: &Credential,
) -> Result<Option<Credential>> {
    let now = state.now();
    let opened = store::find(connection, session.user_id, id)?;
    Ok(opened.filter(|opened| {
        opened.class() == CredentialType::Session
            && opened.is_active(now)
            && opened.created_at.saturating_add(RESUBMISSION_WINDOW) > now
            && opened.user_agent == session.user_agent
            && opened.ip == session.ip
            && opened.remembered == session.remembered
    }))
}

/// Returns whether an earlier session of this user had an equal device: the same user agent, or the
/// same browser, system and kind. A new version of a browser is not a new device.
fn is_known_device(
    connection: &mut AnyConnection,
    session: &Credential,
    device: &Device,
) -> Result<bool> {
    let before = credentials::previous_user_agents(connection, session.user_id, session.id)?;
    Ok(before
        .iter()
        .any(|one| *one == session.user_agent || Device::of(one.as_deref()) == *device))
}

/// Returns a session that is not in the database yet.
pub(super) fn new_session(
    state: &AppState,
    user: UserId,
    parameters: &SignIn,
    methods: AuthenticationMethods,
) -> Result<Credential> {
    let settings = state.settings();
    let limits = if parameters.remember {
        settings.sessions.remembered_limits
    } else {
        settings.sessions.limits
    };
    let user_agent = parameters
        .user_agent
        .as_ref()
        .map(|text| text.chars().take(MAX_USER_AGENT_LENGTH).collect::<String>());
    let now = state.now();
    let confirmed_until = Some(now.saturating_add(settings.sessions.confirm_for));
    Ok(Credential {
        id: state.new_id()?,
        user_id: user,
        kind: Device::of(user_agent.as_deref()).kind,
        name: String::new(),
        hint: String::new(),
        form: SecretForm::Session,
        abilities: Abilities::everything(),
        user_agent,
        ip: parameters.ip,
        last_used_ip: parameters.ip,
        remembered: parameters.remember,
        paused: false,
        secret_accepted_until: None,
        made_by: None,
        created_at: now,
        last_used_at: Some(now),
        expires_at: Some(now.saturating_add(limits.max)),
        idle_limit: Some(limits.idle),
        confirmed_until,
        second_factor_until: confirmed_until.filter(|_| methods.level() > 1),
        methods,
        authenticated_at: now,
        ended_at: None,
        receipt_id: None,
    })
}
