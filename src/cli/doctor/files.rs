//! Whether this user's own folders and files are there, private, and as they should be.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rustix::{
    fs::{Access, access},
    process::geteuid,
};

use super::{super::context::Context, Finding};
use crate::store::{config, folders::Folders};

/// A key that lies there for so long belongs to no call any more: none may take a day.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn look(context: &Context, folders: &Folders) -> Vec<Finding> {
    let mut findings = vec![configuration(folders), own_folders(folders)];
    let open = open_folders(folders, &context.project().root);
    if let Some(first) = open.first() {
        let more = match open.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        findings.push(
            Finding::warn("folders", format!("others can enter {}{more}", first.display()))
                .advise("`atlas doctor --fix` closes them"),
        );
    }
    let stale = stale_keys(folders, context.clock.now());
    if !stale.is_empty() {
        let count = stale.len();
        findings.push(
            Finding::warn("keys", format!("{count} left behind by calls that were killed"))
                .advise("`atlas doctor --fix` removes them"),
        );
    }
    findings
}

fn configuration(folders: &Folders) -> Finding {
    let path = folders.config.join(config::USER_FILE);
    match config::user(folders) {
        Ok(Some(_)) => Finding::ok("configuration", path.display().to_string()),
        Ok(None) => Finding::ok("configuration", format!("none at {}", path.display())),
        Err(fault) => {
            let finding = Finding::fail("configuration", &fault);
            if others_can_write(&path) {
                finding.advise("`atlas doctor --fix` closes it to others")
            } else {
                finding
            }
        }
    }
}

fn own_folders(folders: &Folders) -> Finding {
    let faulty = |folder: &&Path| match nearest(folder) {
        Some(nearest) => access(nearest, Access::WRITE_OK | Access::EXEC_OK).is_err(),
        None => true,
    };
    let all = [folders.config.as_path(), &folders.state, &folders.cache];
    let faulty: Vec<String> =
        all.into_iter().filter(faulty).map(|it| it.display().to_string()).collect();
    if faulty.is_empty() {
        return Finding::ok("folders", format!("state is kept in {}", folders.state.display()));
    }
    Finding::warn("folders", format!("cannot write to {}", faulty.join(", ")))
        .advise("give yourself the right to, or name another place with ATLAS_HOME")
}

/// The folder itself, or the one above it in which it would be made.
fn nearest(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.exists())
}

/// Whether anybody but the owner can write there.
pub(super) fn others_can_write(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}

/// Folders that only this user shall enter and that others can. Those of somebody else are none of
/// ours to close.
pub(super) fn open_folders(folders: &Folders, root: &Path) -> Vec<PathBuf> {
    let is_open = |folder: &PathBuf| {
        fs::symlink_metadata(folder).is_ok_and(|found| {
            found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o077 != 0
        })
    };
    let all = [folders.state.clone(), folders.cache.clone(), root.join(".claude/sessions")];
    all.into_iter().filter(is_open).collect()
}

/// Folders with keys of calls that were killed together with atlas.
pub(super) fn stale_keys(folders: &Folders, now: Timestamp) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folders.state.join("keys")) else { return Vec::new() };
    let is_stale = |path: &PathBuf| {
        let found = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_dir);
        let made = found.and_then(|found| Timestamp::try_from(found.modified().ok()?).ok());
        made.is_some_and(|made| now.duration_since(made).unsigned_abs() >= STALE && made < now)
    };
    entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_stale).collect()
}
