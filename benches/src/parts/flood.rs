//! The effect of many concurrent sign-ins on other requests.

use std::{collections::BTreeMap, thread, time::Duration};

use super::{Effort, checks::one_token};
use crate::{
    Result,
    load::{self, Answers, Refused},
    process::{Installation, Server},
    serve::USER,
    table::{self, median, two, whole},
};

const ASKING: usize = 16;

/// Sign-ins of one sort, one after the other on each connection, and the checks meanwhile.
struct Flood<'a> {
    name: &'static str,
    server: &'a Server,
    connections: usize,
    refused: Refused,
    checks: Vec<Answers>,
    /// The number of responses with each status, in all rounds.
    answers: BTreeMap<u16, f64>,
    took: Duration,
}

impl<'a> Flood<'a> {
    fn new(
        name: &'static str,
        server: &'a Server,
        connections: usize,
        refused: Refused,
    ) -> Flood<'a> {
        Self {
            name,
            server,
            connections,
            refused,
            checks: Vec::new(),
            answers: BTreeMap::new(),
            took: Duration::ZERO,
        }
    }

    fn round(
        &mut self,
        ask: impl FnOnce(&Server) -> Result<Answers>,
        takes: Duration,
    ) -> Result<()> {
        // The sign-ins begin earlier and end later than the measurement.
        let longer = takes + Duration::from_secs(2);
        let address = &self.server.address;
        let load = load::sign_in(address, self.connections, self.refused, longer)?;
        thread::sleep(Duration::from_secs(1));
        self.checks.push(ask(self.server)?);
        let stdout = String::from_utf8(load.wait_with_output()?.stdout)?;
        let answers = stdout.lines().filter_map(|line| {
            let (status, count) = line.strip_prefix("answers ")?.split_once(": ")?;
            Some((status.parse().ok()?, count.parse::<f64>().ok()?))
        });
        for (status, count) in answers {
            *self.answers.entry(status).or_default() += count;
        }
        self.took += longer;
        Ok(())
    }

    fn row(&self, quiet: &[Answers]) {
        let answers = self.answers.iter().map(|(status, count)| {
            let a_second = whole(count / self.took.as_secs_f64());
            format!("{status}: {a_second}")
        });
        let each = self.checks.iter().zip(quiet);
        table::row(&[
            &self.name,
            &a_second(&self.checks),
            &two(p99(&self.checks)),
            &table::ratio(each.map(|(during, quiet)| during.p99 / quiet.p99)),
            &answers.collect::<Vec<_>>().join(", "),
        ]);
    }
}

pub fn measure(effort: &Effort) -> Result<()> {
    let installation = Installation::new(effort.program, "flood")?;
    let credential = one_token(&installation)?;
    let (exempt, _) = installation.serve("/readyz", "")?;
    let throttling = installation.serve_throttling()?;
    let takes = effort.takes * 3;
    let ask = |server: &Server| load::ask(&server.address, USER, &credential, ASKING, takes);
    ask(&throttling)?;
    ask(&exempt)?;
    // An exempt address stands for many networks, because no rate limit by network applies.
    let mut floods = [
        Flood::new(
            "24, which wait for `Retry-After`",
            &exempt,
            24,
            Refused::Waits,
        ),
        Flood::new(
            "24 from many networks, without waiting",
            &exempt,
            24,
            Refused::Insists,
        ),
        Flood::new(
            "24 from one network, without waiting",
            &throttling,
            24,
            Refused::Insists,
        ),
        Flood::new(
            "200 from many networks, without waiting",
            &exempt,
            200,
            Refused::Insists,
        ),
    ];
    let mut quiet = Vec::new();
    for _ in 0..effort.rounds {
        quiet.push(ask(&exempt)?);
        for flood in &mut floods {
            flood.round(ask, takes)?;
        }
    }
    table::heading(
        "A check during many sign-ins",
        &[
            "clients that sign in",
            "checks a second",
            "99 of 100 within, ms",
            "of quiet",
            "sign-ins answered a second",
        ],
    );
    table::row(&[&"none", &a_second(&quiet), &two(p99(&quiet)), &1, &""]);
    for flood in &floods {
        flood.row(&quiet);
    }
    let peak = format!("{} MiB", whole(exempt.mebibytes("VmHWM:")?));
    table::row(&[&"peak memory", &peak, &"", &"", &""]);
    Ok(())
}

fn a_second(checks: &[Answers]) -> String {
    whole(median(checks.iter().map(|one| one.a_second).collect()))
}

fn p99(checks: &[Answers]) -> f64 {
    median(checks.iter().map(|one| one.p99).collect())
}
