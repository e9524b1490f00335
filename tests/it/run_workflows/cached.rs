//! Steps for which an earlier result stands.

use serde_json::{Value, json};

use super::{flow, offline, run, steps, world};
use crate::support::model::rule;
use crate::support::world::World;

/// A contract whose one step counts how often it ran, in a file outside of the tree.
fn counting(cache: &str) -> World {
    let world = offline("");
    let ran = world.home().join("ran");
    let contract = json!({
        "inputs": { "word": { "default": "a" } },
        "steps": [{
            "id": "look",
            "run": ["sh", "-c", "echo x >> \"$1\"; echo \"$2\"", "sh", ran, "{{ inputs.word }}"],
            "cache": serde_json::from_str::<Value>(cache).unwrap(),
        }],
    });
    flow(&world, &contract.to_string());
    world.write("file.txt", "one\n");
    world.repo().commit("first");
    world
}

fn times(world: &World) -> usize {
    std::fs::read_to_string(world.home().join("ran")).unwrap_or_default().lines().count()
}

#[test]
pub(super) fn an_earlier_result_stands_for_the_same_step() {
    let world = counting("{}");
    let first = run(&world, &["--format", "json"]).expect_code(0).json();
    assert_eq!((steps(&first), times(&world)), ("look passed".to_owned(), 1));
    let second = run(&world, &["--format", "json"]).expect_code(0).json();
    assert_eq!((steps(&second), times(&world)), ("look cached".to_owned(), 1));
    assert_eq!(second["output"], first["output"]);
    // Another argument is another step, and another file of the tree is none.
    run(&world, &["b"]).expect_code(0);
    assert_eq!(times(&world), 2);
    world.write("file.txt", "two\n");
    let told = run(&world, &[]).expect_code(0);
    assert!(told.stderr.contains("look: an earlier result stands"), "{told}");
    assert_eq!(times(&world), 2);
}

#[test]
fn a_key_of_its_own_and_an_age_say_for_how_long_a_result_stands() {
    let world = counting("{ \"key\": \"{{ inputs.word == 'a' }}\" }");
    run(&world, &[]).expect_code(0);
    run(&world, &[]).expect_code(0);
    assert_eq!(times(&world), 1);
    let world = counting("{ \"ttl\": \"0s\" }");
    run(&world, &[]).expect_code(0);
    run(&world, &[]).expect_code(0);
    assert_eq!(times(&world), 2);
    let faulty = counting("{ \"key\": \"{{ [][3] }}\" }");
    let told = run(&faulty, &[]).expect_code(1);
    assert!(told.stderr.contains("`cache.key`"), "{told}");
}

#[test]
fn what_changed_a_file_or_failed_is_done_again() {
    let world = offline("");
    let ran = world.home().join("ran");
    for (script, code) in [("date +%N > made.txt", 0), ("exit 3", 1)] {
        let script = format!("echo x >> '{}'; {script}", ran.display());
        let contract = json!({ "steps": [{ "run": ["sh", "-c", script], "cache": {} }] });
        flow(&world, &contract.to_string());
        drop(std::fs::remove_file(&ran));
        world.write("file.txt", "one\n");
        world.repo().commit("more");
        run(&world, &[]).expect_code(code);
        run(&world, &[]).expect_code(code);
        assert_eq!(times(&world), 2, "{script}");
    }
}

#[test]
fn an_agent_that_is_asked_the_same_again_is_asked_once() {
    let world = world(
        [rule().when_prompt("Name a color").says("red")],
        "steps: [{ id: color, prompt: Name a color, cache: { ttl: 1h } }]\n",
    );
    world.write("file.txt", "one\n");
    world.repo().commit("first");
    let first = run(&world, &["--format", "json"]).expect_code(0).json();
    let second = run(&world, &["--format", "json"]).expect_code(0).json();
    assert_eq!((&first["output"], &second["output"]), (&json!("red"), &json!("red")));
    assert_eq!(steps(&second), "color cached");
    assert_eq!(second["spend"]["calls"], 0);
    assert_eq!(world.model().requests().len(), 1);
}

#[test]
fn a_plan_tells_what_would_not_be_made_again() {
    let world = world(
        [rule().says("Fine.")],
        "inputs: { word: { default: a } }\n\
         steps:\n  \
         - { id: ask, prompt: 'Judge {{ inputs.word }}.', cache: {} }\n  \
         - { id: look, run: [echo, '{{ inputs.word }}'], cache: {} }\n  \
         - { id: late, run: [echo, '{{ steps.ask.output }}'], cache: {} }\n",
    );
    world.repo().commit("first");
    let keys = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--dry-run", "--format=json"]).collect();
        let plan = run(&world, &args).expect_code(0).json();
        let keys = plan["keys"].as_object().unwrap().iter();
        let line = |(step, known): (&String, &Value)| match (&known["key"], &known["made"]) {
            (Value::Null, _) => format!("{step}: only the run knows"),
            (_, Value::Null) => format!("{step}: would be made"),
            _ => format!("{step}: stands"),
        };
        keys.map(line).collect::<Vec<_>>().join("\n")
    };
    let fresh = "ask: would be made\nlate: only the run knows\nlook: would be made";
    assert_eq!(keys(&[]), fresh);
    run(&world, &[]).expect_code(0);
    assert_eq!(keys(&[]), "ask: stands\nlate: only the run knows\nlook: stands");
    assert_eq!(keys(&["b"]), fresh, "for another input");
    let told = run(&world, &["--dry-run"]).expect_code(0).stdout;
    assert!(
        told.contains("look: runs echo '{{ inputs.word }}'; not again: its result of "),
        "{told}"
    );
}
