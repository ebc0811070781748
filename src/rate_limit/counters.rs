//! The counters of an attempt, and the limit of each counter.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use super::escalating_delay::LimitPolicy;
use crate::{
    app_state::AppState, crypto::digest::Digest, types::ids::CredentialId, util::networks,
};

const MINUTE: Duration = Duration::from_secs(60);

/// Failures on one account or in one session. A user may mistype a few times before the delays
/// start. An attacker gets about 400 guesses a day.
const FAILURES_OF_TARGET: LimitPolicy = LimitPolicy {
    free: 5,
    decay_interval: MINUTE.saturating_mul(15),
};
/// Failures from one client network, over all accounts. An office of hundreds of users or a carrier
/// may share the network, and successful sign-ins are not counted. This limits clients that try one
/// password on many accounts.
const FAILURES_OF_NETWORK: LimitPolicy = LimitPolicy {
    free: 100,
    decay_interval: MINUTE,
};
/// Failures from one IPv6 site: ten times the limit of a network, because a site has 65,536
/// networks.
const FAILURES_OF_SITE: LimitPolicy = LimitPolicy {
    free: 1000,
    decay_interval: Duration::from_secs(6),
};
/// Successes on one account or in one session: 30 an hour. Each costs a hash and a few rows.
const SUCCESSES_OF_TARGET: LimitPolicy = LimitPolicy {
    free: 30,
    decay_interval: MINUTE.saturating_mul(2),
};
/// Successes from one client network, over all accounts: 1,200 an hour.
const SUCCESSES_OF_NETWORK: LimitPolicy = LimitPolicy {
    free: 1200,
    decay_interval: Duration::from_secs(3),
};
/// Successes from one IPv6 site: ten times the limit of a network.
const SUCCESSES_OF_SITE: LimitPolicy = LimitPolicy {
    free: 12_000,
    decay_interval: Duration::from_millis(300),
};
/// Accounts created from one client network.
const REGISTRATIONS_OF_NETWORK: LimitPolicy = LimitPolicy {
    free: 100,
    decay_interval: MINUTE,
};
/// Accounts created from one IPv6 site: ten times the limit of a network.
const REGISTRATIONS_OF_SITE: LimitPolicy = LimitPolicy {
    free: 1000,
    decay_interval: Duration::from_secs(6),
};
/// Challenges for a sign-in with a passkey, which each view of the sign-in page asks for: 1,200 an
/// hour from one client network. A challenge is a row for five minutes.
const CHALLENGES_OF_NETWORK: LimitPolicy = SUCCESSES_OF_NETWORK;
/// Challenges for one IPv6 site.
const CHALLENGES_OF_SITE: LimitPolicy = SUCCESSES_OF_SITE;

/// An attempt: its client and its target. Both decide which counters count it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The client's address. `None` if the attempt is not counted by network.
    client: Option<IpAddr>,
    target: Target,
}

#[derive(Clone, Debug)]
enum Target {
    /// An account by its canonical address, whether it exists or not, and the client's network.
    Account {
        canonical: String,
        from: Option<IpNet>,
        /// Whether the user has signed in from this network before.
        known_location: bool,
    },
    Session(CredentialId),
    Registrations,
    Challenges,
}

/// The outcomes that a counter counts, once the outcome of an attempt is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CountedOutcomes {
    /// Failures. A success deletes the counter, with all earlier failures.
    FailuresOfTarget,
    /// Failures. A success only removes its own attempt.
    Failures,
    /// Successes.
    Successes,
    /// Successes and failures.
    All,
}

/// A counter of an attempt.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    pub key: Digest,
    pub policy: LimitPolicy,
    pub outcomes: CountedOutcomes,
    /// Whether the counter can reject the attempt. A counter that cannot, and that would block the
    /// attempt, is left unchanged.
    pub can_block: bool,
    pub label: &'static str,
}

/// The counters of one outcome: by the client's networks and by the target.
struct Family {
    outcomes: CountedOutcomes,
    target_outcomes: CountedOutcomes,
    network: (&'static str, LimitPolicy),
    site: (&'static str, LimitPolicy),
    account_from_network: &'static str,
    account: &'static str,
    session: &'static str,
    target_policy: LimitPolicy,
}

const FAILURES: Family = Family {
    outcomes: CountedOutcomes::Failures,
    target_outcomes: CountedOutcomes::FailuresOfTarget,
    network: ("network", FAILURES_OF_NETWORK),
    site: ("site", FAILURES_OF_SITE),
    account_from_network: "account-from-network",
    account: "account",
    session: "session",
    target_policy: FAILURES_OF_TARGET,
};
const SUCCESSES: Family = Family {
    outcomes: CountedOutcomes::Successes,
    target_outcomes: CountedOutcomes::Successes,
    network: ("network-successes", SUCCESSES_OF_NETWORK),
    site: ("site-successes", SUCCESSES_OF_SITE),
    account_from_network: "account-from-network-successes",
    account: "account-successes",
    session: "session-successes",
    target_policy: SUCCESSES_OF_TARGET,
};

impl Attempt {
    /// Returns an attempt to sign in to the account with this canonical address.
    #[must_use]
    pub fn to_sign_in(state: &AppState, canonical: &str, ip: Option<IpAddr>) -> Self {
        Self {
            client: counted(state, ip),
            target: Target::Account {
                canonical: canonical.to_owned(),
                from: ip.map(networks::client_prefix),
                known_location: false,
            },
        }
    }

    /// Returns an attempt to re-authenticate in a session. Only this session's counters count it.
    /// So neither an attack on the account from outside nor clients in the same network can block
    /// the owner.
    #[must_use]
    pub const fn in_session(id: CredentialId) -> Self {
        Self {
            client: None,
            target: Target::Session(id),
        }
    }

    /// Returns an attempt to create an account.
    #[must_use]
    pub fn to_register(state: &AppState, ip: Option<IpAddr>) -> Self {
        Self {
            client: counted(state, ip),
            target: Target::Registrations,
        }
    }

    /// Returns a request for a challenge of a sign-in with a passkey.
    #[must_use]
    pub fn to_get_challenge(state: &AppState, ip: Option<IpAddr>) -> Self {
        Self {
            client: counted(state, ip),
            target: Target::Challenges,
        }
    }

    /// Marks the client's network as a known location. Then only the attempts of this network on
    /// this account can block the attempt. Attempts from other networks, and attempts of the same
    /// network on other accounts, do not lock the owner out.
    #[must_use]
    pub fn at_known_location(mut self) -> Self {
        if let Target::Account { known_location, .. } = &mut self.target {
            *known_location = true;
        }
        self
    }

    /// Returns the counters in the order in which their rows are locked. Each attempt locks at most
    /// one row of each sort, in the order of the sorts, so that attempts cannot deadlock. A
    /// transaction that changes other rows of a user as well locks the user first.
    pub(super) fn counters(&self) -> Vec<Counter> {
        match &self.target {
            Target::Account {
                canonical,
                from,
                known_location,
            } => [FAILURES, SUCCESSES]
                .iter()
                .flat_map(|family| self.of_account(family, canonical, *from, *known_location))
                .collect(),
            Target::Session(id) => [FAILURES, SUCCESSES]
                .iter()
                .map(|family| {
                    let parts: [&[u8]; 1] = [id.as_bytes()];
                    family.target_counter(family.session, true, &parts)
                })
                .collect(),
            Target::Registrations => self.by_network(
                ("registrations", REGISTRATIONS_OF_NETWORK),
                ("site-registrations", REGISTRATIONS_OF_SITE),
                CountedOutcomes::All,
                true,
            ),
            Target::Challenges => self.by_network(
                ("challenges", CHALLENGES_OF_NETWORK),
                ("site-challenges", CHALLENGES_OF_SITE),
                CountedOutcomes::All,
                true,
            ),
        }
    }

    fn of_account(
        &self,
        family: &Family,
        canonical: &str,
        from: Option<IpNet>,
        known_location: bool,
    ) -> Vec<Counter> {
        let can_block = !known_location;
        let mut counters = self.by_network(family.network, family.site, family.outcomes, can_block);
        if let Some(from) = from {
            let from = from.to_string();
            let parts = [from.as_bytes(), canonical.as_bytes()];
            counters.push(family.target_counter(family.account_from_network, true, &parts));
        }
        counters.push(family.target_counter(family.account, can_block, &[canonical.as_bytes()]));
        counters
    }

    /// Returns the counters of the client's network and, for IPv6, of its site.
    fn by_network(
        &self,
        network: (&'static str, LimitPolicy),
        site: (&'static str, LimitPolicy),
        outcomes: CountedOutcomes,
        can_block: bool,
    ) -> Vec<Counter> {
        let Some(client) = self.client else {
            return Vec::new();
        };
        let of_network = networks::client_prefix(client);
        let of_site = networks::site_prefix(client);
        let counter = |(label, policy): (&'static str, LimitPolicy), of: IpNet| Counter {
            key: key(label, &[of.to_string().as_bytes()]),
            policy,
            outcomes,
            can_block,
            label,
        };
        let mut counters = vec![counter(network, of_network)];
        if of_site != of_network {
            counters.push(counter(site, of_site));
        }
        counters
    }
}

impl Family {
    fn target_counter(&self, label: &'static str, can_block: bool, parts: &[&[u8]]) -> Counter {
        Counter {
            key: key(label, parts),
            policy: self.target_policy,
            outcomes: self.target_outcomes,
            can_block,
            label,
        }
    }
}

/// Returns the address by which a client is counted. A client without an address (at a Unix socket)
/// cannot be distinguished from others and is not counted by network.
fn counted(state: &AppState, ip: Option<IpAddr>) -> Option<IpAddr> {
    ip.map(networks::canonical)
        .filter(|ip| !state.settings().rate_limits.exempt.contain(*ip))
}

/// Returns the key of a counter. It is a digest, because a user can type a password into the wrong
/// field, and the database must not contain it.
fn key(label: &str, parts: &[&[u8]]) -> Digest {
    let mut bytes = label.as_bytes().to_vec();
    for part in parts {
        bytes.push(0);
        bytes.extend_from_slice(part);
    }
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_counter_outlives_its_retention() {
        for policy in [
            FAILURES_OF_TARGET,
            FAILURES_OF_NETWORK,
            FAILURES_OF_SITE,
            SUCCESSES_OF_TARGET,
            SUCCESSES_OF_NETWORK,
            SUCCESSES_OF_SITE,
            REGISTRATIONS_OF_NETWORK,
            REGISTRATIONS_OF_SITE,
        ] {
            assert!(policy.retention() < crate::rate_limit::MAX_RETENTION);
            assert!(policy.retention() > crate::rate_limit::escalating_delay::MAX_DELAY);
        }
    }
}
