//! What may be done with files. The kernel is asked, and not the bits of a mode interpreted: it alone
//! knows of root, of access lists and of file systems that are mounted to be read.

use std::{
    fs::Metadata,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use rustix::fs::{Access, access};

use super::Findings;

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Looks whether a file that is not there can be made at the start.
pub(super) fn could_be_made(
    path: &Path,
    check: &'static str,
    meaning: &str,
    findings: &mut Findings,
) {
    let folder = folder_of(path);
    let shown = path.display();
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => findings.warn(check, format!("{shown} is not there: {meaning}")),
        Err(error) => findings.fail(
            check,
            format!(
                "{shown} is not there and cannot be made in {}: {error}",
                folder.display()
            ),
        ),
    }
}

/// Looks whose a file is, and who else may read it. `true`: there is nothing to say.
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
            format!("{shown} belongs to user {owner}, and this is user {mine}: run this, and Narthex, as its owner"),
        );
    }
    let mode = metadata.permissions().mode() & 0o777;
    let is_closed = mode & 0o077 == 0;
    if !is_closed {
        findings.warn(
            check,
            format!("{shown} has mode {mode:o}: others on this machine can read it; make it yours with chmod 600"),
        );
    }
    is_mine && is_closed
}
