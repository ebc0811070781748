//! What it costs to be a node: beats, looks at the log, listening.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    Effort,
    fill::Passes,
    nodes::{DATABASE, Front},
    postgres::Postgres,
};
use crate::{
    Result,
    client::Client,
    serve::USER,
    table::{self, two},
};

/// How often each node is asked for something, so that it stays a node and listens closely.
const NOW_AND_THEN: Duration = Duration::from_millis(500);

pub fn measure(
    front: &Front,
    postgres: &Postgres,
    passes: &mut Passes,
    effort: &Effort,
) -> Result<()> {
    table::heading(
        "Nodes that are asked for one thing in half a second, and nothing ends",
        &[
            "nodes",
            "transactions a second",
            "of one node",
            "ms of CPU in a second: a node",
            "PostgreSQL",
            "resident MiB of a node",
        ],
    );
    let pass = passes.take(1)?.concat();
    for count in [1, 3, 10] {
        let cluster = front.start(count)?;
        let mut clients = Vec::new();
        for (_, address) in &cluster.nodes {
            clients.push(Client::connect(address)?);
        }
        let mut ask_for = |time: Duration| -> Result<()> {
            let begun = Instant::now();
            while begun.elapsed() < time {
                for client in &mut clients {
                    client.get(USER, &pass)?.expect(200)?;
                }
                thread::sleep(NOW_AND_THEN);
            }
            Ok(())
        };
        // Until whatever belongs to a start is over.
        ask_for(Duration::from_secs(3))?;
        let (begun, before) = (Instant::now(), cluster.spent(postgres)?);
        let transactions = postgres.transactions(DATABASE)?;
        ask_for(effort.takes * 4)?;
        let transactions = postgres.transactions(DATABASE)? - transactions;
        let seconds = begun.elapsed().as_secs_f64();
        let spent = cluster.spent(postgres)?.since(before, seconds * 1000.0);
        let nodes = count as f64;
        let (node, _) = cluster.nodes.first().ok_or("no node")?;
        table::row(&[
            &count,
            &two(transactions / (seconds - 1.2)),
            &two(transactions / (seconds - 1.2) / nodes),
            &two(spent.nodes / nodes),
            &two(spent.postgres),
            &two(node.resident()?),
        ]);
    }
    Ok(())
}
