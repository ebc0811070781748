//! Networks: lists of CIDR blocks.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

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
    pub fn contain_all(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }

    /// Whether `address` is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Reads one network (`10.0.0.0/8`, `2001:db8::/32`) or one address (`192.0.2.7`). Of IPv4 addresses
/// mapped into IPv6 (`::ffff:10.0.0.0/104`) it is the IPv4 network, as [`canonical`] has it: no caller
/// would be in the other.
#[must_use]
pub fn parse_one(text: &str) -> Option<IpNet> {
    let network = text
        .parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    let mapped = match (network, network.prefix_len().checked_sub(96)) {
        (IpNet::V6(six), Some(length)) => six.addr().to_ipv4_mapped().zip(Some(length)),
        _ => None,
    };
    match mapped {
        Some((address, length)) => Ipv4Net::new(address, length).ok().map(IpNet::V4),
        None => Some(network),
    }
}

/// The address itself, an IPv4 address mapped into IPv6 (`::ffff:192.0.2.7`) as IPv4, so that one
/// caller has one address.
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The network that counts as one client: an IPv4 address alone, and of an IPv6 address the /64, which
/// is what one customer has at the least and moves about in at will (RFC 6177; RFC 8981).
#[must_use]
pub fn client_prefix(address: IpAddr) -> IpNet {
    prefix(address, 64)
}

/// The site that an address belongs to: an IPv4 address alone, and of an IPv6 address the /48, which is
/// the most that one customer usually has (RFC 6177). It holds 65,536 networks of [`client_prefix`].
#[must_use]
pub fn site_prefix(address: IpAddr) -> IpNet {
    prefix(address, 48)
}

/// The network of `address` with this many bits if it is an IPv6 address, and the address itself else.
fn prefix(address: IpAddr, of_ipv6: u8) -> IpNet {
    let address = canonical(address);
    let length = if address.is_ipv4() { 32 } else { of_ipv6 };
    IpNet::new(address, length).map_or_else(|_| IpNet::from(address), |network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_into_ipv6_it_is_the_ipv4_network() {
        for (text, network) in [
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
            ("::ffff:0:0/95", "::ffff:0.0.0.0/95"),
            ("2001:db8::/128", "2001:db8::/128"),
        ] {
            let read = parse_one(text).map(|network| network.to_string());
            assert_eq!(read.as_deref(), Some(network), "{text}");
        }
        let caller = canonical("::ffff:192.0.2.7".parse().unwrap());
        let named = Networks::parse("2001:db8::/32, ::ffff:192.0.2.0/120").unwrap();
        assert!(named.contain(caller));
    }

    #[test]
    fn a_client_is_one_however_its_address_is_written_and_wherever_in_its_network_it_is() {
        for (address, client) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ] {
            let network = client_prefix(address.parse().unwrap());
            assert_eq!(network.to_string(), client, "{address}");
        }
    }

    #[test]
    fn ipv6_site_holds_all_networks_of_a_customer() {
        for (address, site) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:db8:1:2::1", "2001:db8:1::/48"),
            ("2001:db8:1:3::1", "2001:db8:1::/48"),
            ("2001:db8:2:2::1", "2001:db8:2::/48"),
        ] {
            let network = site_prefix(address.parse().unwrap());
            assert_eq!(network.to_string(), site, "{address}");
        }
    }
}
