//! `atlas stats`: what all runs of a repository, or of all repositories, came to.

use std::fs;

use serde_json::Value;
use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::world::{GREET, World};

fn greeting() -> World {
    let world = World::faked(&Script::plays([Step::Init, Step::Result("Hello.".to_owned())]));
    world.greet();
    world
}

fn stats(world: &World, more: &[&str]) -> Value {
    let args = [&["stats", "--format=json"], more].concat();
    world.atlas(args).run().expect_code(0).json()
}

/// The figures of all runs, without where they are.
fn figures(world: &World) -> Value {
    let mut stats = stats(world, &[]);
    stats["places"].take();
    stats
}

#[test]
fn every_run_counts_whatever_became_of_its_session() {
    let world = greeting();
    let nothing = stats(&world, &[]);
    assert_eq!(nothing["all"]["runs"], 0);
    assert_eq!(nothing["all"]["success"], Value::Null, "nothing is no success");

    let run = world.atlas(["run", "greet", "--format=json"]).run().expect_code(0).json();
    let session = run["session"].as_str().unwrap();
    world.atlas(["run", "greet", "--session", session]).run().expect_code(0);
    world.user_config("hooks: { no: { timing: post, command: ['false'] } }");
    world.atlas(["run", "greet"]).run().expect_code(4);
    world.user_config("hooks: { no: { timing: pre, command: ['false'] } }");
    world.atlas(["run", "greet"]).run().expect_code(3);

    let counted = figures(&world);
    let all = &counted["all"];
    assert_eq!((&all["runs"], &all["decided"], &all["passed"]), (&4.into(), &3.into(), &2.into()));
    assert_eq!(all["retries"], 1, "{all:#}");
    assert_eq!(counted["skills"][0]["name"], "greet");
    assert_eq!(counted["hooks"][0]["name"], "no");
    assert_eq!(counted["hooks"][0]["rejected"], 3);

    // From the journals alone it is the same.
    for entry in fs::read_dir(world.dir().join(".claude/sessions")).unwrap() {
        let described = entry.unwrap().path().join("session.json");
        if described.exists() {
            fs::remove_file(described).unwrap();
        }
    }
    assert_eq!(figures(&world), counted);

    // And when they are gone.
    world.atlas(["session", "rm", session]).run().expect_code(0);
    assert_eq!(figures(&world), counted);
    let place = &stats(&world, &[])["places"][0]["sessions"];
    assert_eq!((&place["kept"], &place["removed"]), (&2.into(), &1.into()));
    let list = world.atlas(["session", "list", "--format=json"]).run().expect_code(0).json();
    for session in list["sessions"].as_array().unwrap() {
        world.atlas(["session", "rm", session["id"].as_str().unwrap()]).run().expect_code(0);
    }
    assert_eq!(figures(&world), counted);

    assert_eq!(stats(&world, &["--skill", "other"])["all"]["runs"], 0);
    assert_eq!(stats(&world, &["--weeks", "1"])["all"]["runs"], 4);
    let text = world.atlas(["stats"]).run().expect_code(0);
    assert!(text.stdout.starts_with("4 runs · 0 sessions kept, 3 removed · 67 % of 3"), "{text}");
}

#[test]
fn all_repositories_are_counted_and_one_that_is_gone_hides_no_other() {
    let world = greeting();
    world.atlas(["run", "greet"]).run().expect_code(0);
    let other = world.root().join("other");
    files::write(&other.join(".claude/skills/greet/SKILL.md"), GREET);
    git2::Repository::init(&other).unwrap();
    world.atlas(["run", "greet"]).cwd(&other).run().expect_code(0);
    let gone = world.root().join("gone");
    files::write(&gone.join(".claude/skills/greet/SKILL.md"), GREET);
    git2::Repository::init(&gone).unwrap();
    world.atlas(["run", "greet"]).cwd(&gone).run().expect_code(0);
    fs::remove_dir_all(&gone).unwrap();

    assert_eq!(stats(&world, &[])["all"]["runs"], 1);
    let all = stats(&world, &["--all"]);
    assert_eq!(all["all"]["runs"], 2, "{all:#}");
    let places = all["places"].as_array().unwrap();
    let names: Vec<&str> = places.iter().map(|place| place["path"].as_str().unwrap()).collect();
    assert_eq!(names, [world.dir().to_str().unwrap(), other.to_str().unwrap()]);
}

#[test]
fn a_session_that_cannot_be_read_is_counted_as_that() {
    let world = greeting();
    world.atlas(["run", "greet"]).run().expect_code(0);
    world.write(".claude/sessions/20260102-030405-abcd/journal.jsonl", "no journal\nat all\n");
    let output = world.atlas(["stats"]).run().expect_code(0);
    assert!(output.stdout.contains("1 session cannot be read; not counted"), "{output}");
    assert_eq!(stats(&world, &[])["places"][0]["sessions"]["unreadable"], 1);
}

#[test]
fn a_spreadsheet_gets_no_formula_and_a_terminal_no_page() {
    let world = greeting();
    world.skill("=1+1", "---\nname: =1+1\ndescription: Says hello.\n---\nGreet.\n");
    world.atlas(["run", "greet"]).run().expect_code(0);
    world.atlas(["run", "=1+1"]).run();
    let csv = world.atlas(["stats", "--format=csv"]).run().expect_code(0);
    assert!(csv.stdout.starts_with("skill,model,week,runs,decided,passed,"), "{csv}");
    for line in csv.stdout.lines() {
        assert!(!line.starts_with("\"=") && !line.starts_with('='), "{csv}");
    }
    let refused = world.atlas(["stats", "--html"]).on_a_terminal().run();
    assert_eq!(refused.code, Some(2), "{refused}");
    let both = world.atlas(["stats", "--html", "--format=csv"]).run().expect_code(2);
    assert!(both.stderr.contains("ask for two things at once"), "{both}");
    let elsewhere = world.atlas(["list", "--format=csv"]).run().expect_code(2);
    world.check(
        &elsewhere.stderr,
        str![[r#"
error: `--format csv` is not for this command
hint: it has text, json

"#]],
    );
}
