//! A folder in memory, for databases. The tests commit hundreds of thousands of times, and no data
//! is needed afterwards.

use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

/// The free memory from which the folder is used. A container can have a folder of 64 MiB.
const MIN_FREE_BYTES: u64 = 2 << 30;

/// Returns Linux's folder in memory if it has enough room, or the folder for temporary files.
pub fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match statvfs(memory) {
        Ok(free) if free.f_bavail * free.f_frsize >= MIN_FREE_BYTES => memory.to_owned(),
        _ => std::env::temp_dir(),
    }
}
