//! Without any one of the rules a promise is broken: the checker finds how. With the rule, among the
//! same processes, it is not.
//!
//! `cargo test --manifest-path model/Cargo.toml --test each_rule_is_needed NAME -- --nocapture` shows the
//! steps that lead there; `docs/revocation.md` tells them in a sentence.

use narthex_model::{Failover, Protocol, Rule};
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn a_generation_read_after_the_row_keeps_what_ended_in_between() {
    breaks(Rule::GenerationBeforeRow, node_and_command());
}

#[test]
fn an_entry_kept_whatever_was_cleared_since_outlives_its_ending() {
    breaks(Rule::GenerationAtKeeping, node_and_command());
}

#[test]
fn clearing_without_a_new_generation_is_undone_by_whoever_had_read_before() {
    breaks(Rule::GenerationAtClearing, node_and_command());
}

#[test]
fn trust_that_is_read_after_the_entry_may_be_newer_than_it() {
    breaks(Rule::TrustReadWithEntry, node_and_command());
}

#[test]
fn a_clock_read_before_the_request_began_does_not_show_that_the_lease_is_over() {
    breaks(Rule::ClockOfTheRequest, node_and_command());
}

#[test]
fn a_lease_that_counts_from_after_the_beat_goes_on_after_the_node_was_given_up() {
    breaks(Rule::StartBeforeBeat, node_and_two_commands());
}

#[test]
fn trust_extended_without_a_beat_goes_on_after_the_node_was_given_up() {
    breaks(Rule::BeatForTrust, node_and_two_commands());
}

#[test]
fn trust_extended_before_the_log_was_read_covers_what_the_log_ends() {
    breaks(Rule::LogBeforeTrust, node_and_command());
}

#[test]
fn a_node_that_says_applied_before_it_has_is_waited_for_too_briefly() {
    breaks(Rule::ClearBeforeApplied, node_and_command());
}

#[test]
fn a_node_that_overlooks_a_gap_in_the_log_misses_the_ending_in_it() {
    breaks(Rule::GapClearsAll, node_and_command());
}

#[test]
fn a_node_that_goes_on_when_it_was_given_up_is_waited_for_by_nobody() {
    breaks(Rule::JoinWhenGivenUp, node_and_two_commands());
}

#[test]
fn a_notice_is_missed_if_only_its_position_is_compared() {
    breaks(Rule::SameLog, loses(Failover::LosesNotices));
}

#[test]
fn applied_of_a_former_log_answers_an_ending() {
    breaks(Rule::LogOnNewConnection, loses(Failover::LosesNotices));
}

#[test]
fn a_beat_that_comes_again_on_another_server_is_given_up() {
    let watched = Protocol {
        enders: vec![None, None],
        watcher: Some(1),
        ..loses(Failover::LosesEverything)
    };
    breaks(Rule::SameServer, watched);
}

#[test]
fn a_node_that_trusts_while_it_moves_is_not_waited_for() {
    let failover = loses(Failover::LosesEverything);
    breaks(Rule::DistrustOnNewServer, failover);
}

#[test]
fn a_node_whose_join_is_lost_is_not_waited_for() {
    let failover = loses(Failover::LosesEverything);
    breaks(Rule::WholeLeaseOnNewServer, failover);
}

#[test]
fn a_join_past_the_lock_is_seen_by_no_ending_that_it_does_not_see() {
    breaks(Rule::JoinUnderLock, node_and_command());
}

#[test]
fn a_lease_that_counts_from_after_the_join_goes_on_after_the_node_was_given_up() {
    breaks(Rule::StartBeforeJoin, node_and_two_commands());
}

#[test]
fn a_join_that_keeps_the_memory_keeps_what_ended_while_it_was_away() {
    breaks(Rule::ClearAtJoin, node_and_command());
}

#[test]
fn a_join_without_a_new_generation_lets_in_what_was_read_while_it_was_away() {
    breaks(Rule::GenerationAtJoin, node_and_command());
}

#[test]
fn an_id_used_again_is_given_up_by_who_waited_for_its_first_bearer() {
    breaks(Rule::FreshId, node_and_two_commands());
}

#[test]
fn a_node_whose_row_goes_before_its_trust_is_waited_for_by_nobody() {
    breaks(Rule::DistrustBeforeLeaving, node_and_command());
}

#[test]
fn an_ending_kept_as_a_time_is_in_the_future_of_a_slow_clock() {
    breaks(Rule::EndingIsNoTime, clocks_that_differ());
}

#[test]
fn revocation_that_skips_the_expired_misses_slow_clocks() {
    breaks(Rule::ExpiredEndsToo, clocks_that_differ());
}

#[test]
fn positions_that_commit_out_of_order_are_overlooked() {
    breaks(Rule::PositionsInOrder, node_and_two_commands());
}

#[test]
fn nodes_read_before_the_lock_lack_whoever_joins_in_between() {
    breaks(Rule::NodesUnderLock, node_and_command());
}

#[test]
fn a_node_that_answers_before_it_clears_lets_in_what_it_ended() {
    breaks(Rule::ClearBeforeAnswer, node_that_ends());
}

#[test]
fn an_ending_that_waits_for_nobody_is_not_heard_of_yet() {
    breaks(Rule::WaitForOthers, node_and_command());
}

#[test]
fn an_ending_that_waits_without_bound_waits_for_a_frozen_node_for_ever() {
    never_answers(Rule::WaitNoLonger, node_and_command());
}

#[test]
fn a_wait_that_counts_from_before_the_commit_is_over_before_the_lease() {
    breaks(Rule::WaitFromCommit, node_and_command());
}

#[test]
fn a_wait_without_a_margin_is_over_before_the_lease_of_a_slow_clock() {
    let drifting = Protocol {
        drift: 1,
        ..node_and_command()
    };
    breaks(Rule::Margin, drifting);
}

#[test]
fn a_node_given_up_whatever_its_beat_may_be_one_that_is_back() {
    breaks(Rule::GiveUpAtSameBeat, node_and_two_commands());
}

#[test]
fn an_ending_found_done_is_not_heard_of_everywhere_yet() {
    let found_ended = Protocol {
        enders: vec![None, None],
        repeat: Some(1),
        ..node_and_command()
    };
    breaks(Rule::RepeatWaitsToo, found_ended);
}

#[test]
fn each_rule_has_its_test_and_its_place_in_the_documentation() {
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
        enders: vec![None],
        victim: 0,
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
        enders: vec![None, None],
        victim: 1,
        ..node_and_command()
    }
}

fn node_that_ends() -> Protocol {
    Protocol {
        enders: vec![Some(0)],
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

fn breaks(rule: Rule, protocol: Protocol) {
    matters(rule, protocol, Protocol::SAFE);
}

fn never_answers(rule: Rule, protocol: Protocol) {
    matters(rule, protocol, Protocol::LIVE);
}

fn matters(rule: Rule, protocol: Protocol, promise: &'static str) {
    let with = protocol.clone().checker().spawn_bfs().join();
    with.assert_no_discovery(promise);

    let without = Protocol {
        without: Some(rule),
        ..protocol
    };
    let found = HasDiscoveries::AnyOf([promise].into());
    let without = without.checker().finish_when(found).spawn_bfs().join();
    let steps = without.assert_any_discovery(promise).into_actions();
    println!("Without {rule:?}:");
    for step in steps {
        println!("    {step:?}");
    }
}
