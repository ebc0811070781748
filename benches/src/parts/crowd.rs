//! Whether a check depends on how many tokens there are.

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
    let ask_few = || ask(&small, &few, effort);
    let ask_many = || ask(crowded, &many, effort);
    // All that are in use were shown at least once before it counts.
    let mut shown = 0.0;
    while shown < effort.passes as f64 * 1.1 {
        shown += ask_many()?.count;
    }
    ask_few()?;
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        let few = ask_few()?.a_second;
        let many = ask_many()?.a_second;
        rates.push((few, many));
        ratios.push(many / few);
    }
    table::heading(
        "A check among many tokens beside one among few",
        &["tokens", "in use", "answers a second", "of that among few"],
    );
    let rate = |of: fn(&(f64, f64)) -> f64| whole(median(rates.iter().map(of).collect()));
    table::row(&[&FEW, &FEW, &rate(|rates| rates.0), &"1"]);
    let ratio = two(median(ratios));
    table::row(&[&effort.many, &effort.passes, &rate(|rates| rates.1), &ratio]);
    Ok(())
}

fn serve(installation: &Installation) -> Result<Server> {
    Ok(installation.serve("/readyz", "")?.0)
}

fn ask(of: &Installation, server: &Server, effort: &Effort) -> Result<Answers> {
    let passes = of.folder.join("passes");
    load::ask(&server.address, USER, &passes, CONNECTIONS, effort.takes)
}
