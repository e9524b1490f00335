use std::fs;

use serde_json::json;

use super::*;
use crate::model::recording::{GitCase, Options, VERSION};

fn file(path: &str, kind: RepoKind, bytes: &str) -> RepoFile {
    RepoFile { path: path.into(), kind, bytes: bytes.into() }
}

fn draft(repo: Vec<RepoFile>) -> Draft {
    Draft {
        case: Case {
            version: VERSION,
            skill: "tidy".into(),
            made: "by a test".into(),
            claude: "2.1.328".into(),
            args: vec!["yes".into(), "a: b".into(), "two\nlines".into()],
            inputs: [("who".to_owned(), "1.0".to_owned())].into(),
            options: Options { edit: true, allow: vec!["Bash(x *)".into()], ..Options::default() },
            folder: String::new(),
            placeholders: vec![crate::model::recording::Place::Home],
            left_out: Vec::new(),
            git: GitCase {
                branch: "main".into(),
                log: vec!["first\n\nbody\n".into()],
                ..GitCase::default()
            },
            calls: Vec::new(),
        },
        repo,
        patches: vec![("head.patch", Vec::new()), ("staged.patch", b"x".to_vec())],
        calls: Vec::new(),
        expected: json!({"status": "passed"}),
    }
}

#[test]
fn what_is_written_is_read() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("a/case");
    let repo = vec![
        file("bin/run", RepoKind::Executable, "true\n"),
        file("link", RepoKind::Link, "bin/run"),
        file("x.txt", RepoKind::Plain, ""),
    ];
    let draft = draft(repo.clone());
    for _again in 0..2 {
        write(&dir, &draft).unwrap();
        let read = Recording::open(&dir).unwrap();
        assert_eq!(read.case, draft.case);
        assert_eq!(read.files().unwrap(), repo);
        assert_eq!(read.patch("staged.patch").unwrap(), b"x");
        assert_eq!(read.patch("head.patch").unwrap(), b"");
        assert_eq!(read.expected().unwrap(), draft.expected);
    }
    let names: Vec<_> = fs::read_dir(home.path().join("a")).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside it: {names:?}");
}

fn check(draft: &Draft, message: &str, cause: &str) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("case");
    let fault = write(&dir, draft).unwrap_err();
    assert_eq!(fault.message, message);
    assert!(fault.causes.iter().any(|known| known.contains(cause)), "{fault:?}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn secrets_and_large_repositories_are_refused() {
    let key = format!("one\n{}_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5\n", "ghp");
    let secret = "the recording would hold what looks like a secret";
    let cause = "`repo/a.txt`, line 2: a GitHub token";
    check(&draft(vec![file("a.txt", RepoKind::Plain, &key)]), secret, cause);
    let mut in_result = draft(Vec::new());
    in_result.expected = json!({ "output": key });
    check(&in_result, secret, "`expected.json`, line 2");
    let large = "the repository is too large for a recording";
    let much = "x".repeat(1024 * 1024 + 1024);
    check(&draft(vec![file("a", RepoKind::Plain, &much)]), large, "1049600 bytes");
    let many = (0..201).map(|n| file(&n.to_string(), RepoKind::Plain, "")).collect();
    check(&draft(many), large, "201 files");
}

#[test]
fn a_folder_of_somebody_elses_is_no_place() {
    let home = tempfile::tempdir().unwrap();
    assert!(expect_place(home.path()).is_ok());
    assert!(expect_place(&home.path().join("new")).is_ok());
    crate::sys::fs::write_atomic(&home.path().join("x"), b"mine", 0o600).unwrap();
    assert!(expect_place(home.path()).is_err());
    assert!(write(home.path(), &draft(Vec::new())).is_err());
    assert!(home.path().join("x").exists());
    assert!(Recording::open(Path::new("/no/such")).is_err());
}
