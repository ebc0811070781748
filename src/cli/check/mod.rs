//! `narthex check`: would it start, and is anything about this installation odd?
//!
//! It only looks: no file, no table and no key is made. Where `narthex serve` would refuse to start
//! it fails; where it would start and somebody may come to regret it, it warns.

mod clock;
mod database;
mod exposure;
mod files;
mod key;

pub(in crate::cli) use self::files::folder_of;

use serde::Serialize;

use super::{CliError, OutputFormat, json, output};
use crate::{
    config::{ConfigError, Settings},
    i18n::humanize::count,
    util::clock::SystemClock,
};

/// What came of one look.
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

/// What was found, in the order of looking.
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
    form: OutputFormat,
) -> Result<(), CliError> {
    let mut findings = Findings::default();
    match read {
        Ok(settings) => {
            findings.ok("settings", "every one of them can be taken");
            exposure::check(&settings, &mut findings);
            key::check(&settings, &mut findings);
            let times = database::check(&settings, &SystemClock, &mut findings);
            clock::check(times, &mut findings);
        }
        // Nothing else can be looked at: it would be something else than what is meant.
        Err(refused) => findings.fail("settings", refused.to_string()),
    }
    print(&findings.0, form)
}

fn print(findings: &[Finding], form: OutputFormat) -> Result<(), CliError> {
    if form.json {
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
        failed => Err(CliError::Because(format!(
            "{} failed",
            count(failed, "check")
        ))),
    }
}
