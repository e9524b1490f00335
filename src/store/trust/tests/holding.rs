//! How far trust holds: for whom, where, and against what.

use snapbox::{assert_data_eq, str};

use super::*;

#[test]
fn what_others_can_write_is_not_trusted_whatever_it_holds() {
    let world = furnished();
    world.trust(Scope::Always);
    let path = world.root().join("qc/a.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(world.judge(), Verdict::Untrusted(Why::Shared(path)));
    let at = "2026-11-20T08:00:00Z".parse().unwrap();
    let fault = world.store().trust(&world.subject(), Scope::Always, at).unwrap_err();
    assert_eq!(world.plain(&fault.message), "REPO is not only yours");
    world.trust(Scope::Content);
    assert_eq!(world.judge(), Verdict::Trusted(How::Content), "its content is another matter");
}

/// Claude Code looks in the folder where it is started, so what lies on the way there counts.
#[test]
fn files_on_the_way_to_where_the_user_stands() {
    let world = furnished();
    let judge_in = |folder: &str| {
        let cwd = world.root().join(folder);
        fs::create_dir_all(&cwd).unwrap();
        let subject = Subject::of_repository(&world.root(), &cwd).unwrap();
        let asking = Asking { request: &TrustRequest::Stored, always: &[], home: None };
        (judge(&subject, &world.store(), &asking).unwrap(), subject)
    };
    let trusted = Verdict::Trusted(How::Content);
    world.trust(Scope::Content);
    assert_eq!(judge_in("a/b").0, trusted, "there is nothing on the way");

    world.write("a/.claude/settings.json", r#"{"hooks": {"x": "\"$CLAUDE_PROJECT_DIR\"/h.sh"}}"#);
    world.write("a/h.sh", "");
    assert_eq!(judge_in("").0, trusted, "it does not count here");
    let (verdict, subject) = judge_in("a/b");
    let Verdict::Untrusted(Why::Changed(difference)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(difference.added, ["a/.claude/settings.json", "a/h.sh"]);

    let at = "2026-11-20T08:00:00Z".parse().unwrap();
    world.store().trust(&subject, Scope::Content, at).unwrap();
    assert_eq!([judge_in("a/b").0, judge_in("").0], [trusted.clone(), trusted.clone()]);
    world.trust(Scope::Content);
    assert_eq!(judge_in("a/b").0, trusted, "an answer given elsewhere takes nothing back");
    world.write("a/h.sh", "evil");
    assert_eq!(judge_in("").0, trusted);
    assert!(matches!(judge_in("a").0, Verdict::Untrusted(Why::Changed(_))));
}

#[test]
fn a_linked_worktree_inherits_what_it_equally_holds() {
    for scope in [Scope::Content, Scope::Always] {
        let world = furnished();
        let tree = world.folder.path().canonicalize().unwrap().join("tree");
        let notes = world.root().join(".git/worktrees/tree");
        world.write(".git/worktrees/tree/gitdir", &format!("{}/.git\n", tree.display()));
        for file in world.subject().files {
            let to = tree.join(&file.path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(world.root().join(&file.path), to).unwrap();
        }
        let link = format!("gitdir: {}\n", notes.display());
        write_atomic(&tree.join(".git"), link.as_bytes(), PRIVATE_FILE).unwrap();
        let asking = Asking { request: &TrustRequest::Stored, always: &[], home: None };
        let judge = || {
            let subject = Subject::of_repository(&tree, &tree).unwrap();
            judge(&subject, &world.store(), &asking).unwrap()
        };
        assert_eq!(judge(), Verdict::Untrusted(Why::New));
        world.trust(scope);
        assert_eq!(judge(), Verdict::Trusted(How::Inherited(world.root())));
        write_atomic(&tree.join("qc/a.py"), b"evil", PRIVATE_FILE).unwrap();
        assert_eq!(judge(), Verdict::Untrusted(Why::New), "{scope:?}");
    }
}

#[test]
fn a_change_is_shown_line_by_line() {
    let world = furnished();
    world.write("qc/a.py", "one\ntwo\n");
    world.trust(Scope::Content);
    world.write("qc/a.py", "one\nevil\n");
    world.write(".claude/contracts/p/y.yaml", "# new\n");
    fs::remove_file(world.root().join(".mcp.json")).unwrap();
    let Verdict::Untrusted(Why::Changed(difference)) = world.judge() else { panic!() };
    let changes = world.store().changes(&world.subject(), &difference).unwrap();
    let shown = changes.into_iter().map(|it| format!("{}\n{}", it.path, it.hunks.unwrap()));
    assert_data_eq!(
        shown.collect::<String>(),
        str![[r#"
.claude/contracts/p/y.yaml
@@ -0,0 +1 @@
+# new
.mcp.json
@@ -1 +0,0 @@
-{}
/ No newline at end of file
qc/a.py
@@ -1,2 +1,2 @@
 one
-two
+evil

"#]]
    );
    let contents = world.folder.path().join("state/trust/content");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&contents), 0o700);
    for entry in fs::read_dir(&contents).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    world.store().revoke(&world.root()).unwrap();
    assert_eq!(fs::read_dir(&contents).unwrap().count(), 0, "nothing is kept of nothing");
}

#[test]
fn what_was_read_has_to_be_what_was_hashed() {
    let world = furnished();
    let subject = world.subject();
    let path = Path::new("qc/a.py");
    let hash = crate::model::digest::sha256(b"");
    subject.expect_read(path, &hash).unwrap();
    let fault = subject.expect_read(path, &crate::model::digest::sha256(b"evil")).unwrap_err();
    assert_eq!(fault.message, "qc/a.py changed while it was looked at");
    let absolute = world.root().join(path);
    subject.expect_still(&absolute, &hash).unwrap();
    subject.expect_still(&absolute, "other").unwrap_err();
    subject.expect_still(&world.root().join("src/main.rs"), "other").unwrap();
    subject.expect_still(Path::new("/elsewhere/qc/a.py"), "other").unwrap();
    world.write("qc/a.py", "evil");
    let file = subject.files.iter().find(|file| file.path == "qc/a.py").unwrap();
    assert!(subject.content_of(file).is_err());
    let at = "2026-11-20T08:00:00Z".parse().unwrap();
    assert!(world.store().trust(&subject, Scope::Content, at).is_err(), "nobody looked at that");
}

#[test]
fn each_hash_of_the_command_line_names_something() {
    let world = furnished();
    world.write("elsewhere/SKILL.md", "");
    let [root, skill] = [world.root(), world.root().join("elsewhere")];
    let repository = Party::look(Whose::Repository { root: &root, cwd: &root });
    let skill = Party::look(Whose::Skill(&skill));
    let [a, b] = [&repository, &skill].map(|it| it.subject.as_ref().unwrap().digest.clone());
    let both = [&repository, &skill];
    for (hashes, passes) in
        [(vec![a.clone()], true), (vec![b.clone()], true), (vec![a.clone(), b], true)]
    {
        assert_eq!(expect_named(&TrustRequest::Hashes(hashes), &both).is_ok(), passes);
    }
    let request = TrustRequest::Hashes(vec![a.clone(), "0".repeat(64)]);
    let fault = expect_named(&request, &both).unwrap_err();
    assert_eq!(fault.message, "`--trust` names another content than there is");
    assert_eq!(fault.status, crate::model::Status::Invalid);

    let empty = World::new();
    let root = empty.root();
    let nothing = Party::look(Whose::Repository { root: &root, cwd: &root });
    let digest = nothing.subject.as_ref().unwrap().digest.clone();
    assert!(
        expect_named(&TrustRequest::Hashes(vec![digest]), &[&nothing]).is_err(),
        "a check that is gone altogether is no content"
    );
}
