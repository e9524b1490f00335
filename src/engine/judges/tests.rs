use std::{collections::BTreeSet, io::Write as _, os::unix::fs::symlink};

use super::*;
use crate::sys::fs::write_atomic;

fn state(path: &Path) -> FileState {
    super::state(path, &Part::Whole)
}

fn holds(path: &Path) -> Holds {
    state(path).holds
}

#[test]
fn what_of_a_package_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package.json");
    let part = Part::Scripts(BTreeSet::from(["test".to_owned()]));
    let of = |text: &str| {
        write_atomic(&path, text.as_bytes(), 0o600).unwrap();
        super::state(&path, &part).holds
    };
    let before = of(r#"{"scripts": {"test": "x"}, "version": "1"}"#);
    assert_eq!(of(r#"{"scripts": {"test": "x", "b": "y"}, "version": "2"}"#), before);
    assert_ne!(of(r#"{"scripts": {"test": "y"}, "version": "1"}"#), before);
    let long = " ".repeat(5 * 1024 * 1024);
    assert_ne!(of(&format!("{{\"scripts\": {{\"test\": \"x\"}} {long} }}")), before);
    fs::remove_file(&path).unwrap();
    assert_eq!(super::state(&path, &part).holds, Holds::Nothing);
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
