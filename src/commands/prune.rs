//! `narthex prune`

use super::{Failed, output};
use crate::{context::Context, credentials, kit::words::count};

pub(super) async fn run(context: &Context) -> Result<(), Failed> {
    let pruned = credentials::prune(context).await?;
    output::line(format!(
        "Ended, because their time was over: {}. Forgotten, because they ended long ago: {}.",
        count(pruned.expired, "credential"),
        count(pruned.forgotten, "credential"),
    ))?;
    Ok(())
}
