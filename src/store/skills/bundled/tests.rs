use std::fs;

use super::*;
use crate::sys::fs::write_atomic;

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_atomic(path, bytes, 0o644).unwrap();
}

/// cargo notices a changed file, but no new one.
#[test]
fn what_is_embedded_is_what_lies_in_the_repository() {
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills");
    let message = "touch src/store/skills/bundled.rs, so that cargo looks into skills/ again";
    for skill in fs::read_dir(&skills).unwrap() {
        let (name, folder) = skill.map(|skill| (skill.file_name(), skill.path())).unwrap();
        let name = name.to_str().unwrap();
        assert_eq!(is_bundled(name, &folder), name != ABOUT_ATLAS, "{name}: {message}");
    }
}

#[test]
fn a_folder_is_the_bundled_skill_only_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("review-diff");
    for (path, bytes) in files().iter().filter(|(path, _)| path.starts_with("review-diff")) {
        write(&home.path().join(path), bytes);
    }
    assert!(is_bundled("review-diff", &copy));
    assert!(!is_bundled("commit-message", &copy));
    write(&copy.join("more.md"), b"more");
    assert!(!is_bundled("review-diff", &copy));
    assert!(!is_bundled("nothing", home.path()));
}
