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
    let installation = filled(effort, "memory", effort.cached * 2, effort.cached * 2)?;
    let (server, _) = installation.serve("/readyz", "")?;
    let idle = server.mebibytes(RESIDENT)?;
    let credentials = std::fs::read_to_string(installation.folder.join("credentials"))?;
    let credentials: Vec<&str> = credentials.lines().collect();
    let (first, second) = credentials
        .split_at_checked(effort.cached)
        .ok_or("too few credentials")?;
    let show = |some: &[&str]| -> Result<f64> {
        let path = installation.folder.join("some");
        std::fs::write(&path, some.join("\n"))?;
        load::show_all(&server.address, USER, &path, some.len())?;
        server.mebibytes(RESIDENT)
    };
    let busy = show(first.get(..100).unwrap_or(first))?;
    let cached = show(first)?;
    let twice = show(second)?;
    table::heading("Resident memory", &["", "MiB"]);
    table::row(&[&"idle", &two(idle)]);
    table::row(&[&"after load with 100 credentials", &two(busy)]);
    let (all, both) = (effort.cached, effort.cached * 2);
    table::row(&[&format!("{all} cached credentials"), &two(cached - busy)]);
    table::row(&[&format!("{both} cached credentials"), &two(twice - busy)]);
    Ok(())
}
