//! Which files are programs, and where a program is found.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

/// Whether this user may run the file.
pub fn is_executable(file: &Path) -> bool {
    file.is_file() && access(file, Access::EXEC_OK).is_ok()
}

/// The program of this name: looked up in `path`, or, where the name holds a slash, from `base`.
pub fn find(name: &str, path: &OsStr, base: &Path) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(base.join(name)).filter(|file| is_executable(file));
    }
    std::env::split_paths(path).map(|dir| dir.join(name)).find(|file| is_executable(file))
}

/// The folders that a search path names, in its order; an empty one is where the program runs.
pub fn folders(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_searched_and_paths_are_followed() {
        let path = OsStr::new("/nowhere:/bin:/usr/bin");
        let found = |name, base| find(name, path, Path::new(base)).is_some();
        assert!(found("sh", "/"));
        assert!(found("./sh", "/bin"));
        assert!(!found("./sh", "/"));
        assert!(!found("no-such-program", "/bin"));
        assert!(!found("bin", "/"), "a folder is no program");
    }
}
