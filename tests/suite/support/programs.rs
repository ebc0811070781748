//! Programs that come from neither the Rust toolchain nor a minimal Debian, and that some tests
//! start.
//!
//! A test that starts one of them belongs to the second tier (CONTRIBUTING.md, "Tests"). It has an
//! attribute that says so:
//!
//! ```text
//! #[ignore = "needs nginx: use scripts/test"]
//! ```

use std::path::PathBuf;

use super::database::Engine;

/// Directories that only the `PATH` of root contains. Debian installs servers there.
const SYSTEM_DIRECTORIES: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];

/// Returns the path of `program`, which the Debian package `package` contains.
///
/// Panics if the program is missing, with the name of the package.
pub fn find(program: &str, package: &str) -> PathBuf {
    expect_tier(program);
    search_path()
        .into_iter()
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is missing: install Debian's package {package}"))
}

/// Panics if the run leaves out the tests that need other programs: the calling test lacks its
/// attribute.
pub fn expect_tier(program: &str) {
    assert!(
        are_included(),
        "this test needs {program}: give it #[ignore = \"needs {program}: use scripts/test\"]"
    );
}

/// Returns whether the run includes the tests that need other programs: `cargo test --
/// --include-ignored`, or any run on PostgreSQL.
pub fn are_included() -> bool {
    let named = |argument: String| argument == "--include-ignored" || argument == "--ignored";
    Engine::of_this_run() == Engine::Postgres || std::env::args().any(named)
}

#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is a property of the machine, not a setting of Narthex"
)]
fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = SYSTEM_DIRECTORIES.map(PathBuf::from);
    std::env::split_paths(&path).chain(system).collect()
}
