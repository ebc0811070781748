//! The resident memory of an idle server, and with cached credentials.

use super::{Effort, filled};
use crate::{
    Result, load,
    serve::USER,
    table::{self, two},
};

const RESIDENT: &str = "VmRSS:";

pub fn measure(effort: &Effort) -> Result<()> {
    // Twice as many, so that the second half is measured on a server that is warm.
    let installation = filled(effort, "memory", effort.passes * 2, effort.passes * 2)?;
    let (server, _) = installation.serve("/readyz", "")?;
    let idle = server.mebibytes(RESIDENT)?;
    let passes = std::fs::read_to_string(installation.folder.join("passes"))?;
    let passes: Vec<&str> = passes.lines().collect();
    let (first, second) = passes
        .split_at_checked(effort.passes)
        .ok_or("too few passes")?;
    let show = |some: &[&str]| -> Result<f64> {
        let path = installation.folder.join("some");
        std::fs::write(&path, some.join("\n"))?;
        load::show_all(&server.address, USER, &path, some.len())?;
        server.mebibytes(RESIDENT)
    };
    let busy = show(first.get(..100).unwrap_or(first))?;
    let known = show(first)?;
    let twice = show(second)?;
    table::heading("Resident memory", &["", "MiB"]);
    table::row(&[&"idle", &two(idle)]);
    table::row(&[&"after load with 100 credentials", &two(busy)]);
    let (all, both) = (effort.passes, effort.passes * 2);
    table::row(&[&format!("{all} cached credentials"), &two(known - busy)]);
    table::row(&[&format!("{both} cached credentials"), &two(twice - busy)]);
    Ok(())
}
