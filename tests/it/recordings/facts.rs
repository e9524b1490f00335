//! Skills that are given facts of the repository: they are read anew in a replay.

use serde_json::json;

use super::{alone, essence};
use crate::support::files;
use crate::support::model::{Rule, rule};
use crate::support::programs::Output;
use crate::support::world::{World, files_below};

/// Work on a branch, one commit ahead of where it parted, one line not committed yet.
fn world(rules: impl IntoIterator<Item = Rule>) -> World {
    let world = World::scripted(rules);
    world.write("shop.py", "a = 1\n").write("README.md", "A shop.\n").repo().commit("shop: open");
    world.repo().git(["switch", "--quiet", "--create", "work"]);
    world.write("shop.py", "a = 1\nb = 2\n").repo().commit("shop: sell");
    world.write("shop.py", "a = 1\nb = 2\nc = 3\n");
    world
}

/// Records the run into a folder of its own, and plays it from there.
fn both<const N: usize>(world: &World, args: [&str; N]) -> (Output, Output) {
    let dir = world.root().join("case");
    let record = format!("--record={}", dir.display());
    let recorded = world.atlas(args).args([record]).run().expect_code(0);
    let asked = world.model().requests().len();
    let replay = format!("--replay={}", dir.display());
    let played = alone(world, [args[0], args[1], "--format=json", &replay]).run().expect_code(0);
    assert_eq!(world.model().requests().len(), asked, "nobody was asked");
    (recorded, played)
}

/// A fact as the session of the last replay holds it.
fn given(world: &World, name: &str) -> String {
    let sessions = world.home().join(".cache/atlas/replays");
    let found = files_below(&sessions).into_iter().find(|file| file.ends_with(name)).unwrap();
    files::read(&sessions.join(found))
}

#[test]
fn a_review_sees_the_same_change_since_the_same_base() {
    let finding = json!({
        "severity": "minor", "file": "shop.py", "line": 3, "quote": "c = 3", "claim": "Unused.",
    });
    let world = world([
        rule().before_tool_result().returns(json!({"summary": "Ok.", "findings": [finding]})),
        rule().says("Done."),
    ]);
    let (recorded, played) = both(&world, ["run", "review-diff", "--format=json"]);
    assert_eq!(essence(&played.json()), essence(&recorded.json()));
    let then = files::read(&world.session().join("given/diff.patch"));
    assert_eq!(given(&world, "given/diff.patch"), then);
    assert!(then.contains("+b = 2") && then.contains("+c = 3"), "{then}");
}

#[test]
fn a_message_is_checked_against_the_same_log() {
    let world = world([rule().says("shop: count\n")]);
    world.repo().git(["add", "shop.py"]);
    world.write("README.md", "A small shop.\n");
    let (recorded, played) = both(&world, ["run", "commit-message", "--format=json"]);
    assert_eq!(essence(&played.json()), essence(&recorded.json()));
    let then = files::read(&world.session().join("given/staged.patch"));
    assert_eq!(given(&world, "given/staged.patch"), then);
    assert!(then.contains("+c = 3") && !then.contains("small"), "{then}");
}
