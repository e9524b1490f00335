//! The files of Claude Code's own that it heeds, and what of them can execute.
//!
//! claude reads them in the folder in which it is started and in those above it. A run starts it
//! where the user stands, so those on the way from there up to the root count as much as those in
//! the root.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::walk;
use crate::model::Result;

/// Files that lie at a fixed place of a folder.
const FILES: &[&str] = &[".mcp.json", "CLAUDE.md", "CLAUDE.local.md", ".claude/CLAUDE.md"];

/// Folders of which every file counts.
const FOLDERS: &[&str] = &[
    ".claude/agents",
    ".claude/commands",
    ".claude/hooks",
    ".claude/output-styles",
    ".claude/rules",
];

/// Those that stand in one folder of a repository, relative to its root.
pub(super) fn of_folder(root: &Path, folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut paths: BTreeSet<PathBuf> = FILES.iter().map(|file| folder.join(file)).collect();
    paths.extend(settings(root, folder)?);
    for below in FOLDERS {
        paths.extend(walk::files(root, &folder.join(below))?);
    }
    Ok(paths)
}

/// The folders below the root in which claude also looks when it is started in `cwd`, relative to
/// the root, the nearest to it first. Both paths are without symbolic links.
pub(super) fn way(root: &Path, cwd: &Path) -> Vec<PathBuf> {
    let Ok(below) = cwd.strip_prefix(root) else { return Vec::new() };
    let mut folder = PathBuf::new();
    let step = |part| {
        folder.push(part);
        folder.clone()
    };
    below.components().map(step).collect()
}

/// Whether claude itself heeds the file with this path.
pub(super) fn is_one(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let parent = path.strip_suffix(name).unwrap_or_default();
    FILES.iter().any(|file| path == *file || path.ends_with(&format!("/{file}")))
        || FOLDERS.iter().any(|folder| {
            path.starts_with(&format!("{folder}/")) || path.contains(&format!("/{folder}/"))
        })
        || (is_settings(name) && (parent == ".claude/" || parent.ends_with("/.claude/")))
}

/// `.claude/settings.json`, `.claude/settings.local.json` and whatever else Claude Code may add.
pub(super) fn settings(root: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let names = walk::names(root, &folder.join(".claude"))?;
    let is_settings =
        |path: &PathBuf| path.file_name().is_some_and(|name| is_settings(&name.to_string_lossy()));
    Ok(names.into_iter().filter(is_settings).collect())
}

fn is_settings(name: &str) -> bool {
    name.starts_with("settings") && Path::new(name).extension().is_some_and(|it| it == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_claude_heeds_is_known_by_its_path() {
        for (path, expected) in [
            ("CLAUDE.md", true),
            ("a/CLAUDE.local.md", true),
            (".mcp.json", true),
            (".claude/settings.local.json", true),
            ("a/.claude/settings.json", true),
            ("settings.json", false),
            (".claude/rules/deep/a.md", true),
            ("a/.claude/agents/a.md", true),
            (".claude/atlas.yaml", false),
            (".claude/skills/a/SKILL.md", false),
            ("NOT-CLAUDE.md", false),
        ] {
            assert_eq!(is_one(path), expected, "{path}");
        }
    }

    #[test]
    fn the_way_leads_from_the_root_to_where_the_user_stands() {
        for (cwd, expected) in
            [("/r", &[][..]), ("/r/a", &["a"]), ("/r/a/b", &["a", "a/b"]), ("/elsewhere", &[])]
        {
            let found = way(Path::new("/r"), Path::new(cwd));
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{cwd}");
        }
    }
}
