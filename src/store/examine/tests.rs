//! What is found on a disk.

use std::{fs, os::unix::fs::symlink};

use tempfile::TempDir;

use super::*;
use crate::{model::lint::Strictness, store::skills::Search};

/// A repository in a temporary folder.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        crate::sys::fs::write_atomic(&path, text.as_ref(), 0o644).unwrap();
        self
    }

    fn look<T>(&self, look: impl FnOnce(&Ground<'_>) -> T) -> T {
        let root = self.0.path().canonicalize().unwrap();
        let roots = Roots::new(&Search { project: Some(&root), ..Search::default() }).unwrap();
        look(&Ground {
            root: &root,
            cwd: &root,
            user_config: None,
            roots: &roots,
            path: OsStr::new("/usr/bin:/bin"),
        })
    }

    /// The files that were looked at and the rules that they break.
    fn of(&self, asked: &[&str]) -> (Vec<String>, Vec<String>) {
        let asked: Vec<PathBuf> = asked.iter().map(PathBuf::from).collect();
        let examined = self.look(|ground| {
            if asked.is_empty() { repository(ground) } else { paths(ground, &asked).unwrap() }
        });
        let files = examined.files.iter().map(|file| file.path.display().to_string());
        let found = examined.findings.iter();
        let found = found.map(|it| format!("{} {}", it.spot.path.display(), it.rule.id));
        (files.collect(), found.collect())
    }
}

fn skill(name: &str) -> String {
    format!("---\nname: {name}\ndescription: d\n---\n")
}

#[test]
fn a_repository_and_every_part_of_it() {
    let repository = Repository::new();
    repository
        .write(".claude/atlas.yaml", "hooks: { a: { timing: pre, command: [sh] } }")
        .write(".claude/contracts/one.yaml", "output: gone.json")
        .write(".claude/contracts/plugin/two.yaml", "limits: { usd: 1 }")
        .write(".claude/skills/one/SKILL.md", skill("one"))
        .write(".claude/skills/one/contract.yaml", "limit: { usd: 1 }")
        .write(".claude/skills/one/scripts/deep/run.sh", "")
        .write("skills/group/two/skill.md", skill("three"))
        .write("docs/SKILL.md", skill("docs"));
    symlink("../../skills/group/two", repository.0.path().join(".claude/skills/two")).unwrap();
    let config = ".claude/atlas.yaml";
    let one = [".claude/skills/one/SKILL.md", ".claude/skills/one/contract.yaml"];
    let of_one = [".claude/contracts/one.yaml", ".claude/contracts/plugin/two.yaml"];
    let whole = [&[config][..], &of_one, &one, &[".claude/skills/two/skill.md"]].concat();
    let rows: &[(&[&str], &[&str])] = &[
        (&[], &whole),
        (&["."], &whole),
        (&[".claude"], &whole),
        (&[".claude/contracts"], &of_one),
        (&[".claude/contracts/one.yaml"], &of_one[..1]),
        (&[".claude/atlas.yaml"], &[config]),
        (&[".claude/skills/one"], &one),
        (&[".claude/skills/one/SKILL.md", ".claude/skills/one/contract.yaml"], &one),
        (&[".claude/skills/one/scripts/deep/run.sh"], &one),
        (&["skills", "docs"], &["skills/group/two/skill.md", "docs/SKILL.md"]),
    ];
    for (asked, expected) in rows {
        assert_eq!(repository.of(asked).0, *expected, "{asked:?}");
    }
    assert_eq!(
        repository.of(&[]).1,
        [
            ".claude/contracts/one.yaml schema-broken",
            ".claude/contracts/plugin/two.yaml contract-for-nobody",
            ".claude/skills/one/contract.yaml contract-broken",
            ".claude/skills/two/skill.md name-folder",
        ]
    );
}

#[test]
fn what_cannot_be_looked_at_is_refused() {
    let repository = Repository::new();
    repository.write("src/main.rs", "").write("other.yaml", "");
    for (asked, why) in [
        ("gone", "cannot be looked at"),
        ("src", "holds neither a skill"),
        ("src/main.rs", "is neither a skill"),
        ("other.yaml", "is neither a skill"),
    ] {
        let fault = repository.look(|ground| paths(ground, &[asked.into()]).unwrap_err());
        assert_eq!(fault.status, crate::model::Status::Invalid, "{asked}");
        assert!(fault.message.contains(why), "{asked}: {fault}");
    }
}

#[test]
fn files_that_cannot_be_read_are_findings() {
    let repository = Repository::new();
    repository
        .write("skills/open/SKILL.md", "---\nname: open\ndescription: Opens.\n")
        .write("skills/large/SKILL.md", vec![b'x'; MAX_BYTES + 1])
        .write("skills/fine/SKILL.md", skill("fine"))
        .write("skills/fine/contract.yaml", [0xff])
        .write(".claude/atlas.yaml", "trust: { always: ['/'] }");
    fs::create_dir_all(repository.0.path().join("skills/out")).unwrap();
    symlink("/etc/passwd", repository.0.path().join("skills/out/SKILL.md")).unwrap();
    repository.write("skills/led/SKILL.md", skill("led"));
    symlink("/etc/passwd", repository.0.path().join("skills/led/contract.yaml")).unwrap();
    let (_, found) = repository.of(&[]);
    assert_eq!(
        found,
        [
            ".claude/atlas.yaml config-broken",
            "skills/fine/contract.yaml contract-broken",
            "skills/large/SKILL.md unreadable",
            "skills/led/contract.yaml contract-broken",
            "skills/open/SKILL.md front-matter-broken",
            "skills/out/SKILL.md unreadable",
        ]
    );
}

#[test]
fn a_repository_can_be_one_skill() {
    let repository = Repository::new();
    repository.write("SKILL.md", skill("a")).write("src/deep/main.rs", "");
    for asked in [&[][..], &["."], &["src/deep/main.rs"]] {
        assert_eq!(repository.of(asked).0, ["SKILL.md"], "{asked:?}");
    }
}

#[test]
fn no_file_hides_the_others_by_its_many_warnings() {
    let repository = Repository::new();
    let keys: Vec<String> = (0..MAX_SHOWN + 5).map(|n| format!("key{n}: x\n")).collect();
    let keys = keys.concat();
    let text = format!("---\nname: a\ndescription: d\n{keys}---\nhidden\u{202e}\n");
    repository.write("skills/a/SKILL.md", text);
    let examined = repository.look(repository_examined);
    assert_eq!(examined.findings.len(), MAX_SHOWN + 1);
    assert_eq!(
        examined.findings.last().unwrap().rule.id,
        "hidden-text",
        "an error is never left out"
    );
    assert_eq!(examined.notices, ["skills/a/SKILL.md: 5 more warnings are not shown"]);
}

/// A text that somebody wrote to keep us busy.
#[test]
fn a_hostile_text_is_looked_at_soon() {
    let repository = Repository::new();
    let body = "`scripts/x.py a` [x](y/z) <!-- a --> ".repeat(20_000);
    repository.write("skills/a/SKILL.md", format!("{}{body}", skill("a")));
    assert!(!repository.look(repository_examined).findings.is_empty());
}

#[test]
fn hooks_are_looked_for_where_they_run() {
    let repository = Repository::new();
    let hook = |command: &str| format!("hooks: {{ a: {{ timing: pre, command: {command} }} }}");
    repository
        .write("skills/a/SKILL.md", skill("a"))
        .write("skills/a/scripts/run.sh", "#!/bin/sh\n")
        .write("skills/a/contract.yaml", hook("[sh, scripts/run.sh]"))
        .write("tool.sh", "#!/bin/sh\n")
        .write(".claude/atlas.yaml", hook("[./tool.sh]"));
    let found = repository.look(repository_examined).findings;
    let shown: Vec<(&str, &str)> =
        found.iter().map(|it| (it.rule.id, it.spot.help.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        shown,
        [
            ("hook-command", "chmod +x ./tool.sh"),
            ("hooks-unfit", "`atlas config` lists the hooks and where each stands"),
            ("hooks-unfit", "say `replace: true` to take its place, or give it another name"),
            ("hook-command", "write [sh, -c, 'sh \"$ATLAS_SKILL_DIR/scripts/run.sh\"']"),
        ]
    );
}

fn repository_examined(ground: &Ground<'_>) -> Examined {
    repository(ground)
}

/// Skills that the reference validator of the open specification judges in its own tests, and its
/// verdict: the name of the folder, the file's name, the text, and whether it is valid. Its tests
/// of folders that hold none stand in [`what_is_no_skill_is_not_valid`].
fn reference() -> Vec<(String, &'static str, String, bool)> {
    let plain = |name: &str, rest: &str| {
        format!("---\nname: {name}\ndescription: Says hello\n{rest}---\nHello\n")
    };
    let described = |text: &str| format!("---\nname: hello\ndescription: {text}\n---\nHello\n");
    let long = "n".repeat(70);
    let rows: Vec<(&str, &str, String, bool)> = vec![
        ("hello", "SKILL.md", plain("hello", ""), true),
        ("hello", "skill.md", plain("hello", ""), true),
        ("hello", "SKILL.md", plain("hello", "license: MIT\n"), true),
        ("hello", "SKILL.md", plain("hello", "license: MIT\nmetadata:\n  by: Ada\n"), true),
        ("hello", "SKILL.md", plain("hello", "metadata:\n  by: Ada\n  version: 1.0\n"), true),
        ("hello", "SKILL.md", plain("hello", "allowed-tools: Bash(a:*) Bash(b:*)\n"), true),
        ("hello", "SKILL.md", plain("hello", "compatibility: Needs Python 3.11+\n"), true),
        ("hello", "SKILL.md", described("Say <foo> & <bar>"), true),
        ("技能", "SKILL.md", plain("技能", ""), true),
        ("мой-навык", "SKILL.md", plain("мой-навык", ""), true),
        ("навык", "SKILL.md", plain("навык", ""), true),
        ("caf\u{e9}", "SKILL.md", plain("cafe\u{301}", ""), true),
        ("hello", "README.md", plain("hello", ""), false),
        ("Hello", "SKILL.md", plain("Hello", ""), false),
        ("НАВЫК", "SKILL.md", plain("НАВЫК", ""), false),
        (&long, "SKILL.md", plain(&long, ""), false),
        ("-hello", "SKILL.md", plain("-hello", ""), false),
        ("hello-", "SKILL.md", plain("hello-", ""), false),
        ("hel--lo", "SKILL.md", plain("hel--lo", ""), false),
        ("hel_lo", "SKILL.md", plain("hel_lo", ""), false),
        ("other", "SKILL.md", plain("hello", ""), false),
        ("hello", "SKILL.md", plain("hello", "some_key: not known\n"), false),
        ("hello", "SKILL.md", described(&"d".repeat(1100)), false),
        (
            "hello",
            "SKILL.md",
            plain("hello", &format!("compatibility: {}\n", "c".repeat(550))),
            false,
        ),
        ("hello", "SKILL.md", "---\ndescription: Says hello\n---\nHello\n".to_owned(), false),
        ("hello", "SKILL.md", "---\nname: hello\n---\nHello\n".to_owned(), false),
        ("hello", "SKILL.md", "# Nothing above\n".to_owned(), false),
        ("hello", "SKILL.md", "---\nname: hello\ndescription: d\n".to_owned(), false),
        ("hello", "SKILL.md", "---\nname: [hello\ndescription: d\n---\n".to_owned(), false),
        ("hello", "SKILL.md", "---\n- a\n- list\n---\nHello\n".to_owned(), false),
        // Seen when both were run on the same files.
        ("hello", "Skill.md", plain("hello", ""), false),
        ("hello", "SKILL.md", plain("hello", "argument-hint: who\n"), false),
        ("hello", "SKILL.md", format!("\n{}", plain("hello", "")), false),
        ("hello", "SKILL.md", described("Use when: asked"), false),
        ("hello", "SKILL.md", plain("hello", "name: hello\n"), false),
        ("hello", "SKILL.md", plain("hello", "compatibility:\n  - a\n"), false),
        ("हिन्दी", "SKILL.md", plain("हिन्दी", ""), false),
        ("hello", "SKILL.md", plain("hello", "allowed-tools:\n  - Read\n"), true),
        ("hello", "SKILL.md", plain("hello", "").replace('\n', "\r\n"), true),
        ("\u{fb01}le", "SKILL.md", plain("file", ""), true),
        ("hello", "SKILL.md", described(&"ü".repeat(1024)), true),
        ("x²", "SKILL.md", plain("x²", ""), true),
    ];
    rows.into_iter().map(|(dir, file, text, valid)| (dir.to_owned(), file, text, valid)).collect()
}

#[test]
fn strict_verdicts_are_those_of_the_reference_validator() {
    for (folder, file, text, valid) in reference() {
        let repository = Repository::new();
        repository.write(&format!("here/{folder}/{file}"), &text);
        let path = PathBuf::from(format!("here/{folder}"));
        let accepted = repository.look(|ground| {
            paths(ground, &[path]).is_ok_and(|examined| {
                let mut levels = examined.findings.iter().map(|it| it.level(Strictness::Strict));
                levels.all(|level| level != Level::Error)
            })
        });
        assert_eq!(accepted, valid, "{folder}/{file}: {text}");
    }
}

#[test]
fn what_is_no_skill_is_not_valid() {
    let repository = Repository::new();
    repository.write("file.txt", "test").write("empty/README.md", "");
    for asked in ["gone", "file.txt", "empty"] {
        assert!(repository.look(|ground| paths(ground, &[asked.into()]).is_err()), "{asked}");
    }
    repository.write("both/SKILL.md", skill("both")).write("both/skill.md", "no front matter");
    assert_eq!(repository.of(&["both"]), (vec!["both/SKILL.md".to_owned()], Vec::new()));
}

/// What the reference validator cuts, refuses or breaks on, and no reader has to.
#[test]
fn its_defects_are_not_ours() {
    for (text, valid) in [
        (&b"---\nname: hello\ndescription: one --- two\n---\n"[..], true),
        (b"\xef\xbb\xbf---\nname: hello\ndescription: d\n---\n", true),
        (b"---\nname: hello\ndescription: d\nallowed-tools: [Read, Grep]\n---\n", true),
        (b"---\nname: hello\ndescription: a\0b\n---\n", false),
        (b"---\nname: hello\ndescription: caf\xe9\n---\n", false),
    ] {
        let repository = Repository::new();
        repository.write("skills/hello/SKILL.md", text);
        let (_, found) = repository.of(&[]);
        assert_eq!(found.is_empty(), valid, "{}: {found:?}", String::from_utf8_lossy(text));
    }
}
