//! One batch: some users with their tokens, in one transaction.

use super::{
    Options, SourceName,
    candidate::{Token, User},
    differences,
    file::Numbered,
    prepare::Owner,
    reason::Reason,
    report::{Reject, Report},
    second_factor::{HashedCodes, SecondFactor},
    store::{self, ImportedKind, Known},
};
use crate::{
    app_state::Transaction,
    audit::{self, Actor, EventKind, NewEvent},
    credentials::{
        Credential, change, limits::MAX_TOKENS, revoke::lock_user_and_recheck_actor,
        store::update_last_used,
    },
    db::AnyConnection,
    error::Result,
    types::{
        assurance::AuthenticationMethods,
        credential_kind::CredentialKind,
        id::Id,
        ids::{CredentialId, UserId},
        last_use::{LastUse, UsedFrom},
    },
    util::clock::Timestamp,
};

/// The most users of a batch. SQLite has one writer, and other changes wait for it.
const MAX_USERS: usize = 500;
/// The most tokens of a batch, unless one user has more.
const MAX_BATCH_TOKENS: usize = 1_000;

/// Splits users into batches.
pub(super) fn split(owners: Vec<Owner>) -> Vec<Vec<Owner>> {
    let (mut batches, mut batch, mut tokens) = (Vec::new(), Vec::new(), 0);
    for owner in owners {
        if batch.len() == MAX_USERS || tokens + owner.tokens.len() > MAX_BATCH_TOKENS {
            batches.push(std::mem::take(&mut batch));
            tokens = 0;
        }
        tokens += owner.tokens.len();
        batch.push(owner);
    }
    batches.push(batch);
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// The report of a batch, or the ID of a token whose secret is here already.
pub(super) type Outcome = Result<Report, String>;

/// Some users of a source with their tokens.
pub(super) struct Batch {
    source: SourceName,
    owners: Vec<Owner>,
    recovery_codes: HashedCodes,
    kind: CredentialKind,
    tokens_until: Option<Timestamp>,
    attaches_by_email: bool,
    leaves_out_unreadable_factors: bool,
}

/// The decisions about a batch.
struct Plan<'a> {
    report: Report,
    owners: Vec<PlannedOwner<'a>>,
}

struct PlannedOwner<'a> {
    id: &'a str,
    target: Target<'a>,
    tokens: Vec<&'a Token>,
}

/// The account of a user of the source.
#[derive(Clone, Copy)]
enum Target<'a> {
    /// The import creates the user.
    New(&'a User),
    /// The tokens are attached to an existing user with this address.
    Attach(UserId),
    /// An earlier import created this user, or attached tokens to it.
    Imported(UserId),
}

impl Batch {
    pub(super) fn new(
        source: SourceName,
        owners: Vec<Owner>,
        recovery_codes: HashedCodes,
        options: &Options,
    ) -> Self {
        Self {
            source,
            owners,
            recovery_codes,
            kind: options.kind,
            tokens_until: options.tokens_until,
            attaches_by_email: options.attaches_by_email,
            leaves_out_unreadable_factors: options.leaves_out_unreadable_factors,
        }
    }

    /// Returns the report of an import that changes nothing.
    pub(super) fn decide(&self, connection: &mut AnyConnection) -> Result<Outcome> {
        Ok(self.plan(connection)?.map(|plan| plan.report))
    }

    /// Imports the batch.
    pub(super) fn import(&self, tx: &mut Transaction<'_>) -> Result<Outcome> {
        let plan = self.plan(tx.connection)?;
        let has_existing = match &plan {
            Ok(plan) => lock_existing(tx, plan)?,
            Err(_) => false,
        };
        // The accounts may have changed before they were locked.
        let plan = if has_existing {
            self.plan(tx.connection)?
        } else {
            plan
        };
        let plan = match plan {
            Ok(plan) => plan,
            Err(token) => return Ok(Err(token)),
        };
        for owner in &plan.owners {
            self.import_owner(tx, owner)?;
        }
        Ok(Ok(plan.report))
    }

    fn plan(&self, connection: &mut AnyConnection) -> Result<Result<Plan<'_>, String>> {
        let known = Known::load(connection, &self.source, &self.owners)?;
        let mut plan = Plan {
            report: Report::default(),
            owners: Vec::new(),
        };
        for owner in &self.owners {
            match self.target(owner, &known, &mut plan.report) {
                Ok(target) => {
                    let tokens = match tokens(owner, target, &known, &mut plan.report) {
                        Ok(tokens) => tokens,
                        Err(token) => return Ok(Err(token)),
                    };
                    let id = owner.id.as_str();
                    plan.owners.push(PlannedOwner { id, target, tokens });
                }
                Err(reason) => reject_tokens(owner, &reason, &known, &mut plan.report),
            }
        }
        Ok(Ok(plan))
    }

    /// Decides the account of a user of the source. Returns the reason why the user's tokens are
    /// not taken either.
    fn target<'a>(
        &self,
        owner: &'a Owner,
        known: &Known,
        report: &mut Report,
    ) -> Result<Target<'a>, Reason> {
        if let Some(id) = known.users.get(&owner.id) {
            report.users.already_here += u64::from(owner.user.is_some());
            let here = known.existing.get(id).ok_or(Reason::UserDeleted)?;
            if let Some(Numbered { line, content }) = &owner.user {
                let values = differences::of_user(content, here);
                report.add_differences(*line, "user", &owner.id, values);
            }
            return Ok(Target::Imported(*id));
        }
        let Some(Numbered { line, content }) = &owner.user else {
            return Err(Reason::UserUnknown);
        };
        match known.addresses.get(content.email.canonical()) {
            None if self.refuses_factor_of(content) => {
                let reason = Reason::SecondFactor;
                report.reject(Reject::user(*line, &owner.id, reason));
                Err(Reason::UserRejected)
            }
            None => {
                count_new_user(content, report);
                Ok(Target::New(content))
            }
            Some(id) if self.attaches_by_email => {
                report.attached += 1;
                Ok(Target::Attach(*id))
            }
            Some(_) => {
                report.reject(Reject::user(*line, &owner.id, Reason::EmailHere));
                Err(Reason::UserRejected)
            }
        }
    }

    const fn refuses_factor_of(&self, user: &User) -> bool {
        matches!(user.second_factor, SecondFactor::Unreadable)
            && !self.leaves_out_unreadable_factors
    }

    fn import_owner(&self, tx: &mut Transaction<'_>, owner: &PlannedOwner<'_>) -> Result<()> {
        let user = match owner.target {
            Target::Imported(id) => id,
            Target::Attach(id) => {
                self.record(tx, ImportedKind::Attached, owner.id, id)?;
                id
            }
            Target::New(user) => {
                let id = Id::new(user.created_at, tx.state.random())?;
                store::insert_user(tx.connection, id, user, tx.state.now())?;
                let codes = self.recovery_codes.get(owner.id);
                let codes = codes.map(Vec::as_slice).unwrap_or_default();
                let factor = &user.second_factor;
                factor.insert(tx, id, user.created_at, codes)?;
                self.record(tx, ImportedKind::User, owner.id, id)?;
                let event = NewEvent::new(EventKind::AccountImported, "");
                audit::record(tx, id, &Actor::operator(), event)?;
                id
            }
        };
        for token in &owner.tokens {
            self.import_token(tx, user, token)?;
        }
        Ok(())
    }

    fn import_token(&self, tx: &mut Transaction<'_>, user: UserId, token: &Token) -> Result<()> {
        let credential = self.credential(tx, user, token)?;
        let id = credential.id;
        change::open_foreign(tx, &credential, token.digest)?;
        if let Some(at) = token.last_used_at {
            let from = UsedFrom::At(None);
            update_last_used(tx.connection, id, LastUse { at, from })?;
        }
        self.record(tx, ImportedKind::Token, &token.id, id)?;
        let event = NewEvent::new(EventKind::TokenImported, credential.name).to(id);
        audit::record(tx, user, &Actor::operator(), event)
    }

    fn credential(&self, tx: &Transaction<'_>, user: UserId, token: &Token) -> Result<Credential> {
        let id: CredentialId = Id::new(token.created_at, tx.state.random())?;
        Ok(Credential {
            id,
            user_id: user,
            kind: self.kind,
            name: token.name.clone(),
            hint: String::new(),
            form: token.form,
            secret_accepted_until: self.tokens_until,
            abilities: token.abilities.clone(),
            user_agent: None,
            ip: None,
            last_used_ip: None,
            remembered: false,
            paused: false,
            made_by: None,
            created_at: token.created_at,
            last_used_at: None,
            expires_at: token.expires_at,
            idle_limit: None,
            confirmed_until: None,
            second_factor_until: None,
            methods: AuthenticationMethods::NONE,
            authenticated_at: token.created_at,
            ended_at: None,
            receipt_id: None,
        })
    }

    fn record<T: 'static>(
        &self,
        tx: &mut Transaction<'_>,
        kind: ImportedKind,
        foreign_id: &str,
        id: Id<T>,
    ) -> Result<()> {
        let at = tx.now();
        Ok(store::insert_imported(
            tx.connection,
            &self.source,
            (kind, foreign_id),
            id,
            at,
        )?)
    }
}

/// Locks the accounts that get tokens and exist already, in the order of their IDs, so that two
/// imports cannot deadlock. Returns whether there are any.
fn lock_existing(tx: &mut Transaction<'_>, plan: &Plan<'_>) -> Result<bool> {
    let mut users: Vec<UserId> = plan
        .owners
        .iter()
        .filter(|owner| !owner.tokens.is_empty())
        .filter_map(|owner| match owner.target {
            Target::Attach(id) | Target::Imported(id) => Some(id),
            Target::New(_) => None,
        })
        .collect();
    users.sort_unstable();
    users.dedup();
    for user in &users {
        lock_user_and_recheck_actor(tx, *user, &Actor::operator())?;
    }
    Ok(!users.is_empty())
}

fn count_new_user(user: &User, report: &mut Report) {
    report.users.taken += 1;
    *report.passwords.entry(user.scheme.clone()).or_default() += 1;
    user.second_factor.count(&mut report.second_factors);
}

/// Decides the tokens of a user. Fails with the ID of a token whose secret is here already.
fn tokens<'a>(
    owner: &'a Owner,
    target: Target<'_>,
    known: &Known,
    report: &mut Report,
) -> Result<Vec<&'a Token>, String> {
    let unrevoked = match target {
        Target::New(_) => 0,
        Target::Attach(id) | Target::Imported(id) => {
            known.tokens_of.get(&id).copied().unwrap_or_default()
        }
    };
    let mut free = MAX_TOKENS.saturating_sub(unrevoked);
    let mut taken = Vec::new();
    for Numbered { line, content } in &owner.tokens {
        if let Some(here) = known.tokens.get(&content.id) {
            report.tokens.already_here += 1;
            let values = differences::of_token(content, here.as_ref());
            report.add_differences(*line, "token", &content.id, values);
        } else if known.digests.contains(&content.digest) {
            return Err(content.id.clone());
        } else if free == 0 {
            report.reject(Reject::token(*line, &content.id, Reason::TooManyTokens));
        } else {
            free -= 1;
            report.tokens.taken += 1;
            taken.push(content);
        }
    }
    Ok(taken)
}

fn reject_tokens(owner: &Owner, reason: &Reason, known: &Known, report: &mut Report) {
    for Numbered { line, content } in &owner.tokens {
        if known.tokens.contains_key(&content.id) {
            report.tokens.already_here += 1;
        } else {
            report.reject(Reject::token(*line, &content.id, reason.clone()));
        }
    }
}
