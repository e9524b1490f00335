//! The real `claude`, at the version pinned in `tests/claude-cli`, installed by the first test that needs it.
//!
//! The platform's own package holds the program; the package that people install only links to it
//! in a post-install script, which is not run here.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::npm;

const PACKAGE: &str = include_str!("../../claude-cli/package.json");
const LOCK: &str = include_str!("../../claude-cli/package-lock.json");

/// The path of the pinned `claude`; installs it with npm where it is missing.
///
/// Any number of threads and test processes may ask at once: one of them installs, the others wait.
pub(crate) fn real_claude() -> &'static Path {
    static CLAUDE: OnceLock<PathBuf> = OnceLock::new();
    CLAUDE.get_or_init(|| {
        let home = npm::target_dir().join("claude-cli").join(version());
        npm::install(&home, (PACKAGE, LOCK), program_in)
    })
}

/// The version that `tests/claude-cli/package.json` pins.
pub(crate) fn version() -> String {
    let package: serde_json::Value = serde_json::from_str(PACKAGE).expect("package.json is JSON");
    let version = package["dependencies"]["@anthropic-ai/claude-code"].as_str();
    version.expect("package.json pins claude-code").to_owned()
}

/// Looks at the disk only: `None` when nothing, or only another platform's program, is there.
fn program_in(home: &Path) -> Option<PathBuf> {
    let os = if OS == "macos" { "darwin" } else { OS };
    let arch = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    ["", "-musl"]
        .map(|libc| {
            home.join(format!("node_modules/@anthropic-ai/claude-code-{os}-{arch}{libc}/claude"))
        })
        .into_iter()
        .find(|program| program.exists())
}
