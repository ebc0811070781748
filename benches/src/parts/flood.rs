//! What many sign-ins at once do to everybody else.

use std::{thread, time::Duration};

use super::{Effort, checks::one_token};
use crate::{
    Result,
    load::{self, Answers, Refused},
    process::Installation,
    serve::USER,
    table::{self, median, two, whole},
};

/// How many sign in, one after the other on each connection.
const SIGNING_IN: usize = 24;
const ASKING: usize = 16;

/// A check during sign-ins of one kind, round by round, and what these were answered in the last.
struct Flood {
    refused: Refused,
    name: &'static str,
    checks: Vec<Answers>,
    signed_in: String,
}

pub fn measure(effort: &Effort) -> Result<()> {
    let installation = Installation::new(effort.program, "flood")?;
    let pass = one_token(&installation)?;
    let (server, _) = installation.serve("/readyz", "")?;
    let takes = effort.takes * 3;
    let ask = || load::ask(&server.address, USER, &pass, ASKING, takes);
    ask()?;
    let mut quiet = Vec::new();
    let mut floods = [
        (Refused::Waits, "who is refused waits as told"),
        (Refused::Insists, "who is refused insists"),
    ]
    .map(|(refused, name)| Flood {
        refused,
        name,
        checks: Vec::new(),
        signed_in: String::new(),
    });
    for _ in 0..effort.rounds {
        quiet.push(ask()?);
        for flood in &mut floods {
            // It begins earlier and ends later than what is measured.
            let longer = takes + Duration::from_secs(2);
            let load = load::sign_in(&server.address, SIGNING_IN, flood.refused, longer)?;
            thread::sleep(Duration::from_secs(1));
            flood.checks.push(ask()?);
            flood.signed_in = String::from_utf8(load.wait_with_output()?.stdout)?;
        }
    }
    table::heading(
        &format!("A check while {SIGNING_IN} sign in"),
        &[
            "",
            "answers a second",
            "99 of 100 within, ms",
            "of quiet",
            "the sign-ins were answered",
        ],
    );
    table::row(&[&"quiet", &a_second(&quiet), &two(p99(&quiet)), &1, &""]);
    for Flood {
        name,
        checks,
        signed_in,
        ..
    } in &floods
    {
        let answers = signed_in
            .lines()
            .filter_map(|line| line.strip_prefix("answers "));
        let answers = answers.collect::<Vec<_>>().join(", ");
        let each = checks.iter().zip(&quiet);
        table::row(&[
            name,
            &a_second(checks),
            &two(p99(checks)),
            &table::ratio(each.map(|(during, quiet)| during.p99 / quiet.p99)),
            &answers,
        ]);
    }
    let peak = format!("{} MiB", whole(server.mebibytes("VmHWM:")?));
    table::row(&[&"memory at its peak", &peak, &"", &"", &""]);
    Ok(())
}

fn a_second(checks: &[Answers]) -> String {
    whole(median(checks.iter().map(|one| one.a_second).collect())).to_string()
}

fn p99(checks: &[Answers]) -> f64 {
    median(checks.iter().map(|one| one.p99).collect())
}
