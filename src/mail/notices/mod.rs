//! Notices: mails that tell a user of an event of the account. No setting turns them off.
//!
//! The transaction of the event writes the notice. It waits for a minute, so that notices of one
//! kind are joined into one mail.

mod kind;
mod store;

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::kind::{NamedToken, NoticeKind};
use super::{Mail, QueuedMail, outbox};
use crate::{
    app_state::Transaction,
    audit::Actor,
    crypto::digest::Digest,
    error::{Error, Result},
    jobs,
    types::ids::{LinkId, UserId},
    util::clock::Timestamp,
};

/// Notices of one kind within this time are joined into one mail.
const JOINED_WITHIN: Duration = Duration::from_secs(60);

/// The stored name of a trusted browser among the kinds of what an event has ended.
pub const TRUSTED_BROWSER: &str = "trusted_browser";

/// The most events that one mail lists. It bounds the size of the mail.
const MAX_LISTED: usize = 6;

/// The events of one kind that a mail reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The address of the account.
    pub account: String,
    /// The events, the oldest first. They have one kind.
    pub events: Vec<NoticeEvent>,
    /// The number of further events.
    #[serde(default)]
    pub further: u64,
    /// The link that undoes the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<LinkId>,
}

/// An event that a mail reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeEvent {
    /// The event.
    #[serde(flatten)]
    pub kind: NoticeKind,
    /// The time of the event.
    pub at: Timestamp,
    /// The client or the operator that caused the event. `None` for time itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// The address of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The number of credentials that were revoked and of trusted browsers that ended, by the name of
    /// their kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub revoked: BTreeMap<String, u64>,
}

/// The author of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// An operator.
    Operator,
    /// A client without a credential, such as an app that signs in.
    Client,
    /// A browser with this user agent.
    Browser(Option<String>),
    /// A program with a token of this name.
    Token(String),
}

/// The addresses that receive the notices of an account.
#[derive(Clone, Debug)]
pub(super) struct Recipients {
    /// The address of the account.
    pub(super) account: String,
    /// The verified second address.
    pub(super) second: Option<String>,
}

impl Notice {
    /// Returns the stored name of the events.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.events
            .first()
            .map_or("notice", |event| event.kind.name())
    }
}

/// Tells a user of an event that `actor` caused now. `revoked` are the names of the kinds of what the
/// event has ended: a kind of credential, or [`TRUSTED_BROWSER`].
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn notify(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    kind: NoticeKind,
    revoked: impl IntoIterator<Item = &'static str>,
) -> Result<()> {
    if !tx.state.settings().mail.is_on() {
        return Ok(());
    }
    let event = event_by(tx, actor, kind, revoked)?;
    queue(tx, user, &event)
}

/// Does the same as [`notify`] for an address that the account has no longer. `undo` is the link in
/// the mail. The mail is sent at once and is joined with no other.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn notify_former_address(
    tx: &mut Transaction<'_>,
    user: UserId,
    actor: &Actor,
    kind: NoticeKind,
    revoked: impl IntoIterator<Item = &'static str>,
    former: &str,
    undo: Option<LinkId>,
) -> Result<()> {
    let event = event_by(tx, actor, kind, revoked)?;
    let mail = QueuedMail {
        to: former.to_owned(),
        mail: Mail::Notice(Notice {
            account: former.to_owned(),
            events: vec![event],
            further: 0,
            undo,
        }),
    };
    outbox::queue(tx, Some(user), mail)
}

fn event_by(
    tx: &mut Transaction<'_>,
    actor: &Actor,
    kind: NoticeKind,
    revoked: impl IntoIterator<Item = &'static str>,
) -> Result<NoticeEvent> {
    let author = match actor.credential {
        Some(credential) => store::author(tx.connection, credential)?,
        None => None,
    };
    let without_credential = match actor.ip {
        Some(_) => Author::Client,
        None => Author::Operator,
    };
    let mut counts = BTreeMap::new();
    for kind in revoked {
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    Ok(NoticeEvent {
        kind,
        at: tx.now(),
        author: Some(author.unwrap_or(without_credential)),
        ip: actor.ip,
        revoked: counts,
    })
}

/// Tells a user of an event that no client and no operator caused.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn notify_of(
    tx: &mut Transaction<'_>,
    user: UserId,
    kind: NoticeKind,
    at: Timestamp,
    ip: Option<IpAddr>,
) -> Result<()> {
    let event = NoticeEvent {
        kind,
        at,
        author: None,
        ip,
        revoked: BTreeMap::new(),
    };
    queue(tx, user, &event)
}

/// Puts the event into the outbox, once for each address of the user. A user that does not exist any
/// more gets none.
fn queue(tx: &mut Transaction<'_>, user: UserId, event: &NoticeEvent) -> Result<()> {
    if !tx.state.settings().mail.is_on() {
        return Ok(());
    }
    let Some(recipients) = store::recipients(tx.connection, user)? else {
        return Ok(());
    };
    let addresses = std::iter::once(recipients.account.clone()).chain(recipients.second);
    for to in addresses {
        join_or_queue(tx, user, to, &recipients.account, event.clone())?;
    }
    Ok(())
}

fn join_or_queue(
    tx: &mut Transaction<'_>,
    user: UserId,
    to: String,
    account: &str,
    event: NoticeEvent,
) -> Result<()> {
    let group = [
        user.as_bytes().as_slice(),
        event.kind.name().as_bytes(),
        to.as_bytes(),
    ];
    let group = Digest::of(&group.concat());
    if let Some(waiting) = jobs::lock_waiting(tx, group)? {
        let mut mail: QueuedMail =
            serde_json::from_str(&waiting.payload).map_err(Error::internal)?;
        if let Mail::Notice(notice) = &mut mail.mail {
            if notice.events.len() < MAX_LISTED {
                notice.events.push(event);
            } else {
                notice.further = notice.further.saturating_add(1);
            }
            let payload = serde_json::to_string(&mail).map_err(Error::internal)?;
            return jobs::replace_payload(tx, waiting.id, &payload);
        }
    }
    let is_deleted = event.kind == NoticeKind::AccountDeleted;
    let notice = Notice {
        account: account.to_owned(),
        events: vec![event],
        further: 0,
        undo: None,
    };
    let mail = QueuedMail {
        to,
        mail: Mail::Notice(notice),
    };
    let due_at = tx.now().saturating_add(JOINED_WITHIN);
    // The jobs of a deleted user are deleted. This one is not.
    let owner = (!is_deleted).then_some(user);
    outbox::queue_at(tx, owner, &mail, Some(group), due_at)
}
