//! The bundled skill `commit-message`, through the real claude.

use snapbox::str;

use crate::support::model::rule;
use crate::support::world::World;

/// A repository whose log has a manner of its own, with one change that is staged.
fn staged(world: &World) {
    for n in 1..=6 {
        let part = ["parser", "cli", "docs"][n % 3];
        world.write("n.txt", n.to_string()).repo().commit(&format!("{part}: take the number {n}"));
    }
    world.write("n.txt", "seven\n").write("later.txt", "not yet\n");
    world.repo().git(["add", "n.txt"]);
}

#[test]
fn a_message_is_in_the_manner_of_the_log_and_ready_for_git() {
    let world = World::scripted([
        rule().when_user("was not accepted").says("parser: take numbers in words\n\nNow.\n"),
        rule().says("Takes numbers in words."),
    ]);
    staged(&world);

    let output = world.atlas(["run", "commit-message"]).run().expect_code(0);

    assert_eq!(output.stdout, "parser: take numbers in words\n\nNow.\n");
    let [first, second] = &world.model().requests()[..] else { panic!("two requests\n{output}") };
    let user = first.user();
    for part in [
        "+seven",
        "M  n.txt",
        "?? later.txt",
        "- The subject begins with the part that changes, and a colon.",
        "  parser: take the number 6",
    ] {
        assert!(user.contains(part), "{part}: {user}");
    }
    assert!(!user.contains("not yet"), "what is not staged is not shown: {user}");
    assert!(second.user().contains("begins with the part that changes"), "{}", second.user());
    let result = world.events("run_ended");
    assert_eq!(result[0]["status"], "passed");

    let message = world.root().join("message");
    crate::support::files::write(&message, &output.stdout);
    world.repo().git(["commit", "--quiet", "--file", message.to_str().unwrap()]);
    let log = world.repo().git(["log", "-1", "--format=%B"]);
    assert_eq!(log.trim(), output.stdout.trim());
}

#[test]
fn where_nothing_is_staged_nothing_is_spent() {
    let world = World::scripted([rule().says("never asked")]);
    world.write("a.txt", "a").repo().commit("first");
    world.write("a.txt", "b");
    let output = world.atlas(["run", "commit-message"]).run().expect_code(3);
    assert_eq!(world.model().all().len(), 0, "nobody was asked");
    world.check(
        &output.stderr,
        str![[r#"
commit-message, sonnet, about 625 tokens, cap $0.50
failed: needs staged: nothing is staged
blocked, 0 of 1 check, nothing spent, [TIME], ...[SHORT]
failed: needs staged: nothing is staged

"#]],
    );
}

#[test]
fn the_first_commit_gets_a_message_too() {
    let world = World::scripted([rule().says("Begin")]);
    world.write("a.txt", "a\n").repo().git(["add", "a.txt"]);
    let output = world.atlas(["run", "commit-message"]).run().expect_code(0);
    assert_eq!(output.stdout, "Begin\n");
    let user = world.model().requests()[0].user();
    assert!(user.contains("## No commits yet on main"), "{user}");
    assert!(user.contains("+a"), "{user}");
    assert!(user.contains("too short to show"), "{user}");
}
