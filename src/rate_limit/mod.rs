//! How often somebody may try: a password, or making an account.
//!
//! Every attempt is counted before it is looked at, in a commit of its own, so that neither a crash
//! nor a failure takes it back and many at once are as many as they are. There are counts of failures,
//! from which an attempt that succeeds is taken back, and counts of successes, from which one that fails
//! is. What is counted is in the database: it outlives a restart and holds for every process on it.
//!
//! Nobody is ever locked out for good. Delays grow up to [`backoff::LONGEST`](crate::rate_limit::escalating_delay::MAX_DELAY), and an attempt that
//! comes too early is refused, whatever the password, without being counted. What an account owner
//! has to fear is somebody else who uses up every turn: so sessions that are open confirm on a count
//! of their own, and so does a sign-in from where this account was signed in to before, even if its
//! neighbours there have used up the network's.

mod counters;
pub mod escalating_delay;
mod store;

use std::time::Duration;

pub use self::counters::Attempt;
use self::{
    counters::{Counter, Keeps},
    escalating_delay::AttemptCounter,
};
use crate::{
    app_state::{AppState, Shared},
    db::AnyConnection,
    error::{Error, Result},
    util::clock::Timestamp,
};

/// Longer than a tally of any of them can be of account.
const LONGEST_MEMORY: Duration = Duration::from_secs(24 * 3600);

/// An attempt that was counted, and by which counts.
#[derive(Clone, Debug)]
pub struct Counted(Vec<Counter>);

/// The attempt, where nothing stands in its way. It counts nothing: so a flood of attempts that are
/// blocked is only read.
///
/// # Errors
/// [`Error::Throttled`] where something does.
pub fn check(
    context: &Shared,
    connection: &mut AnyConnection,
    attempt: Attempt,
) -> Result<Attempt> {
    let mut found = Vec::new();
    for counter in attempt.counters() {
        let tally = store::find(connection, counter.key)?.unwrap_or_default();
        found.push((counter, tally));
    }
    expect_unblocked(&found, context.now())?;
    Ok(attempt)
}

/// The longest wait is told, whatever it is for.
fn expect_unblocked(tallies: &[(Counter, AttemptCounter)], now: Timestamp) -> Result<()> {
    let decide = tallies.iter().filter(|(counter, _)| counter.decides);
    let waits = decide.filter_map(|(counter, tally)| Some((tally.wait(now)?, counter.what)));
    match waits.max_by_key(|(wait, _)| *wait) {
        None => Ok(()),
        Some((wait, what)) => {
            metrics::counter!("narthex_throttled_total", "by" => what).increment(1);
            Err(Error::Throttled(wait))
        }
    }
}

/// Counts an attempt, before it is looked at, in a transaction that does nothing else.
///
/// # Errors
/// [`Error::Throttled`] where another one came first and this one is too early now.
pub async fn record_attempt(context: &AppState, attempt: &Attempt) -> Result<Counted> {
    let attempt = attempt.clone();
    context
        .write(move |context, connection| {
            let mut found = Vec::new();
            for counter in attempt.counters() {
                let tally = store::lock(connection, counter.key)?;
                found.push((counter, tally));
            }
            // Asked when the locks are had, after whoever had them before.
            let now = context.now();
            expect_unblocked(&found, now)?;
            let mut counted = Vec::new();
            for (counter, tally) in found {
                // One that cannot decide is blocked by others, who are not to wait longer for this one.
                if tally.wait(now).is_none() {
                    let tally = tally.record_attempt(now, counter.patience);
                    store::set(connection, counter.key, tally)?;
                    counted.push(counter);
                }
            }
            Ok(Counted(counted))
        })
        .await
}

/// Takes an attempt that succeeded back from the counts of failures, in the transaction of what it led
/// to. Its account or session starts anew. Its network does not: whoever has one account of their own
/// must not wipe out with it what they tried on others.
///
/// # Errors
/// When the database fails.
pub fn record_success(
    context: &Shared,
    connection: &mut AnyConnection,
    attempt: &Counted,
) -> Result<()> {
    for counter in &attempt.0 {
        match counter.keeps {
            Keeps::FailuresOfOne => store::delete(connection, counter.key)?,
            Keeps::Failures => undo_attempt(context, connection, counter)?,
            Keeps::Successes | Keeps::All => {}
        }
    }
    Ok(())
}

/// Takes an attempt that failed back from the counts of successes.
///
/// # Errors
/// When the database fails.
pub fn record_failure(
    context: &Shared,
    connection: &mut AnyConnection,
    attempt: &Counted,
) -> Result<()> {
    let of_successes = |counter: &&Counter| counter.keeps == Keeps::Successes;
    for counter in attempt.0.iter().filter(of_successes) {
        undo_attempt(context, connection, counter)?;
    }
    Ok(())
}

fn undo_attempt(context: &Shared, connection: &mut AnyConnection, counter: &Counter) -> Result<()> {
    let tally = store::lock(connection, counter.key)?.undo_attempt(counter.patience);
    if tally.is_expired(context.now(), counter.patience) {
        store::delete(connection, counter.key)?;
    } else {
        store::set(connection, counter.key, tally)?;
    }
    Ok(())
}

/// Forgets some tallies that say nothing any more, and says how many. So there are never more of them
/// than passwords could be verified in the hours that they are of account.
///
/// # Errors
/// When the database fails.
pub(crate) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    most: i64,
) -> Result<usize> {
    Ok(store::delete_expired(
        connection,
        now,
        now.saturating_add(LONGEST_MEMORY),
        most,
    )?)
}
