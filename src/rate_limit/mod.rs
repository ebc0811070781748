//! Rate limits on password attempts and on registrations.
//!
//! Every attempt is counted before it is processed, in a commit of its own. So neither a crash nor
//! an error loses the count, and concurrent attempts are counted separately. There are counters of
//! failures, from which a successful attempt is removed, and counters of successes, from which a
//! failed one is removed. The counters are in the database: they survive a restart and hold for
//! every node.
//!
//! No user is locked out for ever. Delays grow up to [`MAX_DELAY`](escalating_delay::MAX_DELAY). An
//! attempt during a delay is rejected without being counted, whatever its password is. An attacker
//! could still make every attempt that is allowed, and so block the owner of an account. Therefore
//! open sessions re-authenticate on counters of their own. A sign-in from a known location has
//! counters of its own as well. They allow it even if other clients of its network have used up the
//! network's limit.

mod counters;
pub mod escalating_delay;
pub mod mails;
mod store;

use std::time::Duration;

pub use self::counters::Attempt;
use self::{
    counters::{CountedOutcomes, Counter},
    escalating_delay::AttemptCounter,
};
use crate::{
    app_state::{AppState, Transaction},
    db::AnyConnection,
    error::{Error, Result},
    util::clock::Timestamp,
};

/// Longer than the retention of any counter.
const MAX_RETENTION: Duration = Duration::from_secs(24 * 3600);

/// A counted attempt and its counters.
#[derive(Clone, Debug)]
pub struct Counted(Vec<Counter>);

/// Returns the attempt if no counter blocks it. Nothing is counted here, so that a flood of blocked
/// attempts causes reads only.
///
/// # Errors
/// [`Error::Throttled`] if a counter blocks the attempt.
pub fn check(
    state: &AppState,
    connection: &mut AnyConnection,
    attempt: Attempt,
) -> Result<Attempt> {
    let mut counters = Vec::new();
    for counter in attempt.counters() {
        let stored = store::find(connection, counter.key)?.unwrap_or_default();
        counters.push((counter, stored));
    }
    expect_unblocked(&counters, state.now())?;
    Ok(attempt)
}

/// Fails with the longest wait of all counters that can block the attempt.
fn expect_unblocked(counters: &[(Counter, AttemptCounter)], now: Timestamp) -> Result<()> {
    let blocking = counters.iter().filter(|(counter, _)| counter.can_block);
    let waits = blocking.filter_map(|(counter, stored)| Some((stored.wait(now)?, counter.label)));
    match waits.max_by_key(|(wait, _)| *wait) {
        None => Ok(()),
        Some((wait, label)) => {
            metrics::counter!("narthex_rate_limited_total", "limit" => label).increment(1);
            Err(Error::Throttled(wait))
        }
    }
}

/// Counts an attempt before it is processed, in a transaction of its own.
///
/// # Errors
/// [`Error::Throttled`] if a concurrent attempt was counted first and a delay applies now.
pub async fn record_attempt(state: &AppState, attempt: &Attempt) -> Result<Counted> {
    let attempt = attempt.clone();
    state.write(move |tx| record_attempt_in(tx, &attempt)).await
}

/// Does the same as [`record_attempt`] in a transaction that counts more.
///
/// # Errors
/// [`Error::Throttled`] if a concurrent attempt was counted first and a delay applies now.
pub(crate) fn record_attempt_in(tx: &mut Transaction<'_>, attempt: &Attempt) -> Result<Counted> {
    let mut counters = Vec::new();
    for counter in attempt.counters() {
        let stored = store::lock(tx.connection, counter.key)?;
        counters.push((counter, stored));
    }
    // Read after the locks are held, so that it is later than the time of the previous holders.
    let now = tx.now();
    expect_unblocked(&counters, now)?;
    let mut counted = Vec::new();
    for (counter, stored) in counters {
        // A counter that cannot block this attempt may be blocked by other attempts. Counting this
        // attempt would make those wait longer.
        if stored.wait(now).is_none() {
            let stored = stored.record_attempt(now, counter.policy);
            store::set(tx.connection, counter.key, stored)?;
            counted.push(counter);
        }
    }
    Ok(Counted(counted))
}

/// Removes the attempt of a right password from the counters of failures, if a second factor is
/// still missing. Earlier failures stay counted. Otherwise an attacker with the password could
/// erase the count of wrong codes by entering the password again.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn record_first_step(
    state: &AppState,
    connection: &mut AnyConnection,
    attempt: &Counted,
) -> Result<()> {
    for counter in &attempt.0 {
        match counter.outcomes {
            CountedOutcomes::FailuresOfTarget | CountedOutcomes::Failures => {
                undo_attempt(state, connection, counter)?;
            }
            CountedOutcomes::Successes | CountedOutcomes::All => {}
        }
    }
    Ok(())
}

/// Removes a successful attempt from the counters of failures, in the transaction of its effect.
/// The counter of its account or session is deleted. The counter of its network is not, because
/// otherwise a client could erase its attempts on other accounts by signing in to its own.
///
/// # Errors
/// Returns an error if the database fails.
pub fn record_success(
    state: &AppState,
    connection: &mut AnyConnection,
    attempt: &Counted,
) -> Result<()> {
    for counter in &attempt.0 {
        match counter.outcomes {
            CountedOutcomes::FailuresOfTarget => store::delete(connection, counter.key)?,
            CountedOutcomes::Failures => undo_attempt(state, connection, counter)?,
            CountedOutcomes::Successes | CountedOutcomes::All => {}
        }
    }
    Ok(())
}

/// Removes a failed attempt from the counters of successes.
///
/// # Errors
/// Returns an error if the database fails.
pub fn record_failure(
    state: &AppState,
    connection: &mut AnyConnection,
    attempt: &Counted,
) -> Result<()> {
    let of_successes = |counter: &&Counter| counter.outcomes == CountedOutcomes::Successes;
    for counter in attempt.0.iter().filter(of_successes) {
        undo_attempt(state, connection, counter)?;
    }
    Ok(())
}

fn undo_attempt(state: &AppState, connection: &mut AnyConnection, counter: &Counter) -> Result<()> {
    let stored = store::lock(connection, counter.key)?.undo_attempt(counter.policy);
    if stored.is_expired(state.now(), counter.policy) {
        store::delete(connection, counter.key)?;
    } else {
        store::set(connection, counter.key, stored)?;
    }
    Ok(())
}

/// Deletes up to `limit` counters that have no effect any more, and returns their number. This
/// bounds the number of counters by the number of passwords that can be verified within the
/// retention.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_expired(
        connection,
        now,
        now.saturating_add(MAX_RETENTION),
        limit,
    )?)
}
