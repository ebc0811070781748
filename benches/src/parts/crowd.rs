//! Whether the cost of a check depends on the number of tokens.

use std::{fs, path::Path};

use super::{Effort, filled};
use crate::{
    Result,
    load::{self, Answers},
    process::{Installation, Server},
    serve::USER,
    table::{self, median, two, whole},
};

const CONNECTIONS: usize = 16;
const FEW: usize = 1000;

pub fn measure(effort: &Effort, crowded: &Installation) -> Result<()> {
    let small = filled(effort, "few", FEW, FEW)?;
    let (few, many) = (serve(&small)?, serve(crowded)?);
    // As many requests in the client as for the large database, so that the client has the same
    // cost.
    let (of_few, of_many) = (
        small.folder.join("as-many"),
        crowded.folder.join("credentials"),
    );
    let credentials = fs::read_to_string(small.folder.join("credentials"))?;
    let as_many = credentials.lines().cycle().take(effort.cached);
    fs::write(&of_few, as_many.collect::<Vec<_>>().join("\n"))?;
    let ask_few = || ask(&of_few, &few, effort);
    let ask_many = || ask(&of_many, &many, effort);
    // Before the measurement, all credentials in use are cached.
    load::show_all(&many.address, USER, &of_many, effort.cached)?;
    ask_few()?;
    let (mut rates, mut times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        let (few, many) = (ask_few()?, ask_many()?);
        ratios.push(many.0.a_second / few.0.a_second);
        rates.push((few.0.a_second, many.0.a_second));
        times.push((few.1, many.1));
    }
    table::heading(
        "A check among many tokens compared with one among few",
        &[
            "tokens",
            "in use",
            "answers a second",
            "of the rate among few",
            "CPU of the server in µs",
        ],
    );
    let of_each = |of: Vec<(f64, f64)>| {
        let (few, many) = of.into_iter().unzip();
        (median(few), median(many))
    };
    let ((few_rate, many_rate), (few_time, many_time)) = (of_each(rates), of_each(times));
    table::row(&[&FEW, &FEW, &whole(few_rate), &"1", &two(few_time)]);
    let (rate, ratio) = (whole(many_rate), table::ratio(ratios));
    table::row(&[&effort.many, &effort.cached, &rate, &ratio, &two(many_time)]);
    Ok(())
}

fn serve(installation: &Installation) -> Result<Server> {
    Ok(installation.serve("/readyz", "")?.0)
}

/// The responses, and the CPU time of the server for one, including its background work.
fn ask(credentials: &Path, server: &Server, effort: &Effort) -> Result<(Answers, f64)> {
    let before = server.microseconds()?;
    // Long enough to use all credentials.
    let takes = effort.takes * 3;
    let answers = load::ask(&server.address, USER, credentials, CONNECTIONS, takes)?;
    let took = server.microseconds()? - before;
    Ok((answers, took / answers.count))
}
