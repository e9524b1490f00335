//! What is left over or missing around atlas itself: no run needs it, and it can be put right.

use std::path::PathBuf;

use super::{
    super::{
        completions::{place::Place, script},
        context::Context,
        session::sessions,
    },
    Finding,
};
use crate::{
    report::words,
    store::{
        copies::{Copy, copies, names},
        folders::Folders,
        probe::ProbeCache,
    },
    sys::{fs::read_capped, git},
};

/// A script for a shell is far smaller.
const MAX_SCRIPT: u64 = 8 * 1024 * 1024;

pub(super) fn look(context: &Context, folders: &Folders) -> Vec<Finding> {
    let stale = stale_answers(folders).len();
    let answers = (stale > 0).then(|| {
        let found = format!("{} of a claude that is gone", words::count(stale, "answer"));
        Finding::warn("cache", found).advise("`atlas doctor --fix` forgets them")
    });
    let left = copies_to_remove(context).len();
    let left_over = (left > 0).then(|| {
        let found = format!("{} of the tree with nothing to lose", counted(left));
        Finding::warn("copies", found).advise("`atlas doctor --fix` removes them")
    });
    answers.into_iter().chain(left_over).chain(completions(context)).collect()
}

fn counted(copies: usize) -> String {
    if copies == 1 { "1 copy".to_owned() } else { format!("{copies} copies") }
}

/// What binaries said that are no longer there, or that are other ones by now.
pub(super) fn stale_answers(folders: &Folders) -> Vec<PathBuf> {
    ProbeCache::at(&folders.cache).stale()
}

/// Copies of the tree whose work stands elsewhere too. One that cannot be looked at stays.
pub(super) fn copies_to_remove(context: &Context) -> Vec<Copy> {
    let project = context.project();
    let Ok(git::Place::Repository(repository)) = &project.place else { return Vec::new() };
    if names(repository).is_empty() {
        return Vec::new();
    }
    let listed = sessions(context).and_then(|sessions| sessions.list());
    let all = listed.and_then(|listed| copies(repository, &listed)).unwrap_or_default();
    all.into_iter().filter(Copy::may_go).collect()
}

/// The place of the completions that the user's shell lacks.
pub(super) fn missing_completions(context: &Context) -> Option<Place> {
    Place::of_user(&context.env).filter(|place| place.found().is_none())
}

/// Only for shells that look in a fixed place: of the others nobody can tell.
fn completions(context: &Context) -> Option<Finding> {
    let place = Place::of_user(&context.env)?;
    let shell = place.shell;
    let Some(file) = place.found() else {
        return Some(
            Finding::warn("completions", format!("{shell} has none of atlas"))
                .advise("`atlas doctor --fix` puts them where it looks"),
        );
    };
    let (shown, ours) = (file.display(), script(shell));
    if read_capped(file, MAX_SCRIPT).is_ok_and(|there| there == ours.as_bytes()) {
        return Some(Finding::ok("completions", shown.to_string()));
    }
    // Somebody may have changed it, so it is not for us to replace.
    Some(
        Finding::warn("completions", format!("{shown} is not that of this version"))
            .advise(format!("`atlas completions {shell} --install` writes it anew")),
    )
}
