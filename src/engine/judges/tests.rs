use std::{io::Write as _, os::unix::fs::symlink};

use super::*;
use crate::model::digest::sha256;

fn holds(path: &Path) -> Holds {
    state(path).holds
}

#[test]
fn what_stands_at_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = "x".repeat(200_000);
    fs::File::create(at("file")).unwrap().write_all(text.as_bytes()).unwrap();
    symlink("file", at("link")).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("gone", at("dangling")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), 0o600.into()).unwrap();

    let hash = Holds::Sha256(sha256(text.as_bytes()));
    assert_eq!(state(&at("file")), FileState { link: None, holds: hash.clone() });
    assert_eq!(state(&at("link")), FileState { link: Some("file".into()), holds: hash });
    for nothing in ["gone", "file/below", "", "dangling"] {
        assert_eq!(holds(&at(nothing)), Holds::Nothing, "{nothing}");
    }
    assert_eq!(holds(&at("loop")), Holds::Unreadable);
    assert_eq!(holds(&at("fifo")), Holds::Nothing, "and nobody waits for it");
    assert_eq!(state(&at("dangling")).link, Some("gone".into()));
}
