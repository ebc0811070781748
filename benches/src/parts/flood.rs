//! What many sign-ins at once do to everybody else.

use std::{thread, time::Duration};

use super::{Effort, checks::one_token};
use crate::{
    Result, load,
    process::Installation,
    serve::USER,
    table::{self, median, two, whole},
};

/// How many sign in, one after the other on each connection.
const SIGNING_IN: usize = 24;
const ASKING: usize = 16;

pub fn measure(effort: &Effort) -> Result<()> {
    let installation = Installation::new(effort.program, "flood")?;
    let pass = one_token(&installation)?;
    let (server, _) = installation.serve("/readyz", "")?;
    let takes = effort.takes * 3;
    let ask = || load::ask(&server.address, USER, &pass, ASKING, takes);
    ask()?;
    let (mut quiet, mut flooded, mut signed_in) = (Vec::new(), Vec::new(), String::new());
    for _ in 0..effort.rounds {
        quiet.push(ask()?);
        // It begins earlier and ends later than what is measured.
        let longer = takes + Duration::from_secs(2);
        let flood = load::sign_in(&server.address, SIGNING_IN, longer)?;
        thread::sleep(Duration::from_secs(1));
        flooded.push(ask()?);
        signed_in = String::from_utf8(flood.wait_with_output()?.stdout)?;
    }
    table::heading(
        &format!("A check while {SIGNING_IN} sign in without pause"),
        &["", "answers a second", "99 of 100 within, ms"],
    );
    let show = |name: &str, of: &[load::Answers]| {
        let rate = median(of.iter().map(|one| one.a_second).collect());
        let p99 = median(of.iter().map(|one| one.p99).collect());
        table::row(&[&name, &whole(rate), &two(p99)]);
        p99
    };
    let before = show("quiet", &quiet);
    let during = show("in the flood", &flooded);
    table::row(&[&"ratio", &"", &two(during / before)]);
    let answers = signed_in.lines().filter(|line| line.starts_with("answers"));
    let answers: Vec<&str> = answers.collect();
    table::row(&[&format!("the flood: {}", answers.join(", ")), &"", &""]);
    let peak = format!("{} MiB", whole(server.mebibytes("VmHWM:")?));
    table::row(&[&"memory at its peak", &peak, &""]);
    Ok(())
}
