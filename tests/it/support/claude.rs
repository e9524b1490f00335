//! The real `claude`, at the version pinned in `tests/claude-cli`, installed by the first test that needs it.
//!
//! The platform's own package holds the program; the package that people install only links to it
//! in a post-install script, which is not run here.

use std::env::consts::{ARCH, OS};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use super::{files, programs};

const PACKAGE: &str = include_str!("../../claude-cli/package.json");
const LOCK: &str = include_str!("../../claude-cli/package-lock.json");

/// The path of the pinned `claude`; installs it with npm where it is missing.
///
/// Any number of threads and test processes may ask at once: one of them installs, the others wait.
pub(crate) fn real_claude() -> &'static Path {
    static CLAUDE: OnceLock<PathBuf> = OnceLock::new();
    CLAUDE.get_or_init(|| {
        let home = target_dir().join("claude-cli").join(version());
        program_in(&home).unwrap_or_else(|| install(&home))
    })
}

/// The version that `tests/claude-cli/package.json` pins.
pub(crate) fn version() -> String {
    let package: serde_json::Value = serde_json::from_str(PACKAGE).expect("package.json is JSON");
    let version = package["dependencies"]["@anthropic-ai/claude-code"].as_str();
    version.expect("package.json pins claude-code").to_owned()
}

/// The folder that cargo builds into, which is not always `target` of this package.
fn target_dir() -> &'static Path {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().expect("cargo's temporary folder stands in its target folder")
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

/// Installs into a folder beside `home` and renames it, so that `home` is whole or not there.
fn install(home: &Path) -> PathBuf {
    let parent = home.parent().expect("the version folder has a parent");
    fs::create_dir_all(parent).expect("the target folder can be written");
    let lock = File::create(parent.join(".lock")).expect("the target folder can be written");
    lock.lock().expect("the install lock can be taken");
    if let Some(program) = program_in(home) {
        return program;
    }
    let fresh = tempfile::Builder::new()
        .prefix(".installing-")
        .tempdir_in(parent)
        .expect("the target folder can be written");
    files::write(&fresh.path().join("package.json"), PACKAGE);
    files::write(&fresh.path().join("package-lock.json"), LOCK);
    npm_ci(fresh.path());
    // What is there can only be what another platform, or a person, left.
    drop(fs::remove_dir_all(home));
    fs::rename(fresh.keep(), home).expect("a folder can be renamed in place");
    program_in(home).unwrap_or_else(|| panic!("npm installed no claude for {OS}-{ARCH}"))
}

/// npm keeps the caller's environment: registry, proxy and certificates are configured there.
fn npm_ci(folder: &Path) {
    let output = programs::command(Path::new("npm"))
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the tests need npm on PATH to install claude");
    assert!(
        output.status.success(),
        "npm ci ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}
