//! Revocations a second, the time of one, and the CPU time that it takes in each process.

use std::{fs, process::Command, thread, time::Instant};

use super::{
    Effort, checks,
    fill::{CredentialHeaders, an_empty_one},
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

const OWN: &str = "/api/v1/tokens/current";
/// The connections that send checks during revocations: few, because more would use a whole small
/// machine.
const ASKING: usize = 4;

/// The upper bound that the disk and the lock of one row allow: every revocation writes to that row
/// last, and holds its lock until the commit is on the disk.
pub fn bare(postgres: &Postgres, effort: &Effort) -> Result<()> {
    an_empty_one(postgres, "bare")?;
    postgres.ask("bare", "CREATE TABLE many AS SELECT generate_series(1, 100000) AS id, 0 AS n; CREATE INDEX ON many (id);")?;
    table::heading(
        "Bare commits of one row (pgbench), a second",
        &["connections", "each a different row", "all the same row"],
    );
    for clients in [1, 16] {
        let another = "\\set id random(1, 100000)\nUPDATE many SET n = n + 1 WHERE id = :id;\n";
        let the_same = "UPDATE invalidation_sequence SET position = position + 1;\n";
        let another = commits(postgres, clients, another, effort)?;
        let the_same = commits(postgres, clients, the_same, effort)?;
        table::row(&[&clients, &whole(another), &whole(the_same)]);
    }
    postgres.ask("postgres", "DROP DATABASE bare").map(drop)
}

fn commits(postgres: &Postgres, clients: usize, sql: &str, effort: &Effort) -> Result<f64> {
    let script = postgres.home().join("pgbench.sql");
    fs::write(&script, sql)?;
    let mut pgbench: Command = postgres.command("pgbench");
    let output = pgbench
        .args(["--no-vacuum", "--protocol=prepared"])
        .args(["--client", &clients.to_string()])
        .args(["--time", &effort.takes.as_secs().to_string()])
        .arg("--file")
        .arg(script)
        .arg("bare")
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let rate = stdout.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rest| rest.split(' ').next());
    let failure = || {
        format!(
            "pgbench: {stdout}{}",
            String::from_utf8_lossy(&output.stderr)
        )
    };
    Ok(rate.ok_or_else(failure)?.parse()?)
}

pub fn by_nodes(
    deployment: &Deployment,
    postgres: &Postgres,
    credential_headers: &mut CredentialHeaders,
    effort: &Effort,
) -> Result<()> {
    table::heading(
        "Tokens that revoke themselves, spread over the nodes, each of another user and uncached",
        &[
            "nodes",
            "clients",
            "concurrent load",
            "a second",
            "median, ms",
            "99 of 100 within, ms",
            "CPU in µs for one: nodes",
            "PostgreSQL",
        ],
    );
    let cached = checks::cached(deployment, credential_headers)?;
    for count in [1, 3, 10] {
        let cluster = deployment.start(count)?;
        for (clients, busy) in [(1, false), (16, false), (1, true)] {
            // All nodes are cluster members, and poll at their shortest interval.
            stay_awake(&cluster, credential_headers)?;
            let load = busy.then(|| {
                let (address, cached) = (cluster.address.clone(), cached.clone());
                let takes = effort.takes;
                thread::spawn(move || {
                    load::ask(&address, USER, &cached, ASKING, takes)
                        .map_err(|error| error.to_string())
                })
            });
            let each = if busy {
                effort.revocations / 4
            } else {
                effort.revocations
            };
            let before = cluster.cpu_times(postgres)?;
            let (a_second, mut took) = revoke(&cluster, credential_headers, clients, each.max(10))?;
            let cpu_times = cluster.cpu_times(postgres)?.since(before, took.count());
            let concurrent = match load {
                None => "none".to_owned(),
                Some(load) => {
                    let answers = load.join().map_err(|_| "a load panicked")??;
                    format!("{} checks a second", whole(answers.a_second))
                }
            };
            let cpu = |micros: f64| if busy { String::new() } else { whole(micros) };
            table::row(&[
                &count,
                &clients,
                &concurrent,
                &whole(a_second),
                &two(took.percentile(50)),
                &two(took.percentile(99)),
                &cpu(cpu_times.nodes),
                &cpu(cpu_times.postgres),
            ]);
        }
    }
    Ok(())
}

/// Sends each node some requests, so that it stays in the cluster.
fn stay_awake(cluster: &Cluster, credential_headers: &mut CredentialHeaders) -> Result<()> {
    let credential = credential_headers.take(1)?.concat();
    for (_, address) in &cluster.nodes {
        for _ in 0..3 {
            Client::connect(address)?
                .get(USER, &credential)?
                .expect(200)?;
        }
    }
    Ok(())
}

/// Revocations a second in all, and the time of each.
fn revoke(
    cluster: &Cluster,
    credential_headers: &mut CredentialHeaders,
    clients: usize,
    each: usize,
) -> Result<(f64, Latencies)> {
    let begun = Instant::now();
    let mut revoking = Vec::new();
    for client in 0..clients {
        let share = credential_headers.take(each)?;
        let mut addresses = Vec::new();
        for turn in 0..cluster.nodes.len() {
            addresses.push(cluster.address_of(client + turn)?.to_owned());
        }
        revoking.push(thread::spawn(move || {
            one_client(&addresses, &share).map_err(|error| error.to_string())
        }));
    }
    let mut took = Latencies::default();
    for client in revoking {
        took.append(client.join().map_err(|_| "a client panicked")??);
    }
    Ok((took.count() / begun.elapsed().as_secs_f64(), took))
}

/// Sends the requests of one client, to each node in turn.
fn one_client(addresses: &[String], credentials: &[String]) -> Result<Latencies> {
    let mut clients = Vec::new();
    for address in addresses {
        clients.push(Client::connect(address)?);
    }
    let mut took = Latencies::default();
    let count = clients.len().max(1);
    for (turn, credential) in credentials.iter().enumerate() {
        let client = clients.get_mut(turn % count).ok_or("no node")?;
        let begun = Instant::now();
        client.send("DELETE", OWN, &[credential], "")?.expect(204)?;
        took.add(begun.elapsed());
    }
    Ok(took)
}

/// One of three nodes is frozen: the first revocation waits for it, the next does not.
pub fn with_one_frozen(
    deployment: &Deployment,
    postgres: &Postgres,
    credential_headers: &mut CredentialHeaders,
) -> Result<()> {
    let cluster = deployment.start(3)?;
    stay_awake(&cluster, credential_headers)?;
    let (frozen, _) = cluster.nodes.last().ok_or("no node")?;
    let before = cluster.cpu_times(postgres)?;
    frozen.freeze()?;
    let two_left = &cluster.address_of(0)?.to_owned();
    let mut times = Vec::new();
    for _ in 0..2 {
        let mut took = one_client(std::slice::from_ref(two_left), &credential_headers.take(1)?)?;
        times.push(took.percentile(50));
    }
    let cpu_times = cluster.cpu_times(postgres)?.since(before, 1.0);
    frozen.thaw()?;
    table::heading("One of three nodes is frozen (SIGSTOP)", &["", "ms"]);
    for (name, took) in ["the first revocation", "the next"].iter().zip(times) {
        table::row(&[name, &whole(took)]);
    }
    let cpu = (cpu_times.nodes + cpu_times.postgres) / 1000.0;
    table::row(&[&"CPU time of all processes meanwhile", &whole(cpu)]);
    Ok(())
}
