//! Load, made by wrk.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::Result;

/// What a load was answered.
#[derive(Clone, Copy)]
pub struct Answers {
    pub a_second: f64,
    pub count: f64,
    /// The 99th percentile of how long an answer took, in milliseconds.
    pub p99: f64,
}

/// So many connections, each asking without pause, with another of the headers in `passes` each time:
/// one a line, `Name: value`.
pub fn ask(
    address: &str,
    path: &str,
    passes: &Path,
    connections: usize,
    takes: Duration,
) -> Result<Answers> {
    let output = wrk(address, path, connections, takes)
        .arg("--script")
        .arg(script("passes.lua"))
        .args(["--", &passes.to_string_lossy()])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let figures = text.lines().find_map(|line| line.strip_prefix("FIGURES "));
    let figures: Vec<f64> = figures
        .ok_or_else(|| format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))?
        .split(' ')
        .map(str::parse)
        .collect::<std::result::Result<_, _>>()?;
    let &[count, micros, errors, p99] = figures.as_slice() else {
        return Err(format!("wrk: {text}").into());
    };
    if errors > 0.0 || count == 0.0 {
        return Err(format!("{path}: {errors} of {count} were refused or lost").into());
    }
    Ok(Answers {
        a_second: count * 1e6 / micros,
        count,
        p99: p99 / 1000.0,
    })
}

/// Shows each of `count` passes at least once: a load is long enough only where it alone shows all, for each
/// begins somewhere among them.
pub fn show_all(address: &str, path: &str, passes: &Path, count: usize) -> Result<()> {
    let mut takes = Duration::from_secs(1);
    while ask(address, path, passes, 16, takes)?.count < count as f64 * 1.1 {
        takes *= 2;
    }
    Ok(())
}

/// What who signs in does when refused for now (429, 503).
#[derive(Clone, Copy)]
pub enum Refused {
    /// Waits as long as it is told to, as clients do.
    Waits,
    /// Asks again at once, as an attacker does.
    Insists,
}

/// Signs in with a wrong password, over so many connections, until that is over.
pub fn sign_in(
    address: &str,
    connections: usize,
    refused: Refused,
    takes: Duration,
) -> Result<Child> {
    let pace = match refused {
        Refused::Waits => "patient",
        Refused::Insists => "hasty",
    };
    Ok(wrk(address, "/api/v1/sign-in", connections, takes)
        .args(["--timeout", "10s", "--script"])
        .arg(script("sign_in.lua"))
        .args(["--", pace])
        .stdout(Stdio::piped())
        .spawn()?)
}

fn wrk(address: &str, path: &str, connections: usize, takes: Duration) -> Command {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--connections", &connections.to_string()])
        // It takes whole seconds, and milliseconds as nothing.
        .args(["--duration", &format!("{}s", takes.as_secs().max(1))])
        .arg(format!("http://{address}{path}"));
    wrk
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wrk").join(name)
}
