//! Packages of npm at pinned versions, below the folder that cargo builds into.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use super::{files, programs};

/// The folder that cargo builds into, which is not always `target` of this package.
pub(crate) fn target_dir() -> &'static Path {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().expect("cargo's temporary folder stands in its target folder")
}

/// Installs what these two files name, unless `found` finds it in `home` already.
///
/// It is installed into a folder beside `home` that is renamed, so that `home` is whole or not
/// there. Any number of threads and test processes may ask at once: one of them installs, the
/// others wait.
pub(crate) fn install<T>(
    home: &Path,
    (package, lock): (&str, &str),
    found: impl Fn(&Path) -> Option<T>,
) -> T {
    if let Some(found) = found(home) {
        return found;
    }
    let parent = home.parent().expect("the version folder has a parent");
    fs::create_dir_all(parent).expect("the target folder can be written");
    let guard = File::create(parent.join(".lock")).expect("the target folder can be written");
    guard.lock().expect("the install lock can be taken");
    if let Some(found) = found(home) {
        return found;
    }
    let fresh = tempfile::Builder::new()
        .prefix(".installing-")
        .tempdir_in(parent)
        .expect("the target folder can be written");
    files::write(&fresh.path().join("package.json"), package);
    files::write(&fresh.path().join("package-lock.json"), lock);
    npm_ci(fresh.path());
    // What is there can only be what another platform, or a person, left.
    drop(fs::remove_dir_all(home));
    fs::rename(fresh.keep(), home).expect("a folder can be renamed in place");
    found(home)
        .unwrap_or_else(|| panic!("npm did not install what is wanted into {}", home.display()))
}

/// npm keeps the caller's environment: registry, proxy and certificates are configured there.
fn npm_ci(folder: &Path) {
    let output = programs::command(Path::new("npm"))
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the tests need npm on PATH");
    assert!(
        output.status.success(),
        "npm ci ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}
