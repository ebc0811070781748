//! Checks access to files. It asks the kernel instead of interpreting mode bits, because only the
//! kernel knows about root, access lists and read-only file systems.

use std::{
    fs::Metadata,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use rustix::fs::{Access, access};

use super::Findings;

/// Returns the folder of a file.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Reports whether the start can create a missing file.
pub(super) fn can_be_created(
    path: &Path,
    check: &'static str,
    meaning: &str,
    findings: &mut Findings,
) {
    let folder = folder_of(path);
    let shown = path.display();
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => findings.warn(check, format!("{shown} does not exist: {meaning}")),
        Err(error) => findings.fail(
            check,
            format!(
                "{shown} does not exist and cannot be created in {}: {error}",
                folder.display()
            ),
        ),
    }
}

/// Reports the owner and the mode of a file. Returns `true` if only this user can read it.
pub(super) fn is_private(
    path: &Path,
    metadata: &Metadata,
    check: &'static str,
    findings: &mut Findings,
) -> bool {
    let shown = path.display();
    let (owner, mine) = (metadata.uid(), rustix::process::geteuid().as_raw());
    let is_mine = owner == mine;
    if !is_mine {
        findings.warn(
            check,
            format!(
                "{shown} belongs to user {owner}, but this command runs as user {mine}: run \
                     this command and Narthex as the owner"
            ),
        );
    }
    let mode = metadata.permissions().mode() & 0o777;
    let is_closed = mode & 0o077 == 0;
    if !is_closed {
        findings.warn(
            check,
            format!(
                "{shown} has mode {mode:o}: other users of this machine can read it; run \
                     chmod 600"
            ),
        );
    }
    is_mine && is_closed
}
