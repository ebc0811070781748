//! The time from the start of the program to its first response to a token.

use std::fs;

use super::Effort;
use crate::{
    Result,
    process::Installation,
    serve::USER,
    table::{self, median, whole},
};

pub fn measure(effort: &Effort, crowded: &Installation) -> Result<()> {
    let credentials = fs::read_to_string(crowded.folder.join("credentials"))?;
    let mut took = Vec::new();
    // One more than counts, because the first start reads the program from the disk.
    for credential in credentials.lines().take(1 + effort.rounds * 3) {
        let (_server, time) = crowded.serve(USER, credential)?;
        took.push(time.as_secs_f64() * 1000.0);
    }
    let took = median(took.split_off(1));
    table::heading("Start", &["tokens", "ms to the first response"]);
    table::row(&[&effort.many, &whole(took)]);
    Ok(())
}
