//! Networks: lists of CIDR blocks.

use std::net::IpAddr;

use ipnet::IpNet;

/// A list of networks, such as the proxies that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads networks parted by commas. An address alone is a network of one.
    ///
    /// # Errors
    /// The first part that is neither a network nor an address.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| parse_one(part).ok_or_else(|| part.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is all there is: every IPv4 or every IPv6 address.
    #[must_use]
    pub fn have_everybody(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }

    /// Whether `address` is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Reads one network (`10.0.0.0/8`, `2001:db8::/32`) or one address (`192.0.2.7`).
#[must_use]
pub fn parse_one(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The address itself, an IPv4 address mapped into IPv6 (`::ffff:192.0.2.7`) as IPv4, so that one
/// caller has one address.
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
