//! The cost of being a node: heartbeats, polling of the log, notifications.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    Effort,
    fill::CredentialHeaders,
    nodes::{DATABASE, Deployment},
    postgres::Postgres,
};
use crate::{
    Result,
    client::Client,
    serve::USER,
    table::{self, two},
};

/// The interval of requests to each node, short enough that it stays in the cluster and polls
/// often.
const NOW_AND_THEN: Duration = Duration::from_millis(500);

pub fn measure(
    deployment: &Deployment,
    postgres: &Postgres,
    credential_headers: &mut CredentialHeaders,
    effort: &Effort,
) -> Result<()> {
    table::heading(
        "Nodes with one request in half a second and no revocation",
        &[
            "nodes",
            "transactions a second",
            "for each node",
            "CPU in ms a second: node",
            "PostgreSQL",
            "resident MiB of a node",
        ],
    );
    let credential = credential_headers.take(1)?.concat();
    for count in [1, 3, 10] {
        let cluster = deployment.start(count)?;
        let mut clients = Vec::new();
        for (_, address) in &cluster.nodes {
            clients.push(Client::connect(address)?);
        }
        let mut ask_for = |time: Duration| -> Result<()> {
            let begun = Instant::now();
            while begun.elapsed() < time {
                for client in &mut clients {
                    client.get(USER, &credential)?.expect(200)?;
                }
                thread::sleep(NOW_AND_THEN);
            }
            Ok(())
        };
        // Until the work of the start is done.
        ask_for(Duration::from_secs(3))?;
        let (begun, before) = (Instant::now(), cluster.cpu_times(postgres)?);
        let transactions = postgres.transactions(DATABASE)?;
        ask_for(effort.takes * 4)?;
        let transactions = postgres.transactions(DATABASE)? - transactions;
        let seconds = begun.elapsed().as_secs_f64();
        let cpu_times = cluster.cpu_times(postgres)?.since(before, seconds * 1000.0);
        let nodes = count as f64;
        let (node, _) = cluster.nodes.first().ok_or("no node")?;
        table::row(&[
            &count,
            &two(transactions / (seconds - 1.2)),
            &two(transactions / (seconds - 1.2) / nodes),
            &two(cpu_times.nodes / nodes),
            &two(cpu_times.postgres),
            &two(node.resident()?),
        ]);
    }
    Ok(())
}
