//! Without any one of the rules, a guarantee is broken: the checker finds a sequence of steps. With
//! the rule, and the same processes, the guarantee holds.
//!
//! `cargo test --manifest-path model/Cargo.toml --test each_rule_is_needed NAME -- --nocapture`
//! prints the steps. `docs/revocation.md` describes them in a sentence.

use narthex_model::{Failover, Protocol, Rule};
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn generation_read_after_the_row_caches_a_revoked_entry() {
    expect_unsafe_without(Rule::GenerationBeforeRow, node_and_command());
}

#[test]
fn insert_without_generation_check_caches_a_revoked_entry() {
    expect_unsafe_without(Rule::GenerationAtKeeping, node_and_command());
}

#[test]
fn removal_without_new_generation_is_undone_by_a_lookup() {
    expect_unsafe_without(Rule::GenerationAtClearing, node_and_command());
}

#[test]
fn lease_read_after_the_entry_may_be_newer_than_the_entry() {
    expect_unsafe_without(Rule::TrustReadWithEntry, node_and_command());
}

#[test]
fn clock_read_before_the_request_hides_the_end_of_the_lease() {
    expect_unsafe_without(Rule::ClockOfTheRequest, node_and_command());
}

#[test]
fn lease_counted_from_after_the_heartbeat_outlasts_eviction() {
    expect_unsafe_without(Rule::StartBeforeHeartbeat, node_and_two_commands());
}

#[test]
fn lease_extended_without_a_heartbeat_outlasts_eviction() {
    expect_unsafe_without(Rule::HeartbeatForTrust, node_and_two_commands());
}

#[test]
fn lease_extended_before_reading_the_log_covers_a_revocation() {
    expect_unsafe_without(Rule::LogBeforeTrust, node_and_command());
}

#[test]
fn node_that_reports_applied_too_early_is_not_waited_for() {
    expect_unsafe_without(Rule::ClearBeforeApplied, node_and_command());
}

#[test]
fn node_that_ignores_a_gap_in_the_log_misses_a_revocation() {
    expect_unsafe_without(Rule::GapClearsAll, node_and_command());
}

#[test]
fn evicted_node_that_continues_is_not_waited_for() {
    expect_unsafe_without(Rule::JoinWhenEvicted, node_and_two_commands());
}

#[test]
fn position_alone_does_not_identify_an_invalidation() {
    expect_unsafe_without(Rule::SameLog, loses(Failover::LosesInvalidations));
}

#[test]
fn applied_of_a_lost_log_answers_a_revocation() {
    let failover = loses(Failover::LosesInvalidations);
    expect_unsafe_without(Rule::LogOnNewConnection, failover);
}

#[test]
fn node_with_a_repeated_heartbeat_number_is_evicted() {
    let watched = Protocol {
        revokers: vec![None, None],
        watcher: Some(1),
        ..loses(Failover::LosesEverything)
    };
    expect_unsafe_without(Rule::SameServer, watched);
}

#[test]
fn node_that_uses_its_cache_while_it_moves_is_not_waited_for() {
    let failover = loses(Failover::LosesEverything);
    expect_unsafe_without(Rule::DistrustOnNewServer, failover);
}

#[test]
fn node_whose_join_is_lost_is_not_waited_for() {
    let failover = loses(Failover::LosesEverything);
    expect_unsafe_without(Rule::WholeLeaseOnNewServer, failover);
}

#[test]
fn join_without_the_lock_is_missed_by_a_revocation() {
    expect_unsafe_without(Rule::JoinUnderLock, node_and_command());
}

#[test]
fn lease_counted_from_after_the_join_outlasts_eviction() {
    expect_unsafe_without(Rule::StartBeforeJoin, node_and_two_commands());
}

#[test]
fn join_that_keeps_the_cache_keeps_revoked_entries() {
    expect_unsafe_without(Rule::ClearAtJoin, node_and_command());
}

#[test]
fn join_without_a_new_generation_caches_an_outdated_row() {
    expect_unsafe_without(Rule::GenerationAtJoin, node_and_command());
}

#[test]
fn node_with_a_reused_id_is_evicted_for_its_predecessor() {
    expect_unsafe_without(Rule::FreshId, node_and_two_commands());
}

#[test]
fn node_that_leaves_with_a_trusted_cache_is_not_waited_for() {
    expect_unsafe_without(Rule::DistrustBeforeLeaving, node_and_command());
}

#[test]
fn revocation_stored_as_a_time_is_future_for_a_slow_clock() {
    expect_unsafe_without(Rule::RevocationIsNoTime, clocks_that_differ());
}

#[test]
fn revocation_that_skips_the_expired_misses_slow_clocks() {
    expect_unsafe_without(Rule::RevokeExpiredToo, clocks_that_differ());
}

#[test]
fn positions_that_commit_out_of_order_are_never_read() {
    expect_unsafe_without(Rule::PositionsInOrder, node_and_two_commands());
}

#[test]
fn nodes_read_before_the_lock_lack_a_node_that_joins_later() {
    expect_unsafe_without(Rule::NodesUnderLock, node_and_command());
}

#[test]
fn node_that_answers_before_removal_uses_its_own_entry() {
    expect_unsafe_without(Rule::ClearBeforeAnswer, node_that_revokes());
}

#[test]
fn revocation_that_waits_for_no_node_answers_too_early() {
    expect_unsafe_without(Rule::WaitForOthers, node_and_command());
}

#[test]
fn unbounded_wait_for_a_frozen_node_never_ends() {
    expect_unanswered_without(Rule::WaitNoLonger, node_and_command());
}

#[test]
fn wait_counted_from_before_the_commit_is_too_short() {
    expect_unsafe_without(Rule::WaitFromCommit, node_and_command());
}

#[test]
fn wait_without_a_margin_is_too_short_for_a_slow_clock() {
    let drifting = Protocol {
        drift: 1,
        ..node_and_command()
    };
    expect_unsafe_without(Rule::Margin, drifting);
}

#[test]
fn eviction_without_a_heartbeat_check_hits_an_active_node() {
    expect_unsafe_without(Rule::EvictAtSameHeartbeat, node_and_two_commands());
}

#[test]
fn repeated_revocation_that_does_not_wait_answers_too_early() {
    let found_revoked = Protocol {
        revokers: vec![None, None],
        repeat: Some(1),
        ..node_and_command()
    };
    expect_unsafe_without(Rule::RepeatWaitsToo, found_revoked);
}

#[test]
fn each_rule_has_a_test_and_a_row_in_the_documentation() {
    let (tests, page) = (
        include_str!("each_rule_is_needed.rs"),
        include_str!("../../docs/revocation.md"),
    );
    for rule in Rule::ALL {
        assert!(tests.contains(&format!("(Rule::{rule:?}, ")), "{rule:?}");
        assert!(page.contains(&format!("`{rule:?}`")), "{rule:?}");
    }
}

fn node_and_command() -> Protocol {
    Protocol {
        nodes: 1,
        revokers: vec![None],
        credential_revoker: 0,
        repeat: None,
        watcher: None,
        lease: 1,
        drift: 0,
        skew: 0,
        leaving: true,
        failover: Failover::Never,
        without: None,
    }
}

fn node_and_two_commands() -> Protocol {
    Protocol {
        revokers: vec![None, None],
        credential_revoker: 1,
        ..node_and_command()
    }
}

fn node_that_revokes() -> Protocol {
    Protocol {
        revokers: vec![Some(0)],
        ..node_and_command()
    }
}

fn clocks_that_differ() -> Protocol {
    Protocol {
        skew: 1,
        leaving: false,
        ..node_and_command()
    }
}

fn loses(failover: Failover) -> Protocol {
    Protocol {
        leaving: false,
        failover,
        ..node_and_command()
    }
}

fn expect_unsafe_without(rule: Rule, protocol: Protocol) {
    expect_rule_is_needed(rule, protocol, Protocol::SAFE);
}

fn expect_unanswered_without(rule: Rule, protocol: Protocol) {
    expect_rule_is_needed(rule, protocol, Protocol::LIVE);
}

fn expect_rule_is_needed(rule: Rule, protocol: Protocol, guarantee: &'static str) {
    let with = protocol.clone().checker().spawn_bfs().join();
    with.assert_no_discovery(guarantee);

    let without = Protocol {
        without: Some(rule),
        ..protocol
    };
    let found = HasDiscoveries::AnyOf([guarantee].into());
    let without = without.checker().finish_when(found).spawn_bfs().join();
    let steps = without.assert_any_discovery(guarantee).into_actions();
    println!("Without {rule:?}:");
    for step in steps {
        println!("    {step:?}");
    }
}
