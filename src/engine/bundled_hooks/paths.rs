//! `paths-allowed`: an agent touches only those files that its work is about.

use std::{fs, os::unix::ffi::OsStrExt as _, path::Path};

use super::{Answer, work::Work};
use crate::{
    model::bundled_hook::{
        globs::Globs,
        paths::{Leads, reasons},
    },
    sys::git,
};

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let listed = work.with.paths.as_ref().filter(|paths| !paths.is_empty());
    let listed = listed.ok_or("no `paths` are given")?;
    let allowed = Globs::new(listed.iter().map(|glob| glob.value.as_str()))?;
    let changes = work.changes()?;
    let root = work.root()?;
    Ok(Answer::of(reasons(&allowed, &changes, |path| {
        let place = work.place(path).ok()?;
        fs::symlink_metadata(&place)
            .is_ok_and(|found| found.is_symlink())
            .then(|| leads(&root, &place))
    })))
}

/// Where a link leads. A target that does not exist yet could be made through it, so the folder
/// above it decides.
fn leads(root: &Path, link: &Path) -> Leads {
    let target = || {
        let named = link.parent()?.join(fs::read_link(link).ok()?);
        if let Ok(real) = named.canonicalize() {
            return Some(real);
        }
        Some(named.parent()?.canonicalize().ok()?.join(named.file_name()?))
    };
    match target().as_deref().and_then(|target| target.strip_prefix(root).ok()) {
        Some(below) => Leads::Inside(git::escape(below.as_os_str().as_bytes())),
        None => Leads::Outside,
    }
}
