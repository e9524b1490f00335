//! Puts atlas itself into the `PATH` of what a run starts, so that agents and hooks can reach the
//! scratch pad of their session.
//!
//! It is a folder of the session that holds one link and nothing else: the folder of the program
//! itself may hold anything, and would come before what the user put into the path. An agent with
//! a shell can change the folder, as it can change every file of its user; so the link is looked
//! at before each use, and a folder that is not as we made it is not used.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::ErrorKind,
    os::unix::fs::symlink,
    path::Path,
};

use crate::sys::fs::create_private_dir;

const FOLDER: &str = "bin";
const NAME: &str = "atlas";

/// `path` with atlas in front; `None` where it cannot be put there.
pub(crate) fn path(session: &Path, exe: &Path, path: &OsStr) -> Option<OsString> {
    let folder = session.join(FOLDER);
    // A colon would end the entry in its middle and begin another one, relative to who knows what.
    if folder.as_os_str().as_encoded_bytes().contains(&b':') || !is_ours(&folder, exe) {
        return None;
    }
    let mut whole = folder.into_os_string();
    whole.push(":");
    whole.push(path);
    Some(whole)
}

/// Whether the folder holds the link to `exe` and nothing else; it is made where it is missing.
fn is_ours(folder: &Path, exe: &Path) -> bool {
    // Whoever put a link in the session's place does not choose where we write.
    if !folder.parent().and_then(|it| it.symlink_metadata().ok()).is_some_and(|it| it.is_dir()) {
        return false;
    }
    match create_private_dir(folder) {
        Ok(()) => {
            if symlink(exe, folder.join(NAME)).is_err() {
                return false;
            }
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(_) => return false,
    }
    let real = folder.symlink_metadata().is_ok_and(|found| found.is_dir());
    let only = fs::read_dir(folder).is_ok_and(|entries| entries.take(2).count() == 1);
    real && only && fs::read_link(folder.join(NAME)).is_ok_and(|target| target == exe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atlas_comes_first_and_alone() {
        let session = tempfile::tempdir().unwrap();
        let exe = Path::new("/opt/atlas/bin/atlas");
        let given = || path(session.path(), exe, OsStr::new("/usr/bin:/bin"));
        let folder = session.path().join(FOLDER);
        let expected = format!("{}:/usr/bin:/bin", folder.display());
        for _ in 0..2 {
            assert_eq!(given().unwrap(), *expected);
        }
        assert_eq!(fs::read_link(folder.join(NAME)).unwrap(), exe);
    }

    /// Each of these could bring another program into the path.
    #[test]
    fn a_folder_that_somebody_changed_is_not_used() {
        let exe = Path::new("/opt/atlas/bin/atlas");
        let changes: [fn(&Path); 4] = [
            |folder| symlink("/bin/true", folder.join("git")).unwrap(),
            |folder| {
                fs::remove_file(folder.join(NAME)).unwrap();
                symlink("/bin/true", folder.join(NAME)).unwrap();
            },
            |folder| fs::remove_file(folder.join(NAME)).unwrap(),
            |folder| {
                fs::rename(folder, folder.with_file_name("elsewhere")).unwrap();
                symlink("elsewhere", folder).unwrap();
            },
        ];
        for change in changes {
            let session = tempfile::tempdir().unwrap();
            let given = || path(session.path(), exe, OsStr::new("/bin"));
            assert!(given().is_some());
            change(&session.path().join(FOLDER));
            assert_eq!(given(), None);
        }
    }

    #[test]
    fn a_link_in_the_sessions_place_is_not_followed() {
        let above = tempfile::tempdir().unwrap();
        let (session, elsewhere) = (above.path().join("session"), above.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &session).unwrap();
        assert_eq!(path(&session, Path::new("/x"), OsStr::new("/bin")), None);
        assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
    }

    #[test]
    fn a_colon_in_the_way_begins_no_other_entry() {
        let above = tempfile::tempdir().unwrap();
        let session = above.path().join("a:b");
        fs::create_dir(&session).unwrap();
        assert_eq!(path(&session, Path::new("/x"), OsStr::new("/bin")), None);
    }
}
