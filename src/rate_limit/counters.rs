//! What an attempt is counted by, and how generous each count is.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use super::escalating_delay::LimitPolicy;
use crate::{app_state::Shared, crypto::digest::Digest, types::ids::CredentialId, util::networks};

const MINUTE: Duration = Duration::from_secs(60);

/// With one account, or in one session: a person mistypes a few times and then remembers. A guesser
/// gets some 400 passwords a day.
const FAILURES_OF_ONE: LimitPolicy = LimitPolicy {
    free: 5,
    forgets_one_in: MINUTE.saturating_mul(15),
};
/// From one client network, over all accounts: an office of hundreds or a carrier may be behind it, and
/// who signs in rightly is not counted. Stops whoever tries one password on many accounts.
const FAILURES_OF_A_NETWORK: LimitPolicy = LimitPolicy {
    free: 100,
    forgets_one_in: MINUTE,
};
/// From one IPv6 site: ten networks' worth, where a site has 65,536 networks to come from.
const FAILURES_OF_A_SITE: LimitPolicy = LimitPolicy {
    free: 1000,
    forgets_one_in: Duration::from_secs(6),
};
/// Right passwords of one account, or in one session: 30 an hour. Each costs a hash and a few rows.
const SUCCESSES_OF_ONE: LimitPolicy = LimitPolicy {
    free: 30,
    forgets_one_in: MINUTE.saturating_mul(2),
};
/// Right passwords from one client network, over all accounts: 1,200 an hour.
const SUCCESSES_OF_A_NETWORK: LimitPolicy = LimitPolicy {
    free: 1200,
    forgets_one_in: Duration::from_secs(3),
};
/// Right passwords from one IPv6 site: ten networks' worth.
const SUCCESSES_OF_A_SITE: LimitPolicy = LimitPolicy {
    free: 12_000,
    forgets_one_in: Duration::from_millis(300),
};
/// Accounts made from one client network.
const REGISTRATIONS_OF_A_NETWORK: LimitPolicy = LimitPolicy {
    free: 100,
    forgets_one_in: MINUTE,
};
/// Accounts made from one IPv6 site: ten networks' worth.
const REGISTRATIONS_OF_A_SITE: LimitPolicy = LimitPolicy {
    free: 1000,
    forgets_one_in: Duration::from_secs(6),
};

/// Who tries, and what: which counts an attempt is held against.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The client's address, where its networks count.
    client: Option<IpAddr>,
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

/// What a count keeps of an attempt, once it is known how the attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Failures. A success also forgives all failures before it.
    FailuresOfOne,
    /// Failures. A success is only not counted itself.
    Failures,
    /// Successes.
    Successes,
    /// Both.
    All,
}

/// One thing that is counted.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    pub key: Digest,
    pub patience: LimitPolicy,
    pub keeps: Keeps,
    /// Whether the count can refuse the attempt. One that cannot is left as it is where it would.
    pub decides: bool,
    pub what: &'static str,
}

/// The counts of one kind of outcome: by the client's networks and by what is tried.
struct Family {
    keeps: Keeps,
    keeps_of_one: Keeps,
    network: (&'static str, LimitPolicy),
    site: (&'static str, LimitPolicy),
    place: &'static str,
    account: &'static str,
    session: &'static str,
    of_one: LimitPolicy,
}

const FAILURES: Family = Family {
    keeps: Keeps::Failures,
    keeps_of_one: Keeps::FailuresOfOne,
    network: ("network", FAILURES_OF_A_NETWORK),
    site: ("site", FAILURES_OF_A_SITE),
    place: "place",
    account: "account",
    session: "session",
    of_one: FAILURES_OF_ONE,
};
const SUCCESSES: Family = Family {
    keeps: Keeps::Successes,
    keeps_of_one: Keeps::Successes,
    network: ("network-successes", SUCCESSES_OF_A_NETWORK),
    site: ("site-successes", SUCCESSES_OF_A_SITE),
    place: "place-successes",
    account: "account-successes",
    session: "session-successes",
    of_one: SUCCESSES_OF_ONE,
};

impl Attempt {
    /// To sign in to the account with this canonical address.
    #[must_use]
    pub fn to_sign_in(context: &Shared, canonical: &str, ip: Option<IpAddr>) -> Self {
        Self {
            client: counted(context, ip),
            subject: Subject::Account {
                canonical: canonical.to_owned(),
                from: ip.map(networks::client_prefix),
                known_there: false,
            },
        }
    }

    /// To give the password again in an open session. It is held against that session alone: neither
    /// who attacks the account from outside nor who shares its network keeps the owner from it.
    #[must_use]
    pub const fn in_session(id: CredentialId) -> Self {
        Self {
            client: None,
            subject: Subject::Session(id),
        }
    }

    /// To make an account.
    #[must_use]
    pub fn to_register(context: &Shared, ip: Option<IpAddr>) -> Self {
        Self {
            client: counted(context, ip),
            subject: Subject::Registrations,
        }
    }

    /// The same, for a network from which the password was known before. Only what that network tried
    /// with this account decides: neither attempts from elsewhere nor what its neighbours try on other
    /// accounts keep the owner out.
    #[must_use]
    pub fn from_a_known_place(mut self) -> Self {
        if let Subject::Account { known_there, .. } = &mut self.subject {
            *known_there = true;
        }
        self
    }

    /// In the order in which their rows are locked: every attempt locks at most one row of each sort, in
    /// the order of the sorts, and so no two wait for each other.
    pub(super) fn counters(&self) -> Vec<Counter> {
        match &self.subject {
            Subject::Account {
                canonical,
                from,
                known_there,
            } => [FAILURES, SUCCESSES]
                .iter()
                .flat_map(|family| self.of_account(family, canonical, *from, *known_there))
                .collect(),
            Subject::Session(id) => [FAILURES, SUCCESSES]
                .iter()
                .map(|family| {
                    let parts: [&[u8]; 1] = [id.as_bytes()];
                    family.of_one(family.session, true, &parts)
                })
                .collect(),
            Subject::Registrations => self.by_network(
                ("registrations", REGISTRATIONS_OF_A_NETWORK),
                ("site-registrations", REGISTRATIONS_OF_A_SITE),
                Keeps::All,
                true,
            ),
        }
    }

    fn of_account(
        &self,
        family: &Family,
        canonical: &str,
        from: Option<IpNet>,
        known_there: bool,
    ) -> Vec<Counter> {
        let decides = !known_there;
        let mut counters = self.by_network(family.network, family.site, family.keeps, decides);
        if let Some(from) = from {
            let from = from.to_string();
            let parts = [from.as_bytes(), canonical.as_bytes()];
            counters.push(family.of_one(family.place, true, &parts));
        }
        counters.push(family.of_one(family.account, decides, &[canonical.as_bytes()]));
        counters
    }

    /// By the client's network and, for IPv6, by its site.
    fn by_network(
        &self,
        network: (&'static str, LimitPolicy),
        site: (&'static str, LimitPolicy),
        keeps: Keeps,
        decides: bool,
    ) -> Vec<Counter> {
        let Some(client) = self.client else {
            return Vec::new();
        };
        let of_network = networks::client_prefix(client);
        let of_site = networks::site_prefix(client);
        let counter = |(what, patience): (&'static str, LimitPolicy), of: IpNet| Counter {
            key: key(what, &[of.to_string().as_bytes()]),
            patience,
            keeps,
            decides,
            what,
        };
        let mut counters = vec![counter(network, of_network)];
        if of_site != of_network {
            counters.push(counter(site, of_site));
        }
        counters
    }
}

impl Family {
    fn of_one(&self, what: &'static str, decides: bool, parts: &[&[u8]]) -> Counter {
        Counter {
            key: key(what, parts),
            patience: self.of_one,
            keeps: self.keeps_of_one,
            decides,
            what,
        }
    }
}

/// A client without an address (at a Unix socket) is not told apart from others, and so not counted
/// with them.
fn counted(context: &Shared, ip: Option<IpAddr>) -> Option<IpAddr> {
    ip.map(networks::canonical)
        .filter(|ip| !context.settings.throttle_exempt.contain(*ip))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tally_is_of_account_for_longer_than_it_is_kept() {
        for patience in [
            FAILURES_OF_ONE,
            FAILURES_OF_A_NETWORK,
            FAILURES_OF_A_SITE,
            SUCCESSES_OF_ONE,
            SUCCESSES_OF_A_NETWORK,
            SUCCESSES_OF_A_SITE,
            REGISTRATIONS_OF_A_NETWORK,
            REGISTRATIONS_OF_A_SITE,
        ] {
            assert!(patience.retention() < crate::rate_limit::LONGEST_MEMORY);
            assert!(patience.retention() > crate::rate_limit::escalating_delay::MAX_DELAY);
        }
    }
}
