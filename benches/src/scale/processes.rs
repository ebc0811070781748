//! The CPU time and memory of processes, from Linux.

use std::{collections::HashSet, fs};

use crate::Result;

/// Linux counts in hundredths of a second on every current machine (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

/// The three fields of `/proc/PID/stat` (proc(5)) that are needed.
struct Stat {
    parent: u32,
    /// Of its own threads.
    ticks: f64,
    /// Of its ended children.
    ticks_of_children: f64,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // A name may contain any character, also the parenthesis that ends it.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |place: usize| -> Option<f64> { fields.get(place)?.parse().ok() };
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            ticks: number(11)? + number(12)?,
            ticks_of_children: number(13)? + number(14)?,
        })
    }
}

/// The CPU seconds of a process and its children so far.
pub fn seconds(process: u32) -> Result<f64> {
    let root = Stat::of(process).ok_or("a measured process has ended")?;
    let mut family = HashSet::from([process]);
    let mut ticks = root.ticks + root.ticks_of_children;
    // The measured servers have no living grandchildren.
    for entry in fs::read_dir("/proc")? {
        let Ok(child) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        if let Some(stat) = Stat::of(child)
            && stat.parent == process
            && family.insert(child)
        {
            ticks += stat.ticks;
        }
    }
    Ok(ticks / TICKS_A_SECOND)
}

/// The resident memory of a process, in MiB.
pub fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|rest| rest.split_whitespace().next());
    Ok(kibibytes.ok_or("no such figure")?.parse::<f64>()? / 1024.0)
}
