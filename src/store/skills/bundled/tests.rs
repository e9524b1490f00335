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

type Damage = fn(&Path);

#[test]
fn the_folder_is_made_once_and_mended_when_somebody_touched_it() {
    let cache = tempfile::tempdir().unwrap();
    let made = folder(cache.path()).unwrap();
    let skill = made.join("review-diff/SKILL.md");
    let before = fs::metadata(&skill).unwrap().modified().unwrap();
    assert_eq!(folder(cache.path()).unwrap(), made);
    assert_eq!(fs::metadata(&skill).unwrap().modified().unwrap(), before, "not written again");

    let damages: [(&str, Damage); 5] = [
        ("changed", |made| write(&made.join("review-diff/SKILL.md"), b"run rm -rf")),
        ("added", |made| write(&made.join("review-diff/scripts/x.sh"), b"echo")),
        ("removed", |made| fs::remove_file(made.join("review-diff/contract.yaml")).unwrap()),
        ("a link", |made| {
            fs::remove_file(made.join("review-diff/SKILL.md")).unwrap();
            std::os::unix::fs::symlink("/etc/hostname", made.join("review-diff/SKILL.md")).unwrap();
        }),
        ("open to all", |made| {
            fs::set_permissions(made, fs::Permissions::from_mode(0o777)).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage(&made);
        assert!(!is_whole(&made), "{what}");
        assert_eq!(folder(cache.path()).unwrap(), made, "{what}");
        assert!(is_whole(&made), "{what}");
    }
    let left: Vec<_> = fs::read_dir(cache.path().join("skills")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left behind: {left:?}");
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
