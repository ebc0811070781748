//! Networks and addresses, alone and in the lists of the settings.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use narthex::util::networks::{Networks, canonical, parse_one};

fuzz_target!(|text: &str| {
    if let Some(network) = parse_one(text) {
        assert_eq!(parse_one(&network.to_string()), Some(network), "{text:?}");
        for address in [network.addr(), network.network(), network.broadcast()] {
            assert!(network.contains(&address), "{text:?} has {address}");
        }
    }
    // A client at an address is in the network that consists of this address only.
    if let Ok(address) = text.parse::<IpAddr>() {
        let alone = parse_one(text).expect("an address is a network of one");
        assert!(alone.contains(&canonical(address)), "{text:?} is {alone}");
    }
    let parts = || {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
    };
    let one_by_one: Option<Vec<_>> = parts().map(parse_one).collect();
    match (Networks::parse(text), one_by_one) {
        (Ok(list), Some(networks)) => {
            for network in networks {
                assert!(list.contain(network.network()) && list.contain(network.broadcast()));
            }
        }
        (Err(part), None) => assert!(parts().any(|known| known == part)),
        (list, networks) => panic!("{text:?} is {list:?} and {networks:?}"),
    }
});
