//! The ids of the things that Narthex keeps.

use crate::util::id::Id;

/// Only a name: an [`UserId`] is an id of it.
pub enum UserTag {}
/// Only a name: a [`CredentialId`] is an id of it.
pub enum CredentialTag {}
/// Only a name: a [`ReceiptId`] is an id of it.
pub enum ReceiptTag {}
/// Only a name: an [`EventId`] is an id of it.
pub enum OfEvent {}

/// Only a name: a [`NodeId`] is an id of it.
pub enum OfNode {}

/// Names a user.
pub type UserId = Id<UserTag>;
/// Names a credential, session or token alike.
pub type CredentialId = Id<CredentialTag>;
/// Names a receipt.
pub type ReceiptId = Id<ReceiptTag>;
/// Names a line of the activity log.
pub type EventId = Id<OfEvent>;
/// Names a process that remembers passes.
pub type NodeId = Id<OfNode>;
