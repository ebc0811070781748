//! Limits on the mails that clients ask for. Notices are not limited, because no client asks for
//! them.
//!
//! The requests of the last day are stored, and a limit is a number of requests in a period that ends
//! now. So the limits hold in each period, whenever it begins.

use std::{net::IpAddr, time::Duration};

use super::store;
use crate::{
    app_state::{AppState, Transaction},
    crypto::digest::Digest,
    db::AnyConnection,
    error::{Error, Result},
    types::id::Id,
    util::{clock::Timestamp, networks},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// At most this many requests in this period.
struct Limit {
    requests: usize,
    period: Duration,
}

/// The limits of one address and one kind of mail.
const OF_ADDRESS: [Limit; 3] = [
    Limit {
        requests: 1,
        period: MINUTE,
    },
    Limit {
        requests: 5,
        period: HOUR,
    },
    Limit {
        requests: 10,
        period: DAY,
    },
];

/// The limit of a client's network, over all addresses and kinds.
const OF_NETWORK: [Limit; 1] = [Limit {
    requests: 20,
    period: MINUTE,
}];

/// Whether a mail that a client asked for may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAllowance {
    /// The request was counted.
    Allowed,
    /// A limit of the address is reached, and all limits permit a mail at this time. The request
    /// was not counted.
    AddressLimited(Timestamp),
    /// Only the limit of the network is reached, until this time. The request was not counted.
    NetworkLimited(Timestamp),
}

/// Counts a request for a mail of `kind` to an address, which need not have an account. The rows of
/// the address and of the network are locked until the transaction ends.
///
/// # Errors
/// Returns an error if the database fails.
pub fn record(
    tx: &mut Transaction<'_>,
    kind: &str,
    canonical: &str,
    ip: Option<IpAddr>,
) -> Result<MailAllowance> {
    let now = tx.now();
    let of_address = key_of(kind, canonical);
    let address_until = lock_and_limit(tx, of_address, &OF_ADDRESS)?;
    let of_network = network_key(tx.state, ip);
    let network_until = match of_network {
        Some(key) => lock_and_limit(tx, key, &OF_NETWORK)?,
        None => None,
    };
    let limited = match (address_until, network_until) {
        (Some(until), other) => MailAllowance::AddressLimited(until.max(other.unwrap_or(until))),
        (None, Some(until)) => MailAllowance::NetworkLimited(until),
        (None, None) => {
            let id: Id<()> = tx.new_id()?;
            for key in std::iter::once(of_address).chain(of_network) {
                store::insert_mail_request(tx.connection, key, id, now)?;
            }
            return Ok(MailAllowance::Allowed);
        }
    };
    count_limited();
    Ok(limited)
}

/// The longest time that a mail waits for a limit. A typing mistake in an address can be corrected
/// at once, and no queue of mails to strangers grows.
const LONGEST_WAIT: Duration = MINUTE;

/// Counts a mail of `kind`. Returns the earliest time that the limits of the account and of the
/// address permit. A mail of an earlier request that still waits is no longer counted, because this
/// mail replaces it. The caller holds the lock of the account's user.
///
/// # Errors
/// [`Error::Throttled`] if the mail would wait longer than a minute, or if the limit of the network
/// is reached.
pub fn schedule(
    tx: &mut Transaction<'_>,
    kind: &str,
    account: &str,
    canonical: &str,
    ip: Option<IpAddr>,
) -> Result<Timestamp> {
    let now = tx.now();
    // The network first, because one form can ask for mails of two kinds.
    let network = network_key(tx.state, ip);
    if let Some(key) = network
        && let Some(until) = lock_and_limit(tx, key, &OF_NETWORK)?
    {
        count_limited();
        return Err(Error::Throttled(until.saturating_duration_since(now)));
    }
    let of_account = key_of(kind, account);
    store::delete_mail_requests_after(tx.connection, of_account, now)?;
    let counted = [of_account, key_of(kind, canonical)];
    let mut until = None;
    for key in counted {
        until = until.max(lock_and_limit(tx, key, &OF_ADDRESS)?);
    }
    let at = until.unwrap_or(now);
    if now < at {
        count_limited();
    }
    let wait = at.saturating_duration_since(now);
    if wait > LONGEST_WAIT {
        return Err(Error::Throttled(wait));
    }
    let id: Id<()> = tx.new_id()?;
    for key in counted {
        store::insert_mail_request(tx.connection, key, id, at)?;
    }
    if let Some(key) = network {
        store::insert_mail_request(tx.connection, key, id, now)?;
    }
    Ok(at)
}

/// Returns the time at which the limits of an address permit another mail of `kind`. `None`: now.
///
/// # Errors
/// Returns an error if the database fails.
pub fn address_limited_until(
    state: &AppState,
    connection: &mut AnyConnection,
    kind: &str,
    canonical: &str,
) -> Result<Option<Timestamp>> {
    let now = state.now();
    let key = key_of(kind, canonical);
    let requests = store::mail_requests(connection, key, now.saturating_sub(DAY))?;
    Ok(limited_until(&requests, &OF_ADDRESS, now))
}

fn key_of(kind: &str, subject: &str) -> Digest {
    Digest::of(format!("mail {kind} to {subject}").as_bytes())
}

/// Returns the key of a client's network, or `None` if it is exempt.
fn network_key(state: &AppState, ip: Option<IpAddr>) -> Option<Digest> {
    let exempt = &state.settings().rate_limits.exempt;
    ip.map(networks::canonical)
        .filter(|ip| !exempt.contain(*ip))
        .map(|ip| format!("mail for {}", networks::client_prefix(ip)))
        .map(|text| Digest::of(text.as_bytes()))
}

fn lock_and_limit(
    tx: &mut Transaction<'_>,
    key: Digest,
    limits: &[Limit],
) -> Result<Option<Timestamp>> {
    let now = tx.now();
    store::lock(tx.connection, key)?;
    let requests = store::mail_requests(tx.connection, key, now.saturating_sub(DAY))?;
    Ok(limited_until(&requests, limits, now))
}

fn count_limited() {
    metrics::counter!("narthex_rate_limited_total", "limit" => "mails").increment(1);
}

/// Returns the time at which every limit permits another request. `None`: now. `requests` are the
/// times of the earlier ones, the newest first.
fn limited_until(requests: &[Timestamp], limits: &[Limit], now: Timestamp) -> Option<Timestamp> {
    let ends = limits.iter().filter_map(|limit| {
        // The period must have passed since the oldest of the last requests.
        let oldest = requests.get(limit.requests.checked_sub(1)?)?;
        Some(oldest.saturating_add(limit.period))
    });
    ends.max().filter(|until| now < *until)
}

/// Deletes up to `limit` requests that count in no period any more, and returns their number.
///
/// # Errors
/// Returns an error if the database fails.
pub(crate) fn delete_expired(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    Ok(store::delete_mail_requests(
        connection,
        now.saturating_sub(DAY),
        limit,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_limited_by_minute_hour_and_day() {
        let start = Timestamp::from_micros(0);
        let at = |minutes: u64| start.saturating_add(Duration::from_secs(minutes * 60));
        let (mut requests, mut accepted) = (Vec::new(), Vec::new());
        for minute in 0..=24 * 60 {
            if limited_until(&requests, &OF_ADDRESS, at(minute)).is_none() {
                requests.insert(0, at(minute));
                accepted.push(minute);
            }
        }
        assert_eq!(accepted, [0, 1, 2, 3, 4, 60, 61, 62, 63, 64, 1440]);
    }

    #[test]
    fn limit_names_the_time_of_the_next_request() {
        let now = Timestamp::from_micros(0).saturating_add(DAY);
        let until = limited_until(&[now], &OF_ADDRESS, now);
        assert_eq!(until, Some(now.saturating_add(MINUTE)));
        assert_eq!(limited_until(&[], &OF_ADDRESS, now), None);
    }
}
