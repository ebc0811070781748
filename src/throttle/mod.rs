//! How often somebody may try: a password, or making an account.
//!
//! Every attempt is counted before it is looked at, in a commit of its own, so that neither a crash
//! nor a failure takes it back and many at once are as many as they are. One that succeeds is taken
//! back. What is counted is in the database: it outlives a restart and holds for every process on it.
//!
//! Nobody is ever locked out for good. Delays grow up to [`backoff::LONGEST`](crate::kit::backoff::LONGEST), and an attempt that
//! comes too early is refused, whatever the password, without being counted. What an account owner
//! has to fear is somebody else who uses up every turn: so sessions that are open confirm on a count
//! of their own, and so does a sign-in from where this account was signed in to before.

mod store;

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use crate::{
    context::{Context, Shared},
    error::{Error, Result},
    ids::CredentialId,
    kit::{
        backoff::{Patience, Tally},
        clock::Timestamp,
        db::AnyConnection,
        digest::Digest,
        network,
    },
};

const MINUTE: Duration = Duration::from_secs(60);

/// With one account, or in one session: a person mistypes a few times and then remembers. A guesser
/// gets some 400 passwords a day.
const OF_ONE: Patience = Patience {
    free: 5,
    forgets_one_in: MINUTE.saturating_mul(15),
};
/// From one client network, over all accounts: an office of hundreds or a carrier may be behind it, and
/// who signs in rightly is not counted. Stops whoever tries one password on many accounts.
const OF_A_NETWORK: Patience = Patience {
    free: 100,
    forgets_one_in: MINUTE,
};
/// Accounts made from one client network.
const OF_REGISTRATIONS: Patience = Patience {
    free: 100,
    forgets_one_in: MINUTE,
};
/// Longer than a tally of any of them can be of account.
const LONGEST_MEMORY: Duration = Duration::from_secs(24 * 3600);

/// Who tries, and what: which counts an attempt is held against.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The client's network, where it counts.
    network: Option<IpNet>,
    subject: Subject,
}

#[derive(Clone, Debug)]
enum Subject {
    /// An account by its canonical address, whether there is such an account or not, from a network.
    Account {
        canonical: String,
        from: Option<IpNet>,
        /// Whether the account was signed in to from there before.
        known_there: bool,
    },
    Session(CredentialId),
    Registrations,
}

/// One thing that is counted.
struct Counter {
    key: Digest,
    patience: Patience,
    /// Whether a success forgives all that failed before it, or is only not counted itself.
    forgives: bool,
    what: &'static str,
}

impl Attempt {
    /// To sign in to the account with this canonical address.
    #[must_use]
    pub fn to_sign_in(context: &Shared, canonical: &str, ip: Option<IpAddr>) -> Self {
        Self {
            network: counted(context, ip),
            subject: Subject::Account {
                canonical: canonical.to_owned(),
                from: ip.map(network::of_one_client),
                known_there: false,
            },
        }
    }

    /// To give the password again in an open session. It is held against that session alone: neither
    /// who attacks the account from outside nor who shares its network keeps the owner from it.
    #[must_use]
    pub const fn in_session(id: CredentialId) -> Self {
        Self {
            network: None,
            subject: Subject::Session(id),
        }
    }

    /// To make an account.
    #[must_use]
    pub fn to_register(context: &Shared, ip: Option<IpAddr>) -> Self {
        Self {
            network: counted(context, ip),
            subject: Subject::Registrations,
        }
    }

    /// The same, held only against what its own network tried with this account, and not against what
    /// all others did: for a network from which somebody knew the password before.
    #[must_use]
    pub fn from_a_known_place(mut self) -> Self {
        if let Subject::Account { known_there, .. } = &mut self.subject {
            *known_there = true;
        }
        self
    }

    /// In the order in which their rows are locked: whoever locks a network's and then another's
    /// waits for nobody who waits for them.
    fn counters(&self) -> Vec<Counter> {
        let network = self.network.map(|network| network.to_string());
        let of = |what, patience, forgives, parts: &[&[u8]]| Counter {
            key: key(what, parts),
            patience,
            forgives,
            what,
        };
        let by_network = |what, patience| {
            let network = network.as_ref()?;
            Some(of(what, patience, false, &[network.as_bytes()]))
        };
        let attempts = || by_network("network", OF_A_NETWORK);
        let counters = match &self.subject {
            Subject::Account {
                canonical,
                from,
                known_there,
            } => {
                let account = || of("account", OF_ONE, true, &[canonical.as_bytes()]);
                let from = from.map(|from| from.to_string());
                let place = from.map(|from| {
                    of(
                        "place",
                        OF_ONE,
                        true,
                        &[from.as_bytes(), canonical.as_bytes()],
                    )
                });
                [attempts(), place, (!known_there).then(account)]
            }
            Subject::Session(id) => [
                Some(of("session", OF_ONE, true, &[id.as_bytes()])),
                None,
                None,
            ],
            Subject::Registrations => [by_network("registrations", OF_REGISTRATIONS), None, None],
        };
        counters.into_iter().flatten().collect()
    }
}

/// A client without an address (at a Unix socket) is not told apart from others, and so not counted
/// with them.
fn counted(context: &Shared, ip: Option<IpAddr>) -> Option<IpNet> {
    ip.filter(|ip| {
        !context
            .settings
            .throttle_exempt
            .contain(network::canonical(*ip))
    })
    .map(network::of_one_client)
}

/// Names a counter. Digests, so that nothing that somebody typed into the wrong field is kept.
fn key(what: &str, parts: &[&[u8]]) -> Digest {
    let mut bytes = what.as_bytes().to_vec();
    for part in parts {
        bytes.push(0);
        bytes.extend_from_slice(part);
    }
    Digest::of(&bytes)
}

/// What stands in an attempt's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// What it tries: its account or session was tried too often. After this time it may be again.
    Subject(Duration),
    /// Whoever tries: their network did too often, whatever else it is that they try.
    Network(Duration),
}

impl Blocked {
    /// The answer to whoever tried.
    #[must_use]
    pub const fn into_error(self) -> Error {
        let (Self::Subject(wait) | Self::Network(wait)) = self;
        Error::Throttled(wait)
    }
}

/// Looks whether something stands in the way, and counts nothing: so a flood of attempts that are
/// blocked is only read.
///
/// # Errors
/// When the database fails.
pub fn look(
    context: &Shared,
    connection: &mut AnyConnection,
    attempt: &Attempt,
) -> Result<Option<Blocked>> {
    let mut found = Vec::new();
    for counter in attempt.counters() {
        let tally = store::find(connection, counter.key)?.unwrap_or_default();
        found.push((counter, tally));
    }
    Ok(blocked(&found, context.now()))
}

/// The attempt, where nothing stands in its way.
///
/// # Errors
/// [`Error::Throttled`] where something does.
pub fn unblocked(
    context: &Shared,
    connection: &mut AnyConnection,
    attempt: Attempt,
) -> Result<Attempt> {
    match look(context, connection, &attempt)? {
        Some(blocked) => Err(blocked.into_error()),
        None => Ok(attempt),
    }
}

/// The longest wait is told, whatever it is for.
fn blocked(tallies: &[(Counter, Tally)], now: Timestamp) -> Option<Blocked> {
    let waits = tallies.iter().filter_map(|(counter, tally)| {
        let wait = tally.wait(now)?;
        Some((wait, counter))
    });
    let (wait, counter) = waits.max_by_key(|(wait, counter)| (*wait, !counter.forgives))?;
    metrics::counter!("narthex_throttled_total", "by" => counter.what).increment(1);
    if counter.forgives {
        Some(Blocked::Subject(wait))
    } else {
        Some(Blocked::Network(wait))
    }
}

/// Counts an attempt, before it is looked at, in a transaction that does nothing else.
///
/// # Errors
/// [`Error::Throttled`] where another one came first and this one is too early now.
pub async fn count(context: &Context, attempt: &Attempt) -> Result<()> {
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
            if let Some(blocked) = blocked(&found, now) {
                return Err(blocked.into_error());
            }
            for (counter, tally) in found {
                let tally = tally.with_an_attempt(now, counter.patience);
                store::set(connection, counter.key, tally)?;
            }
            Ok(())
        })
        .await
}

/// Takes an attempt back that succeeded, in the transaction of what it led to. Its account or session
/// starts anew. Its network does not: whoever has one account of their own must not wipe out with it
/// what they tried on others.
///
/// # Errors
/// When the database fails.
pub fn succeed(context: &Shared, connection: &mut AnyConnection, attempt: &Attempt) -> Result<()> {
    let now = context.now();
    for counter in attempt.counters() {
        if counter.forgives {
            store::delete(connection, counter.key)?;
            continue;
        }
        let tally = store::lock(connection, counter.key)?.without_one(counter.patience);
        if tally.is_nothing(now, counter.patience) {
            store::delete(connection, counter.key)?;
        } else {
            store::set(connection, counter.key, tally)?;
        }
    }
    Ok(())
}

/// Forgets some tallies that say nothing any more, and says how many. So there are never more of them
/// than passwords could be verified in the hours that they are of account.
///
/// # Errors
/// When the database fails.
pub(crate) fn forget(connection: &mut AnyConnection, now: Timestamp, most: i64) -> Result<usize> {
    Ok(store::forget(
        connection,
        now,
        now.plus(LONGEST_MEMORY),
        most,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tally_is_of_account_for_longer_than_it_is_kept() {
        for patience in [OF_ONE, OF_A_NETWORK, OF_REGISTRATIONS] {
            assert!(patience.remembers_for() < LONGEST_MEMORY);
            assert!(patience.remembers_for() > crate::kit::backoff::LONGEST);
        }
    }
}
