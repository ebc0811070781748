//! Networks: lists of CIDR blocks.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// A list of networks, such as those of the trusted proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Parses networks separated by commas. A single address is a network of one.
    ///
    /// # Errors
    /// Returns the first part that is neither a network nor an address.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| parse_one(part).ok_or_else(|| part.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns whether the list is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a network of the list contains every IPv4 or every IPv6 address.
    #[must_use]
    pub fn contain_all(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }

    /// Returns whether a network of the list contains `address`.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Parses one network (`10.0.0.0/8`, `2001:db8::/32`) or one address (`192.0.2.7`). An IPv4-mapped
/// network (`::ffff:10.0.0.0/104`) becomes the IPv4 network. Client addresses are [`canonical`], so
/// no client would be in the mapped one.
#[must_use]
pub fn parse_one(text: &str) -> Option<IpNet> {
    let network = text
        .parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    let mapped = match (network, network.prefix_len().checked_sub(96)) {
        (IpNet::V6(network_v6), Some(length)) => {
            network_v6.addr().to_ipv4_mapped().zip(Some(length))
        }
        _ => None,
    };
    match mapped {
        Some((address, length)) => Ipv4Net::new(address, length).ok().map(IpNet::V4),
        None => Some(network),
    }
}

/// Converts an IPv4-mapped IPv6 address (`::ffff:192.0.2.7`) to IPv4 and returns any other address
/// unchanged. Each client therefore has one address.
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Returns the network that counts as one client: a single IPv4 address, or the /64 of an IPv6
/// address. A /64 is the least that a customer has, and the customer can use any address in it (RFC
/// 6177; RFC 8981).
#[must_use]
pub fn client_prefix(address: IpAddr) -> IpNet {
    prefix(address, 64)
}

/// Returns the site of an address: a single IPv4 address, or the /48 of an IPv6 address. A /48 is
/// usually the most that a customer has (RFC 6177). It contains 65,536 networks of
/// [`client_prefix`].
#[must_use]
pub fn site_prefix(address: IpAddr) -> IpNet {
    prefix(address, 48)
}

/// Returns the network in which an access provider gives a client its next address: the /24 of an
/// IPv4 address, or the /48 of an IPv6 address.
#[must_use]
pub fn access_network(address: IpAddr) -> IpNet {
    match canonical(address) {
        IpAddr::V4(address) => Ipv4Net::new(address, 24).map_or_else(
            |_| IpNet::from(IpAddr::V4(address)),
            |net| IpNet::V4(net.trunc()),
        ),
        address @ IpAddr::V6(_) => site_prefix(address),
    }
}

/// Returns the network of an IPv6 address with this prefix length, or a single IPv4 address.
fn prefix(address: IpAddr, ipv6_length: u8) -> IpNet {
    let address = canonical(address);
    let length = if address.is_ipv4() { 32 } else { ipv6_length };
    IpNet::new(address, length).map_or_else(|_| IpNet::from(address), |network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_mapped_network_is_the_ipv4_network() {
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
        let client = canonical("::ffff:192.0.2.7".parse().unwrap());
        let networks = Networks::parse("2001:db8::/32, ::ffff:192.0.2.0/120").unwrap();
        assert!(networks.contain(client));
    }

    #[test]
    fn addresses_of_one_client_have_one_prefix() {
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
    fn ipv6_site_contains_all_networks_of_a_customer() {
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
