//! What nobody else can write: only there can trust be given to whatever a folder holds.

use std::{
    ffi::OsString,
    fs,
    os::unix::{ffi::OsStringExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use globset::GlobBuilder;

use super::{Asking, Subject};
use crate::{
    model::{Fault, Result},
    sys::git,
};

/// The glob of the user's configuration that trusts this folder, if one does.
///
/// It counts only for a folder that nobody else can write or put another in the place of.
pub(super) fn always(subject: &Subject, asking: &Asking<'_>) -> Result<Option<String>> {
    for glob in asking.always {
        let home = asking.home.map(|home| home.canonicalize().unwrap_or(home.to_owned()));
        let full = match (glob.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => {
                format!("{}/{rest}", globset::escape(&home.to_string_lossy()))
            }
            (Some(_), None) => continue,
            (None, _) => glob.clone(),
        };
        let matcher = GlobBuilder::new(&full).literal_separator(true).build().map_err(|error| {
            Fault::invalid("`trust.always` of your configuration is faulty").because(error)
        })?;
        if matcher.compile_matcher().is_match(&subject.root) && foreign(subject).is_none() {
            return Ok(Some(glob.clone()));
        }
    }
    Ok(None)
}

/// The first path of a subject that somebody else could have written, if there is one: its root,
/// or one of its files where it really lies.
pub(super) fn foreign(subject: &Subject) -> Option<PathBuf> {
    let root = &subject.root;
    if !is_own(root) {
        return Some(root.clone());
    }
    let files = subject.files.iter().filter_map(|file| {
        let path = git::unescape(&file.path)?;
        Some(root.join(PathBuf::from(OsString::from_vec(path))))
    });
    let mut places = files.flat_map(|file| {
        let real = file.canonicalize().ok();
        [Some(file), real].into_iter().flatten()
    });
    places.find(|file| file.starts_with(root) && !is_own(file))
}

/// Whether only this user and root can change what stands at this path.
pub(super) fn is_own(path: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let own = [0, rustix::process::geteuid().as_raw()];
    path.ancestors().all(|place| {
        let Ok(found) = fs::symlink_metadata(place) else { return false };
        // The mode of a link says nothing; who can replace it can write the folder it lies in.
        let open = !found.is_symlink() && found.mode() & 0o022 != 0;
        // In a folder such as /tmp nobody can move what belongs to another.
        let guarded = place != path && found.mode() & STICKY != 0;
        own.contains(&found.uid()) && (!open || guarded)
    })
}
