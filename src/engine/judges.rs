//! Looks at the files that judge the work: what they hold, and whether they still do.

use std::{
    fs,
    io::{self, Error, ErrorKind},
    path::Path,
};

use tokio::task::spawn_blocking;

use crate::{
    model::{
        digest::{Sha256Of, sha256},
        judges::{FileState, Holds, JudgeFile, Part},
    },
    sys::fs::{read_capped, read_chunks},
};

/// A package is no larger than this: 4 MiB. Of a larger file all of it counts.
const PACKAGE_BYTES: u64 = 4 * 1024 * 1024;

/// What stands at `path` now, as far as this part of it judges.
pub(super) fn state(path: &Path, part: &Part) -> FileState {
    let link = fs::read_link(path).ok();
    let hashed = match part {
        Part::Whole => whole(path),
        Part::Scripts(_) => match read_capped(path, PACKAGE_BYTES) {
            Ok(bytes) => Ok(sha256(&part.of(bytes))),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => whole(path),
            Err(error) => Err(error),
        },
    };
    let holds = match hashed {
        Ok(digits) => Holds::Sha256(digits),
        Err(error) if is_no_file(&error) => Holds::Nothing,
        Err(_) => Holds::Unreadable,
    };
    FileState { link, holds }
}

fn whole(path: &Path) -> io::Result<String> {
    let mut hash = Sha256Of::default();
    read_chunks(path, |chunk| hash.take(chunk))?;
    Ok(hash.digits())
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
            file.state = state(&root.join(&file.path), &file.part);
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
