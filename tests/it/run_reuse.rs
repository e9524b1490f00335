//! `--reuse`: a question that was answered is not paid for twice.

use snapbox::str;

use crate::support::files;
use crate::support::model::rule;
use crate::support::world::{GREET, World};

/// A skill that a hook looks at, and a model that can be asked as often as one likes.
fn judged(hook: &str) -> World {
    let world = World::scripted([rule().says("Hello.")]);
    world.write("a.txt", "a\n").write(".gitignore", "ignored\n");
    world
        .greet_by(&format!("hooks: {{ look: {{ timing: post, command: [{hook}] }} }}\nretry: 0\n"));
    world.atlas(["trust", "--always", "--yes"]).run().expect_code(0);
    world
}

fn asked(world: &World) -> usize {
    world.model().requests().len()
}

#[test]
fn the_same_question_is_answered_for_nothing() {
    let world = judged("\"true\"");
    let first = world.atlas(["run", "greet"]).run().expect_code(0);
    let calls = asked(&world);
    let second = world.atlas(["run", "greet", "--reuse"]).run().expect_code(0);
    assert_eq!(asked(&world), calls, "nobody was asked");
    assert_eq!(second.stdout, first.stdout);
    world.check(
        &second.stderr,
        str![[r#"
greet, sonnet, about 203 tokens, usually $0.03 (1 run), cap $2.00
note: nothing of what was judged has changed: the verdict of ...[SHORT], [..]Z, counts
passed, 1 of 1 check, reused from ...[SHORT], nothing spent, [TIME], ...[SHORT]

"#]],
    );

    let result = world.atlas(["run", "greet", "--reuse=1h", "--format=json"]).run();
    let result = result.expect_code(0).json();
    assert_eq!(asked(&world), calls);
    assert_eq!(result["status"], "passed");
    assert_eq!(result["steps"][0]["status"], "reused");
    assert_eq!(result["spend"]["usd_charged"], 0.0);
    assert_eq!(
        result["checks"].as_array().unwrap().iter().filter(|it| it["name"] == "look").count(),
        1
    );
    assert_ne!(result["reused"]["session"], result["session"]);

    let sessions = world.dir().join(".claude/sessions");
    let journals = std::fs::read_dir(sessions).unwrap().filter_map(|entry| {
        std::fs::read_to_string(entry.unwrap().path().join("journal.jsonl")).ok()
    });
    let types: Vec<Vec<String>> = journals.map(|text| types(&text)).collect();
    assert_eq!(types.len(), 3);
    let expected = ["run_started", "plan", "reused", "run_ended"];
    assert_eq!(types.iter().filter(|types| **types == expected).count(), 2, "{types:?}");
}

fn types(journal: &str) -> Vec<String> {
    let line = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    journal.lines().map(|it| line(it)["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_rejection_is_a_verdict_too() {
    let world = judged("sh, -c, 'echo no; exit 1'");
    world.atlas(["run", "greet"]).run().expect_code(4);
    let calls = asked(&world);
    let output = world.atlas(["run", "greet", "--reuse"]).run().expect_code(4);
    assert_eq!(asked(&world), calls);
    assert!(output.stderr.contains("rejected"), "{output}");
    assert!(output.stderr.contains("hook look: no"), "{output}");
}

type Change = fn(&World);

#[test]
fn another_question_is_asked() {
    let changes: &[(&str, Change)] = &[
        ("the tree", |world| {
            world.write("a.txt", "b\n");
        }),
        ("a new file", |world| {
            world.write("b.txt", "b\n");
        }),
        ("the skill", |world| {
            world.skill("greet", &GREET.replace("Greet", "Hail"));
        }),
        ("the contract", |world| {
            let contract = "hooks: { look: { timing: post, command: [sh, -c, ':'] } }\n";
            world.write(".claude/skills/greet/contract.yaml", contract);
        }),
        ("the user's hooks", |world| {
            world.user_config("hooks: { own: { timing: post, command: [\"true\"] } }\n");
        }),
    ];
    for (what, change) in changes {
        let world = judged("\"true\"");
        world.atlas(["run", "greet"]).run().expect_code(0);
        let calls = asked(&world);
        change(&world);
        world.atlas(["run", "greet", "--reuse"]).run().expect_code(0);
        assert!(asked(&world) > calls, "{what}");
    }
    let world = judged("\"true\"");
    world.atlas(["run", "greet"]).run().expect_code(0);
    for args in [["--model=opus", "--reuse"], ["--reuse", "some words"]] {
        let calls = asked(&world);
        world.atlas(["run", "greet"].iter().chain(&args)).run().expect_code(0);
        assert!(asked(&world) > calls, "{args:?}");
    }
}

#[test]
fn what_has_no_say_is_no_other_question() {
    let world = judged("\"true\"");
    world.atlas(["run", "greet"]).run().expect_code(0);
    let calls = asked(&world);
    world.write("ignored", "x").user_config("limits: { usd: 0.75 }\n");
    world.atlas(["run", "greet", "--reuse", "--max-turns=7"]).run().expect_code(0);
    assert_eq!(asked(&world), calls);
}

/// What changed files once would have to change them again.
#[test]
fn work_on_files_is_done_again() {
    let write = serde_json::json!({"file_path": "new.txt", "content": "new\n"});
    let world =
        World::scripted([rule().before_tool_result().calls("Write", write), rule().says("Done.")]);
    world.greet();
    let run = ["run", "greet", "--edit", "--reuse"];
    world.atlas(run).run().expect_code(0);
    let calls = asked(&world);
    world.atlas(run).run().expect_code(0);
    assert!(asked(&world) > calls);
}

/// Sessions lie in the checkout: a verdict that somebody brings along is nobody's.
pub(crate) fn verdicts_that_a_repository_brings_along_do_not_count() {
    let world = judged("\"true\"");
    world.atlas(["run", "greet"]).run().expect_code(0);
    let calls = asked(&world);
    let verdicts = world.state_folder().join("verdicts");
    for entry in std::fs::read_dir(&verdicts).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    world.atlas(["run", "greet", "--reuse"]).run().expect_code(0);
    assert!(asked(&world) > calls, "a session alone is no verdict");
}

#[test]
fn a_verdict_that_cannot_be_read_is_none() {
    let world = judged("\"true\"");
    world.atlas(["run", "greet"]).run().expect_code(0);
    let calls = asked(&world);
    for entry in std::fs::read_dir(world.state_folder().join("verdicts")).unwrap() {
        files::write(&entry.unwrap().path(), "{");
    }
    world.atlas(["run", "greet", "--reuse"]).run().expect_code(0);
    assert!(asked(&world) > calls);
}
