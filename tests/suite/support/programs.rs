//! Programs that come from neither the Rust toolchain nor a minimal Debian, and that some tests
//! start.
//!
//! A test that starts one of them belongs to the tier `e2e` (CONTRIBUTING.md, "Tests"). It has an
//! attribute that says so, and without the feature cargo reports it as ignored:
//!
//! ```text
//! #[cfg_attr(not(feature = "e2e"), ignore = "needs nginx: use --features e2e")]
//! ```

use std::path::PathBuf;

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

/// Panics unless the suite is built with the feature `e2e`: the calling test lacks its attribute.
#[expect(
    clippy::assertions_on_constants,
    reason = "a test without its attribute is found in a build without the feature"
)]
pub fn expect_tier(program: &str) {
    assert!(
        cfg!(feature = "e2e"),
        "this test needs {program}: give it #[cfg_attr(not(feature = \"e2e\"), ignore = \"needs \
         {program}: use --features e2e\")]"
    );
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
