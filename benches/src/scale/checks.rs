//! Checks a second, and the CPU time that one takes in each process.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use super::{
    Effort,
    fill::CredentialHeaders,
    latencies::Latencies,
    nodes::{Cluster, Deployment},
    postgres::Postgres,
};
use crate::{
    Result,
    client::Client,
    load,
    serve::USER,
    table::{self, two, whole},
};

/// The number of credentials that are used in turn.
const CACHED: usize = 300;
const CONNECTIONS: usize = 48;

/// A file of credentials that all nodes cache.
pub fn cached(
    deployment: &Deployment,
    credential_headers: &mut CredentialHeaders,
) -> Result<PathBuf> {
    let file = deployment.folder().join("cached");
    fs::write(&file, credential_headers.take(CACHED)?.join("\n") + "\n")?;
    Ok(file)
}

pub fn of_cached_credentials(
    deployment: &Deployment,
    postgres: &Postgres,
    credential_headers: &mut CredentialHeaders,
    effort: &Effort,
) -> Result<()> {
    table::heading(
        "Checks of cached credentials (`GET /api/v1/user`, 48 connections)",
        &[
            "nodes",
            "path",
            "a second",
            "99 of 100 within, ms",
            "CPU in µs for one: node",
            "balancer",
            "PostgreSQL",
        ],
    );
    let file = cached(deployment, credential_headers)?;
    for count in 1..=3 {
        let cluster = deployment.start(count)?;
        for direct in [true, false] {
            let path = if direct { "direct" } else { "balancer" };
            // Once, so that all nodes cache the credentials.
            ask(&cluster, &file, direct, effort)?;
            let before = cluster.cpu_times(postgres)?;
            let (a_second, answers, p99) = ask(&cluster, &file, direct, effort)?;
            let cpu_times = cluster.cpu_times(postgres)?.since(before, answers);
            table::row(&[
                &count,
                &path,
                &whole(a_second),
                &two(p99),
                &two(cpu_times.nodes),
                &two(cpu_times.balancer),
                &two(cpu_times.postgres),
            ]);
        }
    }
    Ok(())
}

/// Responses a second, responses, and the 99th percentile of the slowest load.
fn ask(cluster: &Cluster, file: &Path, direct: bool, effort: &Effort) -> Result<(f64, f64, f64)> {
    let addresses: Vec<String> = if direct {
        cluster
            .nodes
            .iter()
            .map(|(_, address)| address.clone())
            .collect()
    } else {
        vec![cluster.address.clone()]
    };
    let connections = CONNECTIONS / addresses.len().max(1);
    let loads: Vec<_> = addresses
        .into_iter()
        .map(|address| {
            let (file, takes) = (file.to_owned(), effort.takes);
            thread::spawn(move || {
                let host = address.clone();
                load::ask(&host, USER, &file, connections, takes).map_err(|error| error.to_string())
            })
        })
        .collect();
    let mut sum = (0.0, 0.0, 0.0_f64);
    for load in loads {
        let answers = load.join().map_err(|_| "a load panicked")??;
        sum = (
            sum.0 + answers.a_second,
            sum.1 + answers.count,
            sum.2.max(answers.p99),
        );
    }
    Ok(sum)
}

/// The first check of a credential by a node, which makes one query.
pub fn of_uncached_credentials(
    deployment: &Deployment,
    postgres: &Postgres,
    credential_headers: &mut CredentialHeaders,
    effort: &Effort,
) -> Result<()> {
    table::heading(
        "The first check of a credential, each of another user",
        &[
            "clients",
            "a second",
            "median, ms",
            "99 of 100 within, ms",
            "CPU in µs for one: node",
            "PostgreSQL",
        ],
    );
    let cluster = deployment.start(1)?;
    let address = cluster.address_of(0)?;
    let count = effort.revocations * 10;
    for clients in [1, 16] {
        let shown = credential_headers.take(count)?;
        let before = cluster.cpu_times(postgres)?;
        let begun = Instant::now();
        let asked: Vec<_> = shown
            .chunks(count.div_ceil(clients))
            .map(|shown| {
                let (shown, address) = (shown.to_vec(), address.to_owned());
                thread::spawn(move || show(&address, &shown).map_err(|error| error.to_string()))
            })
            .collect();
        let mut took = Latencies::default();
        for client in asked {
            took.append(client.join().map_err(|_| "a client panicked")??);
        }
        let a_second = took.count() / begun.elapsed().as_secs_f64();
        let cpu_times = cluster.cpu_times(postgres)?.since(before, took.count());
        table::row(&[
            &clients,
            &whole(a_second),
            &two(took.percentile(50)),
            &two(took.percentile(99)),
            &whole(cpu_times.nodes),
            &whole(cpu_times.postgres),
        ]);
    }
    Ok(())
}

fn show(address: &str, credentials: &[String]) -> Result<Latencies> {
    let mut client = Client::connect(address)?;
    let mut took = Latencies::default();
    for credential in credentials {
        let begun = Instant::now();
        client.get(USER, credential)?.expect(200)?;
        took.add(begun.elapsed());
    }
    Ok(took)
}
