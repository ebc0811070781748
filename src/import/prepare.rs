//! Checks a file without the database, and groups its tokens by their users.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use super::{
    ImportError, Options, Rows,
    abilities::AbilityMap,
    candidate::{Token, User},
    file::{ForeignFile, Numbered},
    lines::{TokenLine, UserLine},
    reason::Reason,
    report::{AbilityUse, Reject, Report},
};
use crate::{credentials::limits::MAX_TOKENS, types::ability::Abilities, util::clock::Timestamp};

/// A user of the source and the tokens of this user.
pub(super) struct Owner {
    /// The ID of the user in the source.
    pub(super) id: String,
    /// `None` if the file has no line of the user, or if users are not imported.
    pub(super) user: Option<Numbered<User>>,
    pub(super) tokens: Vec<Numbered<Token>>,
}

/// The part of a file that can be taken, and a report with the rest.
pub(super) struct Prepared {
    pub(super) owners: Vec<Owner>,
    pub(super) report: Report,
}

/// Converts a file.
///
/// # Errors
/// [`ImportError::Repeated`] if values are repeated and the operator wants to stop then.
pub(super) fn prepare(
    mut file: ForeignFile,
    options: &Options,
    now: Timestamp,
) -> Result<Prepared, ImportError> {
    match options.rows {
        Rows::All => {}
        Rows::Users => file.tokens.clear(),
        Rows::Tokens => file.users.clear(),
    }
    let mut report = Report::default();
    for broken in std::mem::take(&mut file.broken) {
        report.reject(broken);
    }
    report.abilities = seen_abilities(&file.tokens, &options.abilities);
    let user_ids: HashSet<String> = file
        .users
        .iter()
        .map(|user| user.content.user.clone())
        .collect();
    let users = users(std::mem::take(&mut file.users), now, &mut report);
    let tokens = tokens(file, options, now, &mut report);
    if options.stops_at_repetition
        && let Some(repeated) = report
            .rejects
            .iter()
            .find(|reject| reject.reason.is_repetition())
    {
        return Err(ImportError::Repeated(repeated.clone()));
    }
    let mut owners: BTreeMap<String, Owner> = BTreeMap::new();
    for user in users {
        let id = user.content.id.clone();
        owner_in(&mut owners, id).user = Some(user);
    }
    for token in tokens {
        let user = &token.content.user;
        if user_ids.contains(user) && !owners.contains_key(user) {
            report.reject(Reject::token(
                token.line,
                &token.content.id,
                Reason::UserRejected,
            ));
        } else {
            owner_in(&mut owners, user.clone()).tokens.push(token);
        }
    }
    let mut owners: Vec<Owner> = owners.into_values().collect();
    for owner in &mut owners {
        limit_tokens(owner, &mut report);
    }
    Ok(Prepared { owners, report })
}

fn owner_in(owners: &mut BTreeMap<String, Owner>, id: String) -> &mut Owner {
    owners.entry(id.clone()).or_insert_with(|| Owner {
        id,
        user: None,
        tokens: Vec::new(),
    })
}

/// Counts the abilities of all tokens in the file.
fn seen_abilities(
    tokens: &[Numbered<TokenLine>],
    map: &AbilityMap,
) -> BTreeMap<String, AbilityUse> {
    let mut seen: BTreeMap<String, AbilityUse> = BTreeMap::new();
    for name in tokens
        .iter()
        .flat_map(|token| token.content.abilities.iter().flatten())
    {
        let found = seen.entry(name.clone()).or_insert_with(|| AbilityUse {
            tokens: 0,
            becomes: map
                .get(name)
                .map(|all| Abilities::from_iter(all).to_stored()),
        });
        found.tokens += 1;
    }
    seen
}

/// Converts the users. Of several users with one ID or one address, none is taken, because the file
/// does not show which of them is the right one.
fn users(
    lines: Vec<Numbered<UserLine>>,
    now: Timestamp,
    report: &mut Report,
) -> Vec<Numbered<User>> {
    let mut users = Vec::new();
    for Numbered { line, content } in lines {
        let id = content.user.clone();
        match User::of(content, now) {
            Ok(content) => users.push(Numbered { line, content }),
            Err(reason) => report.reject(Reject::user(line, &id, reason)),
        }
    }
    let ids = count(&users, |user| user.id.clone());
    let addresses = count(&users, |user| user.email.canonical().to_owned());
    users.retain(|Numbered { line, content }| {
        let reason = if ids.get(&content.id) != Some(&1) {
            Reason::RepeatedId
        } else if addresses.get(content.email.canonical()) != Some(&1) {
            Reason::RepeatedEmail
        } else {
            return true;
        };
        report.reject(Reject::user(*line, &content.id, reason));
        false
    });
    users
}

/// Converts the tokens that are not expired. Of several tokens with one ID or one digest, none is
/// taken.
fn tokens(
    file: ForeignFile,
    options: &Options,
    now: Timestamp,
    report: &mut Report,
) -> Vec<Numbered<Token>> {
    let life = file
        .expiration
        .or(options.expiration)
        .map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
    let mut tokens = Vec::new();
    for Numbered { line, content } in file.tokens {
        let id = content.token.clone();
        let token = options
            .abilities
            .of_token(content.abilities.as_deref())
            .map_err(Reason::Ability)
            .and_then(|abilities| Token::of(content, file.system, abilities, life, now));
        match token {
            Ok(token) if token.is_expired(now) => report.tokens_expired += 1,
            Ok(content) => tokens.push(Numbered { line, content }),
            Err(reason) => report.reject(Reject::token(line, &id, reason)),
        }
    }
    let ids = count(&tokens, |token| token.id.clone());
    let digests = count(&tokens, |token| token.digest);
    tokens.retain(|Numbered { line, content }| {
        let reason = if ids.get(&content.id) != Some(&1) {
            Reason::RepeatedId
        } else if digests.get(&content.digest) != Some(&1) {
            Reason::RepeatedDigest
        } else {
            return true;
        };
        report.reject(Reject::token(*line, &content.id, reason));
        false
    });
    tokens
}

fn count<T, K: std::hash::Hash + Eq>(
    rows: &[Numbered<T>],
    key: impl Fn(&T) -> K,
) -> HashMap<K, usize> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(key(&row.content)).or_default() += 1;
    }
    counts
}

/// Keeps the tokens that were used last.
fn limit_tokens(owner: &mut Owner, report: &mut Report) {
    owner
        .tokens
        .sort_by_key(|token| (Reverse(token.content.last_used_at), token.line));
    let excess = owner.tokens.split_off(MAX_TOKENS.min(owner.tokens.len()));
    for token in excess {
        report.reject(Reject::token(
            token.line,
            &token.content.id,
            Reason::TooManyTokens,
        ));
    }
}
