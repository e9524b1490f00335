//! Sessions as things that take room: what they changed, what of them can go, what can be saved.

use std::fs;
use std::path::PathBuf;

use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::meeting::Meeting;
use crate::support::world::{GREET, World};

/// A world whose claude writes two files in each call.
fn writing() -> World {
    let write =
        |path: &str, text: &str| Step::Write { path: path.to_owned(), text: text.to_owned() };
    let world = World::faked(&Script::plays([
        Step::Init,
        write("new.txt", "one\ntwo\n"),
        write("old.txt", "a\nB\n"),
        Step::Result("Done.".to_owned()),
    ]));
    world.write("old.txt", "a\nb\n").skill("greet", GREET).repo().commit("first");
    world
}

fn run(world: &World, more: &[&str]) -> String {
    let run = [&["run", "greet", "--edit", "--format=json"], more].concat();
    let result = world.atlas(run).run().expect_code(0).json();
    result["session"].as_str().unwrap().to_owned()
}

fn folder(world: &World, id: &str) -> PathBuf {
    world.dir().join(".claude/sessions").join(id)
}

fn copies(world: &World) -> Vec<PathBuf> {
    let entries = fs::read_dir(world.home().join(".cache/atlas/worktrees"));
    entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_diff_is_a_patch_of_what_the_session_changed() {
    let world = writing();
    run(&world, &["--apply"]);
    // What comes later is no part of it.
    world.write("later.txt", "later\n");
    let patch = world.atlas(["session", "diff"]).run().expect_code(0);
    world.check(
        &patch.stdout,
        str![[r#"
diff --git a/new.txt b/new.txt
new file mode 100644
index 0000000000000000000000000000000000000000..814f4a422927b82f5f8a43f8fab6d3839e3983f2
--- /dev/null
+++ b/new.txt
@@ -0,0 +1,2 @@
+one
+two
diff --git a/old.txt b/old.txt
index 422c2b7ab3b3c668038da977e4e93a5fc623169c..55dce135f5939fc45738aec42a917794a39cbfce 100644
--- a/old.txt
+++ b/old.txt
@@ -1,2 +1,2 @@
 a
-b
+B

"#]],
    );
    let stat = world.atlas(["session", "diff", "--last", "--stat"]).run().expect_code(0);
    world.check(
        &stat.stdout,
        str![[r#"
file     change    added  removed
new.txt  added     2      0
old.txt  modified  1      1

"#]],
    );
    world.repo().git(["checkout", "--", "old.txt"]);
    fs::remove_file(world.dir().join("new.txt")).unwrap();
    files::write(&world.root().join("the.patch"), &patch.stdout);
    world.repo().git(["apply", world.root().join("the.patch").to_str().unwrap()]);
    assert_eq!(world.read("old.txt"), "a\nB\n");
    let json = world.atlas(["session", "diff", "--format=json"]).run().expect_code(0).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
}

#[test]
fn a_session_goes_by_name_and_is_counted() {
    let world = writing();
    let first = run(&world, &["--apply"]);
    let second = run(&world, &["--apply"]);
    let said = world.atlas(["session", "rm", &first, "--dry-run"]).run().expect_code(0);
    assert!(said.stdout.contains("goes"), "{said}");
    assert!(folder(&world, &first).exists());
    world.atlas(["session", "rm", &first]).run().expect_code(0);
    assert!(!folder(&world, &first).exists());
    assert!(folder(&world, &second).exists());
    let totals: serde_json::Value =
        serde_json::from_str(&world.read(".claude/sessions/totals.json")).unwrap();
    assert_eq!(totals["skills"]["greet"]["sessions"], 1);
    assert_eq!(totals["skills"]["greet"]["statuses"]["passed"], 1);
    // The history of a skill forgets none of its runs.
    let third = world.atlas(["run", "greet", "--edit", "--apply"]).run().expect_code(0);
    assert!(third.stderr.contains("2 runs"), "{third}");
    let unknown = world.atlas(["session", "rm", &first]).run().expect_code(2);
    assert!(unknown.stderr.contains("no session answers to"), "{unknown}");
}

#[test]
fn nothing_goes_that_somebody_asked_to_keep() {
    let world = writing();
    let old = run(&world, &["--apply"]);
    let new = run(&world, &["--apply"]);
    let none = world.atlas(["session", "gc"]).run().expect_code(0);
    assert!(none.stderr.contains("nothing to remove"), "{none}");
    world.atlas(["session", "gc", "--older-than=1h"]).run().expect_code(0);
    assert!(folder(&world, &old).exists());
    // A run that can be resumed stays, however old it is.
    let journal = folder(&world, &new).join("journal.jsonl");
    let lines = files::read(&journal);
    let begun: String = lines.split_inclusive('\n').take(3).collect();
    files::write(&journal, begun);
    let dry = world.atlas(["session", "gc", "--older-than=0s", "--dry-run"]).run().expect_code(0);
    assert!(folder(&world, &old).exists(), "{dry}");
    let gone = world.atlas(["session", "gc", "--older-than=0s", "--format=json"]);
    let gone = gone.run().expect_code(0).json();
    assert_eq!(gone["removed"][0]["name"], *old, "{gone:#}");
    assert_eq!(gone["kept"][0]["why"], "it can be resumed", "{gone:#}");
    assert!(!folder(&world, &old).exists() && folder(&world, &new).exists());
    world.atlas(["session", "rm", &new]).run().expect_code(0);
    assert!(!folder(&world, &new).exists());
}

#[test]
fn the_oldest_go_until_the_rest_fits() {
    let world = writing();
    let old = run(&world, &["--apply"]);
    let new = run(&world, &["--apply"]);
    let sizes = world.atlas(["session", "list", "--format=json"]).run().expect_code(0).json();
    assert_eq!(sizes["sessions"].as_array().unwrap().len(), 2);
    let size = |n: usize| sizes["sessions"][n]["bytes"].as_u64().unwrap();
    let room = format!("--max-size={}", size(0) + size(1) - 1);
    world.atlas(["session", "gc", &room]).run().expect_code(0);
    assert!(!folder(&world, &old).exists() && folder(&world, &new).exists());
}

/// A file that looks like a secret is in no patch, so the copy of the run stays.
fn left_behind(world: &World) -> (String, PathBuf) {
    let id = run(world, &[]);
    let copy = world.home().join(".cache/atlas/worktrees").join(&id);
    assert_eq!(copies(world), std::slice::from_ref(&copy));
    (id, copy)
}

#[test]
fn a_copy_goes_once_its_work_stands_elsewhere() {
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Write { path: "new.txt".to_owned(), text: "one\n".to_owned() },
        Step::Write { path: ".env".to_owned(), text: "KEY=1\n".to_owned() },
        Step::Result("Done.".to_owned()),
    ]));
    world.write("old.txt", "a\nb\n").skill("greet", GREET).repo().commit("first");
    let (id, copy) = left_behind(&world);
    let list = world.atlas(["session", "list"]).run().expect_code(0);
    assert!(list.stdout.contains(" copy"), "{list}");

    let kept = world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert!(kept.stdout.contains("work that stands nowhere else: .env, new.txt"), "{kept}");
    let refused = world.atlas(["session", "rm", &id]).run().expect_code(2);
    assert!(refused.stderr.contains("left work in a copy"), "{refused}");
    assert!(copy.join("new.txt").exists() && folder(&world, &id).exists());

    world.write("new.txt", "one\n").write(".env", "KEY=1\n");
    let gone = world.atlas(["session", "gc"]).run().expect_code(0);
    assert!(gone.stdout.contains("its work stands in the tree"), "{gone}");
    assert!(!copy.exists() && folder(&world, &id).exists());
    assert_eq!(world.repo().git(["worktree", "list"]).lines().count(), 1);
}

/// A world whose claude writes nothing but what looks like a secret.
fn with_a_secret() -> World {
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Write { path: ".env".to_owned(), text: "KEY=1\n".to_owned() },
        Step::Result("Done.".to_owned()),
    ]));
    world.write("old.txt", "a\nb\n").skill("greet", GREET).repo().commit("first");
    world
}

#[test]
fn a_copy_can_be_thrown_away() {
    let world = with_a_secret();
    let (id, copy) = left_behind(&world);
    world.atlas(["session", "gc", "--discard", &id, "--dry-run"]).run().expect_code(0);
    assert!(copy.exists());
    world.atlas(["session", "gc", "--discard", &id]).run().expect_code(0);
    assert!(!copy.exists());
    world.atlas(["session", "rm", &id]).run().expect_code(0);
}

/// Killed between the beginning of a run and its plan, atlas leaves a copy in which nobody has worked,
/// and a session with which nobody can go on.
#[test]
fn what_a_run_without_a_plan_left_can_go() {
    let world = with_a_secret();
    let (id, copy) = left_behind(&world);
    let journal = folder(&world, &id).join("journal.jsonl");
    let lines = files::read(&journal);
    files::write(&journal, lines.split_inclusive('\n').next().unwrap());
    let refused = world.atlas(["resume", &id]).run().expect_code(2);
    assert!(refused.stderr.contains("broke off before it had a plan"), "{refused}");
    // Somebody has worked in this one: only the journal does not know it any more.
    let kept = world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert!(kept.stdout.contains("its journal has no plan"), "{kept}");
    assert!(copy.join(".env").exists() && folder(&world, &id).exists());
    fs::remove_dir_all(folder(&world, &id).join("runs")).unwrap();
    world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert!(!copy.exists() && !folder(&world, &id).exists());
}

#[test]
fn a_damaged_session_is_saved_as_far_as_it_is_good() {
    let world = writing();
    let old = run(&world, &["--apply"]);
    let sound = world.atlas(["session", "salvage", &old]).run().expect_code(2);
    assert!(sound.stderr.contains("is sound"), "{sound}");
    world.atlas(["scratch", "add", "k", "1"]).run().expect_code(0);
    let journal = folder(&world, &old).join("journal.jsonl");
    let mut lines: Vec<String> = files::read(&journal).lines().map(str::to_owned).collect();
    let damaged = lines.len() / 2;
    lines[damaged] = lines[damaged].replace("\"at\"", "\"AT\"");
    let text = lines.join("\n") + "\n";
    files::write(&journal, &text);
    world.atlas(["session", "show", &old]).run().expect_code(8);

    let saved =
        world.atlas(["session", "salvage", &old, "--format=json"]).run().expect_code(0).json();
    assert_eq!(saved["lines"], damaged);
    assert_eq!(files::read(&journal), text, "the old one is only read");
    let new = saved["session"].as_str().unwrap();
    let copied = files::read(&folder(&world, new).join("journal.jsonl"));
    assert_eq!(copied, lines[..damaged].join("\n") + "\n");
    world.atlas(["session", "show", new]).run().expect_code(0);
    assert_eq!(world.atlas(["scratch", "get", "k", "--session", new]).run().stdout, "1\n");
}

#[test]
fn a_session_that_somebody_holds_stays() {
    let meeting = Meeting::new();
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Meet(meeting.address()),
        Step::Result("Done.".to_owned()),
    ]));
    world.skill("greet", GREET).repo().commit("first");
    let running = world.atlas(["run", "greet"]).spawn();
    let guest = meeting.wait_for_guest();
    let id = world.session().file_name().unwrap().to_str().unwrap().to_owned();
    for args in [&["session", "rm", &id][..], &["session", "rm", &id, "--discard"]] {
        let held = world.atlas(args).run().expect_code(10);
        assert!(held.stderr.contains("is held by process"), "{held}");
    }
    world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert!(folder(&world, &id).exists());
    guest.go_on();
    running.wait();
}
