//! Plain file access for tests: makes missing folders, and names the path when it fails.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes `content` to `path` and makes the folders above it.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    let folder = path.parent().expect("a file stands in a folder");
    fs::create_dir_all(folder).unwrap_or_else(|e| panic!("make {}: {e}", folder.display()));
    File::create(path)
        .and_then(|mut file| file.write_all(content.as_ref()))
        .unwrap_or_else(|e| panic!("write {}: {e}", path.display()));
}

/// Reads `path` as text; bytes that are not UTF-8 become replacement characters.
pub(crate) fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("read {}: {e}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The only folder in `folder` that holds a file named `marker`.
pub(crate) fn only_folder_with(folder: &Path, marker: &str) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("list {}: {e}", folder.display()));
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("a listed entry can be read").path())
        .filter(|path| path.join(marker).exists())
        .collect();
    assert_eq!(found.len(), 1, "one folder with {marker} in {}: {found:?}", folder.display());
    found.remove(0)
}
