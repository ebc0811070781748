//! With every rule, both guarantees hold in every reachable state. Each test visits all states and
//! checks their number, so that a model that lost some of them is noticed.

use std::thread::available_parallelism;

use narthex_model::{Failover, Protocol};
use stateright::{Checker, Model};

/// One node. Each test adds its revocations.
const SMALL: Protocol = Protocol {
    nodes: 1,
    revokers: Vec::new(),
    credential_revoker: 0,
    repeat: None,
    watcher: None,
    lease: 2,
    drift: 1,
    skew: 0,
    leaving: true,
    failover: Failover::Never,
    without: None,
};

const COMMAND: Option<usize> = None;
const FIRST_NODE: Option<usize> = Some(0);

#[test]
fn guarantees_hold_for_a_node_and_a_command() {
    let protocol = Protocol {
        revokers: vec![COMMAND],
        lease: 3,
        drift: 2,
        ..SMALL
    };
    holds(protocol, &[Protocol::QUICK, Protocol::PATIENT], 41_632);
}

#[test]
fn guarantees_hold_for_a_node_that_revokes() {
    let protocol = Protocol {
        revokers: vec![FIRST_NODE],
        lease: 3,
        drift: 2,
        ..SMALL
    };
    holds(protocol, &[], 40_906);
}

#[test]
fn guarantees_hold_for_a_node_and_two_commands() {
    let protocol = Protocol {
        revokers: vec![COMMAND, COMMAND],
        credential_revoker: 1,
        ..SMALL
    };
    holds(protocol, EVERYTHING, 895_745);
}

#[test]
fn guarantees_hold_if_a_node_and_then_a_command_revoke() {
    let protocol = Protocol {
        revokers: vec![FIRST_NODE, COMMAND],
        credential_revoker: 1,
        ..SMALL
    };
    holds(protocol, &[Protocol::QUICK, Protocol::PATIENT], 1_064_452);
}

#[test]
fn guarantees_hold_if_a_node_revokes_beside_a_command() {
    let protocol = Protocol {
        revokers: vec![FIRST_NODE, COMMAND],
        credential_revoker: 0,
        ..SMALL
    };
    holds(protocol, &[], 849_025);
}

#[test]
fn guarantees_hold_for_a_node_and_three_commands() {
    let protocol = Protocol {
        revokers: vec![COMMAND, COMMAND, COMMAND],
        credential_revoker: 2,
        lease: 1,
        drift: 0,
        leaving: false,
        ..SMALL
    };
    holds(protocol, EVERYTHING, 3_582_379);
}

#[test]
fn guarantees_hold_if_a_command_finds_it_already_revoked() {
    let protocol = Protocol {
        revokers: vec![COMMAND, COMMAND],
        repeat: Some(1),
        ..SMALL
    };
    holds(protocol, &[Protocol::QUICK, Protocol::PATIENT], 126_792);
}

#[test]
fn guarantees_hold_if_a_node_finds_it_already_revoked() {
    let protocol = Protocol {
        revokers: vec![COMMAND, FIRST_NODE],
        repeat: Some(1),
        ..SMALL
    };
    holds(protocol, &[Protocol::QUICK, Protocol::PATIENT], 120_782);
}

#[test]
fn guarantees_hold_for_a_command_that_evicts_silent_nodes() {
    let protocol = Protocol {
        revokers: vec![COMMAND, COMMAND],
        watcher: Some(1),
        ..SMALL
    };
    holds(protocol, EVERYTHING, 115_870);
}

#[test]
fn guarantees_hold_for_two_nodes_one_of_which_revokes() {
    let protocol = Protocol {
        nodes: 2,
        revokers: vec![FIRST_NODE],
        lease: 2,
        drift: 0,
        ..SMALL
    };
    holds(protocol, &[Protocol::QUICK, Protocol::PATIENT], 1_384_176);
}

#[test]
fn guarantees_hold_for_two_nodes_and_a_command() {
    let protocol = Protocol {
        nodes: 2,
        revokers: vec![COMMAND],
        lease: 1,
        ..SMALL
    };
    holds(protocol, &[Protocol::QUICK, Protocol::PATIENT], 1_728_830);
}

#[test]
fn guarantees_hold_if_a_failover_loses_invalidations() {
    let protocol = Protocol {
        revokers: vec![COMMAND],
        failover: Failover::LosesInvalidations,
        ..SMALL
    };
    holds(protocol, &[Protocol::SURVIVES], 74_690);
}

#[test]
fn guarantees_hold_if_a_failover_loses_recent_commits() {
    let protocol = Protocol {
        revokers: vec![COMMAND],
        failover: Failover::LosesEverything,
        ..SMALL
    };
    holds(protocol, &[Protocol::SURVIVES], 232_476);
}

#[test]
fn guarantees_hold_if_a_failover_loses_two_invalidations() {
    let protocol = Protocol {
        revokers: vec![COMMAND, COMMAND],
        credential_revoker: 1,
        lease: 1,
        drift: 0,
        leaving: false,
        failover: Failover::LosesInvalidations,
        ..SMALL
    };
    holds(protocol, &[Protocol::SURVIVES], 1_358_390);
}

#[test]
fn guarantees_hold_for_wall_clocks_that_differ() {
    let protocol = Protocol {
        revokers: vec![COMMAND],
        skew: 2,
        ..SMALL
    };
    holds(protocol, &[Protocol::PATIENT, Protocol::EXPIRED], 425_088);
}

const EVERYTHING: &[&str] = &[Protocol::QUICK, Protocol::PATIENT, Protocol::EVICTED];

fn holds(protocol: Protocol, reachable: &[&'static str], states: usize) {
    let threads = available_parallelism().map_or(1, usize::from);
    let checker = protocol.checker().threads(threads).spawn_bfs().join();
    checker.assert_no_discovery(Protocol::SAFE);
    checker.assert_no_discovery(Protocol::LIVE);
    checker.assert_any_discovery(Protocol::WORTHWHILE);
    for property in reachable {
        checker.assert_any_discovery(property);
    }
    assert_eq!(checker.unique_state_count(), states, "states");
}
