//! Looks at the files that judge the work: what they hold, and whether they still do.

use std::{
    fs,
    io::{Error, ErrorKind},
    path::Path,
};

use tokio::task::spawn_blocking;

use crate::{
    model::{
        digest::Sha256Of,
        judges::{FileState, Holds, JudgeFile},
    },
    sys::fs::read_chunks,
};

/// What stands at `path` now.
pub(super) fn state(path: &Path) -> FileState {
    let link = fs::read_link(path).ok();
    let mut hash = Sha256Of::default();
    let holds = match read_chunks(path, |chunk| hash.take(chunk)) {
        Ok(()) => Holds::Sha256(hash.digits()),
        Err(error) if is_no_file(&error) => Holds::Nothing,
        Err(_) => Holds::Unreadable,
    };
    FileState { link, holds }
}

fn is_no_file(error: &Error) -> bool {
    use ErrorKind::{InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput)
}

/// The files as they are now.
pub(super) async fn now(root: &Path, files: &[JudgeFile]) -> Vec<JudgeFile> {
    let (root, mut files) = (root.to_owned(), files.to_vec());
    let looked = spawn_blocking(move || {
        for file in &mut files {
            file.state = state(&root.join(&file.path));
        }
        files
    });
    looked.await.expect("looking at files does not panic")
}

/// Those that are not what they were.
pub(super) async fn changed(root: &Path, files: &[JudgeFile]) -> Vec<JudgeFile> {
    let now = now(root, files).await;
    let differ = |(before, now): &(&JudgeFile, JudgeFile)| before.state != now.state;
    files.iter().zip(now).filter(differ).map(|(before, _)| before.clone()).collect()
}

#[cfg(test)]
mod tests;
