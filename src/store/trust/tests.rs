#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes them")]

mod deciding;
mod holding;

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use snapbox::{assert_data_eq, str};

use super::*;
use crate::{
    store::folders::Folders,
    sys::fs::{PRIVATE_FILE, write_atomic},
};

/// A repository, and a user who trusts nothing yet.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(world.root().join(".git")).unwrap();
        world
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("repo")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes(), PRIVATE_FILE).unwrap();
    }

    fn store(&self) -> TrustStore {
        let [config, state, cache] =
            ["config", "state", "cache"].map(|name| self.folder.path().join(name));
        TrustStore::new(&Folders { config, state, cache })
    }

    fn subject(&self) -> Subject {
        Subject::of_repository(&self.root(), &self.root()).unwrap()
    }

    fn trust(&self, scope: Scope) {
        let at = "2026-11-20T08:00:00Z".parse().unwrap();
        self.store().trust(&self.subject(), scope, at).unwrap();
    }

    fn judge(&self) -> Verdict {
        self.judge_with(&TrustRequest::Stored, &[])
    }

    fn judge_with(&self, request: &TrustRequest, always: &[String]) -> Verdict {
        let asking = Asking { request, always, home: Some(self.folder.path()) };
        judge(&self.subject(), &self.store(), &asking).unwrap()
    }

    fn plain(&self, text: &str) -> String {
        text.replace(self.root().to_str().unwrap(), "REPO")
    }
}

fn paths(subject: &Subject) -> String {
    subject.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join("\n")
}

/// A repository with one of everything, and some files that need no trust.
fn furnished() -> World {
    let world = World::new();
    world.write(
        ".claude/atlas.yaml",
        "hooks:\n  a: { timing: pre, command: [python, qc/a.py, --config=qc/a.toml] }\n  b: { timing: pre, command: [sh, -c, './qc/b.sh && qc/none.sh'] }\n",
    );
    world.write(".claude/contracts/x.yaml", "steps: [{ run: [qc/step.sh] }]");
    world.write(".claude/contracts/p/y.yaml", "");
    world.write(".claude/settings.json", "{}");
    world.write(".claude/settings.local.json", "{}");
    world.write(".claude/settings.md", "");
    world.write(".mcp.json", "{}");
    world.write("CLAUDE.md", "");
    world.write(".claude/skills/s/SKILL.md", "");
    world.write(".claude/skills/s/references/r.md", "");
    world.write(".claude/skills/s/scripts/deep/run.sh", "");
    world.write(
        ".claude/skills/s/contract.yaml",
        "hooks: { c: { timing: post, command: [tools/c.sh] } }\nverify: { evidence: { commands: { d: [tools/d.sh] } } }",
    );
    world.write(".claude/skills/s/tools/c.sh", "");
    world.write("tools/d.sh", "");
    world.write("skills/group/t/skill.md", "");
    world.write("skills/group/t/scripts/run.sh", "");
    world.write("skills/node_modules/u/SKILL.md", "");
    world.write("skills/loose.md", "");
    for script in ["a.py", "a.toml", "b.sh", "step.sh", "other.sh"] {
        world.write(&format!("qc/{script}"), "");
    }
    world.write("src/main.rs", "");
    world
}

#[test]
fn a_subject_is_what_can_execute_or_widen() {
    assert_data_eq!(
        paths(&furnished().subject()),
        str![[r#"
.claude/atlas.yaml
.claude/contracts/p/y.yaml
.claude/contracts/x.yaml
.claude/settings.json
.claude/settings.local.json
.claude/skills/s/SKILL.md
.claude/skills/s/contract.yaml
.claude/skills/s/scripts/deep/run.sh
.claude/skills/s/tools/c.sh
.mcp.json
CLAUDE.md
qc/a.py
qc/a.toml
qc/b.sh
qc/step.sh
skills/group/t/scripts/run.sh
skills/group/t/skill.md
tools/d.sh
"#]]
    );
}

#[test]
fn a_skill_outside_of_a_repository_is_a_subject_of_its_own() {
    let world = furnished();
    let subject = Subject::of_skill(&world.root().join(".claude/skills/s")).unwrap();
    assert_data_eq!(
        paths(&subject),
        str![[r#"
SKILL.md
contract.yaml
scripts/deep/run.sh
tools/c.sh
"#]]
    );
}

#[test]
fn nothing_to_trust() {
    let world = World::new();
    world.write("src/main.rs", "");
    assert_eq!(world.judge(), Verdict::NothingToTrust);
}

#[test]
fn trust_holds_until_a_trusted_file_changes() {
    let world = furnished();
    assert_eq!(world.judge(), Verdict::Untrusted(Why::New));
    world.trust(Scope::Content);
    assert_eq!(world.judge(), Verdict::Trusted(How::Content));
    world.write("src/main.rs", "changed");
    world.write("qc/other.sh", "changed");
    assert_eq!(world.judge(), Verdict::Trusted(How::Content));
    assert!(world.store().revoke(&world.root()).unwrap());
    assert!(!world.store().revoke(&world.root()).unwrap());
    assert_eq!(world.judge(), Verdict::Untrusted(Why::New));
}

/// Each row changes one thing of a trusted repository; the answer must be asked for again.
#[test]
fn every_change_of_what_executes_asks_again() {
    type Change = fn(&World);
    let rows: &[(&str, Change, &str)] = &[
        ("only the script of a hook", |it| it.write("qc/a.py", "evil"), "changed qc/a.py"),
        ("a file in a shell's words", |it| it.write("qc/b.sh", "evil"), "changed qc/b.sh"),
        ("a file in an option", |it| it.write("qc/a.toml", "evil"), "changed qc/a.toml"),
        (
            "a file that a hook named in vain",
            |it| it.write("qc/none.sh", "evil"),
            "added qc/none.sh",
        ),
        (
            "a script of a skill",
            |it| it.write(".claude/skills/s/scripts/new.sh", "evil"),
            "added .claude/skills/s/scripts/new.sh",
        ),
        (
            "a skill that shadows",
            |it| it.write("skills/new/SKILL.md", "evil"),
            "added skills/new/SKILL.md",
        ),
        (
            "a contract in the place of another",
            |it| it.write(".claude/contracts/s.yaml", ""),
            "added .claude/contracts/s.yaml",
        ),
        (
            "settings of Claude Code",
            |it| it.write(".claude/settings.json", "evil"),
            "changed .claude/settings.json",
        ),
        ("servers", |it| it.write(".mcp.json", "evil"), "changed .mcp.json"),
        (
            "a check that is gone",
            |it| fs::remove_file(it.root().join(".claude/contracts/x.yaml")).unwrap(),
            "removed .claude/contracts/x.yaml, removed qc/step.sh",
        ),
        (
            "a link to another file",
            |it| {
                fs::remove_file(it.root().join("qc/a.py")).unwrap();
                symlink("../src/main.rs", it.root().join("qc/a.py")).unwrap();
                it.write("src/main.rs", "evil");
            },
            "changed qc/a.py",
        ),
    ];
    for (name, change, expected) in rows {
        let world = furnished();
        world.trust(Scope::Content);
        change(&world);
        let Verdict::Untrusted(Why::Changed(difference)) = world.judge() else {
            panic!("{name}: {:?}", world.judge());
        };
        let Difference { added, removed, changed } = difference;
        let lists = [("added", added), ("removed", removed), ("changed", changed)];
        let shown = lists
            .iter()
            .flat_map(|(what, paths)| paths.iter().map(move |it| format!("{what} {it}")));
        assert_eq!(shown.collect::<Vec<_>>().join(", "), *expected, "{name}");
    }
}

#[test]
fn always_holds_for_a_path_but_not_for_another_repository_there() {
    let world = furnished();
    world.trust(Scope::Always);
    world.write("qc/a.py", "changed");
    assert_eq!(world.judge(), Verdict::Trusted(How::Always));
    fs::rename(world.root(), world.folder.path().join("old")).unwrap();
    fs::create_dir_all(world.root().join(".git")).unwrap();
    world.write(".claude/atlas.yaml", "");
    assert_eq!(world.judge(), Verdict::Untrusted(Why::Replaced));
}

#[test]
fn equal_content_at_another_path_is_not_trusted() {
    let world = furnished();
    world.trust(Scope::Content);
    let twin = world.folder.path().join("twin");
    fs::rename(world.root(), &twin).unwrap();
    let asking = Asking { request: &TrustRequest::Stored, always: &[], home: None };
    let subject = Subject::of_repository(&twin, &twin).unwrap();
    assert_eq!(judge(&subject, &world.store(), &asking).unwrap(), Verdict::Untrusted(Why::New));
}

#[test]
fn the_command_line_trusts_for_one_run() {
    let world = furnished();
    let digest = world.subject().digest;
    let content = Verdict::Trusted(How::Content);
    let hash = |hash: &str| TrustRequest::Hashes(vec!["0".repeat(64), hash.to_owned()]);
    assert_eq!(world.judge_with(&TrustRequest::ThisRun, &[]), Verdict::Trusted(How::ThisRun));
    assert_eq!(world.judge_with(&hash(&digest.to_uppercase()), &[]), content);
    assert_eq!(world.judge(), Verdict::Untrusted(Why::New), "nothing was stored");
    world.write("qc/a.py", "evil");
    assert_eq!(world.judge_with(&hash(&digest), &[]), Verdict::Untrusted(Why::New));
}

#[test]
fn folders_that_the_configuration_trusts() {
    let world = furnished();
    let folder = world.folder.path().canonicalize().unwrap();
    let whole = format!("{}/**", folder.display());
    let new = Verdict::Untrusted(Why::New);
    for (glob, trusted) in [
        (whole.as_str(), true),
        ("~/**", true),
        ("~/repo", true),
        ("~/rep", false),
        ("~/repo/*", false),
        ("**/nowhere/**", false),
    ] {
        let verdict = world.judge_with(&TrustRequest::Stored, &[glob.to_owned()]);
        let expected = if trusted {
            Verdict::Trusted(How::Configuration(glob.to_owned()))
        } else {
            new.clone()
        };
        assert_eq!(verdict, expected, "{glob}");
    }
    for path in ["qc/a.py", "qc", ""] {
        let path = world.root().join(path);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(world.judge_with(&TrustRequest::Stored, &["~/**".to_owned()]), new);
        fs::set_permissions(&path, before).unwrap();
    }
}

#[test]
fn links_out_of_the_repository() {
    for link in
        [".claude/atlas.yaml", "CLAUDE.md", ".claude/skills/s/scripts/x.sh", ".claude/contracts"]
    {
        let world = World::new();
        world.write(".claude/skills/s/SKILL.md", "");
        fs::create_dir_all(world.root().join(link).parent().unwrap()).unwrap();
        symlink(world.folder.path(), world.root().join(link)).unwrap();
        let fault = Subject::of_repository(&world.root(), &world.root()).unwrap_err();
        assert_eq!(world.plain(&fault.message), format!("cannot read REPO/{link}"), "{fault}");
    }
    let world = World::new();
    world.write(
        ".claude/atlas.yaml",
        "hooks: { a: { timing: pre, command: [.venv/bin/python, -V] } }",
    );
    fs::create_dir_all(world.root().join(".venv/bin")).unwrap();
    symlink("/bin/sh", world.root().join(".venv/bin/python")).unwrap();
    world.trust(Scope::Content);
    assert_eq!(world.judge(), Verdict::Trusted(How::Content));
    fs::remove_file(world.root().join(".venv/bin/python")).unwrap();
    symlink("/bin/ls", world.root().join(".venv/bin/python")).unwrap();
    assert!(matches!(world.judge(), Verdict::Untrusted(Why::Changed(_))));
}

#[test]
fn links_in_circles_end() {
    let world = World::new();
    world.write("skills/a/SKILL.md", "");
    symlink("..", world.root().join("skills/a/up")).unwrap();
    symlink("loop", world.root().join("skills/loop")).unwrap();
    assert_eq!(paths(&world.subject()), "skills/a/SKILL.md");
}

#[test]
fn what_is_no_file_is_no_answer() {
    let world = furnished();
    world.trust(Scope::Content);
    let record = world.store().list().unwrap().remove(0);
    assert_eq!(record.root(), world.root());
    assert_eq!(record.at, "2026-11-20T08:00:00Z");
    let trust = world.folder.path().join("state/trust");
    let mut files = fs::read_dir(&trust).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some()).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(trust.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let asking = Asking { request: &TrustRequest::Stored, always: &[], home: None };
    let judge = || judge(&world.subject(), &world.store(), &asking);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o606)).unwrap();
    assert!(judge().unwrap_err().to_string().ends_with("others can write it"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    judge().unwrap();
    for text in [
        "",
        "{}",
        "[]",
        &serde_json::to_string(&record).unwrap().replace("\"version\":1", "\"version\":9"),
    ] {
        write_atomic(&file, text.as_bytes(), PRIVATE_FILE).unwrap();
        judge().unwrap_err();
        assert!(world.store().list().unwrap().is_empty());
    }
    world.trust(Scope::Content);
    assert_eq!(judge().unwrap(), Verdict::Trusted(How::Content));
}
