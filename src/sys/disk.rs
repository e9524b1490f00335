//! How much room things take on a disk.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

/// The unit in which the system counts what a file takes, whatever the disk's own is.
const BLOCK: u64 = 512;

/// What `path` takes with all that is below it, in bytes; links are counted, not followed. What
/// cannot be read, or goes meanwhile, counts for nothing.
pub fn usage(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else { return 0 };
    let own = found.blocks() * BLOCK;
    if !found.is_dir() {
        return own;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    own + entries.map(|entry| usage(&entry.path())).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_count_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("inside"), dir.path().join("outside"));
        fs::create_dir_all(inside.join("below")).unwrap();
        fs::create_dir(&outside).unwrap();
        let empty = usage(&inside);
        for file in [inside.join("below/file"), outside.join("file")] {
            let text = vec![b'x'; 100_000];
            crate::sys::fs::write_private(&file, &text, 0o600).unwrap();
        }
        std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
        let grown = usage(&inside) - empty;
        assert!((100_000..150_000).contains(&grown), "{grown}");
        assert_eq!(usage(&dir.path().join("missing")), 0);
    }
}
