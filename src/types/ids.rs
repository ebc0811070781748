//! The ids of stored objects.

use super::id::Id;

/// The tag type of [`UserId`].
pub enum UserTag {}
/// The tag type of [`CredentialId`].
pub enum CredentialTag {}
/// The tag type of [`ReceiptId`].
pub enum ReceiptTag {}
/// The tag type of [`EventId`].
pub enum EventTag {}

/// The tag type of [`NodeId`].
pub enum NodeTag {}
/// The tag type of [`JobId`].
pub enum JobTag {}
/// The tag type of [`LinkId`].
pub enum LinkTag {}

/// The tag type of [`FactorId`].
pub enum FactorTag {}

/// Identifies a user.
pub type UserId = Id<UserTag>;
/// Identifies a credential, either session or token.
pub type CredentialId = Id<CredentialTag>;
/// Identifies a receipt.
pub type ReceiptId = Id<ReceiptTag>;
/// Identifies an event of the audit log.
pub type EventId = Id<EventTag>;
/// Identifies a second factor.
pub type FactorId = Id<FactorTag>;
/// Identifies a node.
pub type NodeId = Id<NodeTag>;
/// Identifies a job, and the mail that it sends.
pub type JobId = Id<JobTag>;
/// Identifies a link that works once.
pub type LinkId = Id<LinkTag>;
