//! `narthex check`: verifies that the server would start, and warns about risks of the
//! installation.
//!
//! It changes nothing: it creates no file, no table and no key. A check fails if `narthex serve`
//! would refuse to start or if something is damaged. It warns if the server would start with a
//! risk.

mod clock;
mod database;
mod exposure;
mod files;
mod key;
mod languages;
mod mail;
mod places;

pub(in crate::cli) use self::files::folder_of;

use serde::Serialize;

use super::{CliError, OutputFormat, json, output};
use crate::{
    cli::text::count,
    config::{ConfigError, Settings},
    util::clock::SystemClock,
};

/// The result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    detail: String,
}

/// All results, in the order of the checks.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(check, State::Ok, detail.into());
    }

    fn warn(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(check, State::Warn, detail.into());
    }

    fn fail(&mut self, check: &'static str, detail: impl Into<String>) {
        self.add(check, State::Fail, detail.into());
    }

    fn add(&mut self, check: &'static str, state: State, detail: String) {
        self.0.push(Finding {
            check,
            state,
            detail,
        });
    }
}

pub(super) fn check(
    read: Result<Settings, ConfigError>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let mut findings = Findings::default();
    match read {
        Ok(settings) => {
            findings.ok("settings", "all of them are valid");
            exposure::check(&settings, &mut findings);
            languages::check(&settings, &mut findings);
            key::check(&settings, &mut findings);
            places::check(&settings, &SystemClock, &mut findings);
            let times = database::check(&settings, &SystemClock, &mut findings);
            clock::check(times, &mut findings);
            mail::check(&settings, &mut findings);
            if settings.requires_second_factor() {
                findings.ok("second factor", "all users must have one");
            }
        }
        // The other checks are skipped, because they would use settings that the operator did not
        // intend.
        Err(refused) => findings.fail("settings", refused.to_string()),
    }
    print(&findings.0, format)
}

fn print(findings: &[Finding], format: OutputFormat) -> Result<(), CliError> {
    if format.json {
        output::json(&json::list(findings.iter()))?;
    } else {
        for finding in findings {
            let state = match finding.state {
                State::Ok => "ok",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            output::line(format!(
                "{state:<5} {:<13} {}",
                finding.check, finding.detail
            ))?;
        }
    }
    let failed = findings.iter().filter(|found| found.state == State::Fail);
    match failed.count() {
        0 => Ok(()),
        failed => Err(CliError::Message(format!(
            "{} failed",
            count(failed, "check")
        ))),
    }
}
