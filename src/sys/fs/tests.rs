use std::{
    os::unix::{fs::symlink, net::UnixListener},
    path::PathBuf,
    sync::Barrier,
    thread,
};

use tempfile::tempdir;

use super::*;
use crate::sys::process::{
    Exit, Group,
    tests::{make_fifo, sh},
};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn put(path: PathBuf, bytes: &[u8]) -> PathBuf {
    File::create(&path).unwrap().write_all(bytes).unwrap();
    path
}

#[test]
fn a_write_replaces_all_or_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("session.json");
    write_atomic(&path, b"one", 0o600).unwrap();
    write_atomic(&path, b"", 0o640).unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (Vec::new(), 0o640));

    let aside = put(folder.path().join("aside"), b"kept");
    symlink(&aside, folder.path().join("link")).unwrap();
    write_atomic(&folder.path().join("link"), b"two", 0o600).unwrap();
    assert_eq!(fs::read(&aside).unwrap(), b"kept", "a link is replaced, not followed");

    fs::create_dir(folder.path().join("folder")).unwrap();
    let error = write_atomic(&folder.path().join("folder"), b"x", 0o600).unwrap_err();
    assert!(error.to_string().contains("/folder`"), "{error}");
    assert_eq!(names(folder.path()), ["aside", "folder", "link", "session.json"], "no temp left");
}

#[test]
fn every_error_names_its_path_and_keeps_its_kind() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("none").join("file");
    let results = [
        write_atomic(&missing, b"", 0o600),
        sync_dir(&missing),
        create_private_dir(&missing),
        open_append_private(&missing).map(drop),
        read_capped(&missing, 9).map(drop),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let text = error.to_string();
        assert!(text.starts_with("cannot ") && text.contains("none/file`: "), "{text}");
    }
}

#[test]
fn a_private_folder_is_new() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("session");
    create_private_dir(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    assert_eq!(create_private_dir(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    symlink(folder.path().join("elsewhere"), folder.path().join("planted")).unwrap();
    let error = create_private_dir(&folder.path().join("planted")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn a_private_folder_is_made_with_those_above_it_or_closed() {
    let folder = tempdir().unwrap();
    let deep = folder.path().join("a/b/c");
    ensure_private_dir(&deep).unwrap();
    ensure_private_dir(&deep).unwrap();
    assert_eq!((mode(&deep), mode(&folder.path().join("a"))), (0o700, 0o700));
    fs::set_permissions(&deep, Permissions::from_mode(0o755)).unwrap();
    ensure_private_dir(&deep).unwrap();
    assert_eq!(mode(&deep), 0o700);
    let file = put(folder.path().join("file"), b"");
    assert_eq!(ensure_private_dir(&file).unwrap_err().kind(), ErrorKind::NotADirectory);
}

#[tokio::test]
async fn appending_keeps_to_private_regular_files() {
    let folder = tempdir().unwrap();
    let path = put(folder.path().join("journal.jsonl"), b"1\n");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    open_append_private(&path).unwrap().write_all(b"2\n").unwrap();
    assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (&b"1\n2\n"[..], 0o600));

    symlink(&path, folder.path().join("link")).unwrap();
    make_fifo(&folder.path().join("fifo")).await;
    for name in ["link", "fifo", "."] {
        let refused = folder.path().join(name);
        assert!(open_append_private(&refused).is_err(), "{}", refused.display());
    }
}

#[test]
fn lines_of_many_writers_stay_whole() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("scratch.jsonl");
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for writer in 0..8 {
            let (path, start) = (&path, &start);
            scope.spawn(move || {
                let mut file = open_append_private(path).unwrap();
                let line = format!("{}\n", writer.to_string().repeat(100));
                start.wait();
                (0..200).for_each(|_| file.write_all(line.as_bytes()).unwrap());
            });
        }
    });
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1600);
    assert!(text.lines().all(|line| line.len() == 100 && line.replace(&line[..1], "").is_empty()));
}

#[tokio::test]
async fn only_regular_files_within_the_cap_are_read() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    put(at("empty"), b"");
    put(at("four"), b"four");
    symlink("four", at("link")).unwrap();
    symlink("/dev/zero", at("zero")).unwrap();
    symlink("self", at("self")).unwrap();
    make_fifo(&at("fifo")).await;
    let _socket = UnixListener::bind(at("socket")).unwrap();
    File::create(at("sparse")).unwrap().set_len(1 << 40).unwrap();

    let rows: &[(&str, u64, Result<&str, &str>)] = &[
        ("empty", 0, Ok("")),
        ("four", 4, Ok("four")),
        ("link", 4, Ok("four")),
        ("four", 3, Err("over 3 bytes")),
        ("sparse", 1 << 20, Err("over 1048576 bytes")),
        ("four", u64::MAX, Ok("four")),
        ("fifo", 9, Err("not a regular file but a FIFO")),
        ("zero", 9, Err("not a regular file but a device")),
        ("socket", 9, Err("not a regular file but a socket")),
        (".", 9, Err("not a regular file but a folder")),
        ("self", 9, Err("symbolic link")),
        ("missing", 9, Err("No such file")),
    ];
    for (name, max, expected) in rows {
        match (read_capped(&at(name), *max), expected) {
            (Ok(bytes), Ok(text)) => assert_eq!(bytes, text.as_bytes(), "{name}"),
            (Err(error), Err(part)) => {
                let text = error.to_string();
                assert!(text.contains(part) && text.contains(name), "{name}: {text}");
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn the_start_of_a_file_can_be_read_alone() {
    let folder = tempdir().unwrap();
    let path = put(folder.path().join("SKILL.md"), b"header and body");
    for (max, expected) in [(0, ""), (6, "header"), (99, "header and body")] {
        assert_eq!(read_start(&path, max).unwrap(), expected.as_bytes());
    }
    make_fifo(&folder.path().join("fifo")).await;
    assert!(read_start(&folder.path().join("fifo"), 9).is_err());
}

/// Names the folder in which [`acts_under_a_umask`] has to work: a umask is that of the process,
/// so each is tried in a process of its own, whose test harness takes this for a name to skip.
const MARKER: &str = "work-in:";

#[test]
fn acts_under_a_umask() {
    if let Some(folder) =
        std::env::args().find_map(|arg| Some(arg.strip_prefix(MARKER)?.to_owned()))
    {
        let folder = Path::new(&folder);
        create_private_dir(&folder.join("new")).unwrap();
        ensure_private_dir(&folder.join("deep/er")).unwrap();
        write_atomic(&folder.join("whole"), b"x", PRIVATE_FILE).unwrap();
        open_append_private(&folder.join("lines")).unwrap();
    }
}

#[tokio::test]
async fn modes_do_not_depend_on_the_umask() {
    for umask in ["000", "077", "277"] {
        let folder = tempdir().unwrap();
        let exe = std::env::current_exe().unwrap();
        let script = format!(
            "umask {umask}; exec '{}' --exact sys::fs::tests::acts_under_a_umask --skip {MARKER}{}",
            exe.display(),
            folder.path().display()
        );
        let mut group = Group::spawn(&sh(&script)).unwrap();
        assert_eq!(group.wait().await.unwrap(), Exit::Code(0), "{umask}");
        for (name, expected) in [
            ("new", 0o700),
            ("deep", 0o700),
            ("deep/er", 0o700),
            ("whole", 0o600),
            ("lines", 0o600),
        ] {
            assert_eq!(mode(&folder.path().join(name)), expected, "{umask} {name}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_kernel_makes_up_is_not_a_file() {
    let folder = tempdir().unwrap();
    symlink("/proc/self/environ", folder.path().join("SKILL.md")).unwrap();
    let error = read_capped(&folder.path().join("SKILL.md"), 1 << 20).unwrap_err();
    assert!(error.to_string().contains("one of /proc"), "{error}");
}

#[test]
fn what_lies_beneath_is_read_and_no_link_is_followed() {
    let root = tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    fs::create_dir_all(at("dir/sub")).unwrap();
    put(at("dir/sub/file"), b"mine");
    put(at("secret"), b"theirs");
    symlink("../secret", at("dir/link")).unwrap();
    symlink("..", at("dir/up")).unwrap();
    symlink("sub", at("dir/inner")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, at("dir/fifo"), fifo, Mode::RUSR, 0).unwrap();
    // 1 TB of nothing, of which no block is stored.
    File::create(at("dir/sparse")).unwrap().set_len(1 << 40).unwrap();
    let rows = [
        ("sub/file", None),
        ("./sub/./file", None),
        ("link", Some("symbolic link")),
        ("up/secret", Some("directory")),
        ("inner/file", Some("directory")),
        ("../secret", Some("leads out")),
        ("/etc/hostname", Some("leads out")),
        ("sub", Some("a folder")),
        (".", Some("directory")),
        ("fifo", Some("a FIFO")),
        ("sparse", Some("over 100 bytes")),
        ("nothing", Some("No such file")),
    ];
    for (path, refused) in rows {
        match (read_beneath(&at("dir"), Path::new(path), 100), refused) {
            (Ok(bytes), None) => assert_eq!(bytes, b"mine", "{path}"),
            (Err(error), Some(why)) => {
                assert!(error.to_string().contains(why), "{path}: {error}");
            }
            (read, _) => panic!("{path}: {read:?}"),
        }
    }
}

#[test]
fn a_file_that_becomes_a_link_in_between_is_not_followed() {
    let root = tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    fs::create_dir(at("dir")).unwrap();
    put(at("secret"), b"theirs");
    put(at("dir/real"), b"mine");
    symlink("../secret", at("dir/link")).unwrap();
    let exchange = || {
        let flags = rustix::fs::RenameFlags::EXCHANGE;
        let here = rustix::fs::CWD;
        rustix::fs::renameat_with(here, at("dir/real"), here, at("dir/link"), flags)
    };
    if exchange().and_then(|()| exchange()).is_err() {
        return;
    }
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            (0..1000).for_each(|_| exchange().unwrap());
        });
        start.wait();
        for _ in 0..1000 {
            // Looked at as a link, as a file, or not at all: never what the link leads to.
            if let Ok(bytes) = read_beneath(&at("dir"), Path::new("real"), 100) {
                assert_eq!(bytes, b"mine");
            }
        }
    });
}
