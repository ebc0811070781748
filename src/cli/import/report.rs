//! The report of an import, for people.

use std::collections::BTreeMap;

use crate::{
    cli::{CliError, output, table::Columns},
    import::{Counts, Difference, Reject, Report, SecondFactors, System},
};

/// The number of lines of each list that are named on the screen.
const SHOWN_LINES: usize = 20;

/// Prints the report.
pub(super) fn print(report: &Report, is_trial: bool) -> Result<(), CliError> {
    if is_trial {
        output::line("Nothing was changed. An import would do this:")?;
    }
    output::line(format!("Users: {}", counts(report.users)))?;
    if report.attached > 0 {
        output::line(format!(
            "Users attached by their address: {}",
            report.attached
        ))?;
    }
    if !report.passwords.is_empty() {
        let schemes = report.passwords.iter();
        let schemes: Vec<String> = schemes.map(|(name, n)| format!("{name}: {n}")).collect();
        output::line(format!("Passwords: {}", schemes.join(", ")))?;
    }
    output::line(format!(
        "Tokens: {}, {} expired",
        counts(report.tokens),
        report.tokens_expired
    ))?;
    abilities(report)?;
    second_factors(report.second_factors)?;
    differences(&report.differences)?;
    reasons(&report.rejects)
}

fn counts(counts: Counts) -> String {
    let Counts {
        taken,
        already_here,
        rejected,
    } = counts;
    format!("{taken} taken, {already_here} already here, {rejected} not taken")
}

fn abilities(report: &Report) -> Result<(), CliError> {
    if report.abilities.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::with_headings(["ABILITY", "TOKENS", "BECOMES"]);
    for (name, found) in &report.abilities {
        let becomes = match found.becomes.as_deref() {
            None => "(unknown: these tokens are not taken)",
            Some("") => "(nothing)",
            Some(abilities) => abilities,
        };
        columns.row([name.clone(), found.tokens.to_string(), becomes.to_owned()]);
    }
    columns.print("")
}

fn second_factors(factors: SecondFactors) -> Result<(), CliError> {
    if factors == SecondFactors::default() {
        return Ok(());
    }
    let SecondFactors {
        taken,
        left_out,
        recovery_codes,
        recovery_codes_left_out,
    } = factors;
    output::line(format!(
        "Authenticator apps: {taken} taken, {left_out} left out (--without-unreadable-apps)"
    ))?;
    output::line(format!(
        "Recovery codes: {recovery_codes} taken, {recovery_codes_left_out} left out"
    ))
}

/// Prints the number of differences of each kind, and names the first ones on the standard error.
fn differences(differences: &[Difference]) -> Result<(), CliError> {
    let mut by_value: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for difference in differences {
        *by_value
            .entry((difference.kind, difference.differs))
            .or_default() += 1;
    }
    for ((kind, value), count) in by_value {
        output::line(format!(
            "Unchanged here ({kind}): {count}, although {value} differs"
        ))?;
    }
    for Difference {
        line,
        kind,
        id,
        differs,
    } in differences.iter().take(SHOWN_LINES)
    {
        output::print_note(format!("line {line}: {kind} {id}: {differs} differs here"));
    }
    let more = differences.len().saturating_sub(SHOWN_LINES);
    if more > 0 {
        output::print_note(format!("and {more} more: --json prints all of them"));
    }
    Ok(())
}

/// Prints the number of lines for each reason, and names the first lines on the standard error.
fn reasons(rejects: &[Reject]) -> Result<(), CliError> {
    let mut by_reason: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for reject in rejects {
        *by_reason
            .entry((reject.kind, reject.reason.to_string()))
            .or_default() += 1;
    }
    for ((kind, reason), count) in by_reason {
        output::line(format!("Not taken ({kind}): {count}, because {reason}"))?;
    }
    for reject in rejects.iter().take(SHOWN_LINES) {
        let Reject {
            line,
            kind,
            id,
            reason,
        } = reject;
        // A line that cannot be read is neither a user nor a token.
        let row = match *kind {
            "line" => String::new(),
            kind => format!("{kind} {id}: "),
        };
        output::print_note(format!("line {line}: {row}{reason}"));
    }
    let more = rejects.len().saturating_sub(SHOWN_LINES);
    if more > 0 {
        output::print_note(format!(
            "and {more} more: --rejects FILE writes all of them"
        ));
    }
    Ok(())
}

/// Names the setting without which the servers refuse the imported tokens.
pub(super) fn print_next_step(system: System) {
    let forms = system.token_forms().iter();
    let forms: Vec<&str> = forms.filter_map(|form| form.foreign_name()).collect();
    output::print_note(format!(
        "The servers accept the imported tokens with NARTHEX_FOREIGN_TOKENS={}.",
        forms.join(",")
    ));
}

/// Returns the outcome of the command: 3 if lines were not taken, 1 if nothing was taken.
pub(super) fn outcome(report: &Report) -> Result<(), CliError> {
    let rejected = report.rejects.len();
    if report.is_without_effect() && report.users.already_here + report.tokens.already_here == 0 {
        return Err(CliError::message("nothing of the file was taken"));
    }
    match rejected {
        0 => Ok(()),
        1 => Err(CliError::Partial("1 line was not taken".to_owned())),
        more => Err(CliError::Partial(format!("{more} lines were not taken"))),
    }
}
