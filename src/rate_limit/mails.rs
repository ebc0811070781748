//! Limits on the mails that clients ask for. Notices are not limited, because no client asks for them.
//!
//! The requests of the last day are stored, and a limit is a number of requests in a period that ends
//! now. So the limits hold in each period, whenever it begins.

use std::{net::IpAddr, time::Duration};

use super::store;
use crate::{
    app_state::Transaction,
    crypto::digest::Digest,
    db::AnyConnection,
    error::Result,
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
    /// A limit is reached until this time. The request was not counted.
    LimitedUntil(Timestamp),
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
    let of_address = Digest::of(format!("mail {kind} to {canonical}").as_bytes());
    let exempt = &tx.state.settings().rate_limits.exempt;
    let of_network = ip
        .map(networks::canonical)
        .filter(|ip| !exempt.contain(*ip))
        .map(|ip| format!("mail for {}", networks::client_prefix(ip)))
        .map(|text| Digest::of(text.as_bytes()));
    let mut counted = vec![(of_address, OF_ADDRESS.as_slice())];
    counted.extend(of_network.map(|key| (key, OF_NETWORK.as_slice())));
    let mut until = None;
    for (key, limits) in &counted {
        store::lock(tx.connection, *key)?;
        let requests = store::mail_requests(tx.connection, *key, now.saturating_sub(DAY))?;
        until = until.max(limited_until(&requests, limits, now));
    }
    if let Some(until) = until {
        metrics::counter!("narthex_rate_limited_total", "limit" => "mails").increment(1);
        return Ok(MailAllowance::LimitedUntil(until));
    }
    for (key, _) in counted {
        let id: Id<()> = tx.new_id()?;
        store::insert_mail_request(tx.connection, key, id, now)?;
    }
    Ok(MailAllowance::Allowed)
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
