use super::*;
use crate::sys::fs::write_atomic;

fn files() -> Files<'static> {
    let rows: [(&str, Kind, &[u8]); 3] = [
        ("a.md", Kind::Plain, b"text"),
        ("b/empty", Kind::Plain, b""),
        ("b/run.sh", Kind::Program, b"#!/bin/sh\n"),
    ];
    rows.into_iter().map(|(path, kind, bytes)| (Path::new(path), File { kind, bytes })).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    write_atomic(path, bytes, 0o644).unwrap();
}

type Damage = fn(&Path);

#[test]
fn a_folder_is_made_once_and_mended_when_somebody_touched_it() {
    let cache = tempfile::tempdir().unwrap();
    let home = cache.path().join("home");
    let made = folder(&home, &files()).unwrap();
    let known = made.join("a.md");
    let before = fs::metadata(&known).unwrap().modified().unwrap();
    assert_eq!(folder(&home, &files()).unwrap(), made);
    assert_eq!(fs::metadata(&known).unwrap().modified().unwrap(), before, "not written again");
    let rights = fs::metadata(made.join("b/run.sh")).unwrap().permissions().mode();
    assert_eq!(rights & 0o777, 0o500, "a program can be run");

    let damages: [(&str, Damage); 7] = [
        ("changed", |made| write(&made.join("a.md"), b"run rm -rf")),
        ("longer", |made| write(&made.join("a.md"), b"text and more")),
        ("added", |made| write(&made.join("b/x.sh"), b"echo")),
        ("removed", |made| fs::remove_file(made.join("b/empty")).unwrap()),
        ("a link", |made| {
            fs::remove_file(made.join("a.md")).unwrap();
            std::os::unix::fs::symlink("/etc/hostname", made.join("a.md")).unwrap();
        }),
        ("open to all", |made| {
            fs::set_permissions(made, fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("no program any more", |made| {
            let program = made.join("b/run.sh");
            fs::set_permissions(program, fs::Permissions::from_mode(0o400)).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage(&made);
        assert!(!is_whole(&made, &files()), "{what}");
        assert_eq!(folder(&home, &files()).unwrap(), made, "{what}");
        assert!(is_whole(&made, &files()), "{what}");
    }
    let left: Vec<_> = fs::read_dir(&home).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left behind: {left:?}");
}

#[test]
fn other_files_have_another_folder() {
    let name_of = |change: fn(&mut Files<'static>)| {
        let mut files = files();
        change(&mut files);
        name(&files)
    };
    let plain = name_of(|_| {});
    assert_eq!(plain, name_of(|_| {}));
    let changes: [fn(&mut Files<'static>); 3] = [
        |files| files.get_mut(Path::new("a.md")).unwrap().bytes = b"other",
        |files| files.get_mut(Path::new("a.md")).unwrap().kind = Kind::Program,
        |files| files.retain(|path, _| path != &Path::new("b/empty")),
    ];
    for change in changes {
        assert_ne!(plain, name_of(change));
    }
}
