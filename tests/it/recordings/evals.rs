//! `atlas test` on what others wrote down, and asked anew.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::files;
use crate::support::model::{Failure, Rule, rule};
use crate::support::world::{GREET, World};

/// A personal skill with evals, which is given a file.
fn world(rules: impl IntoIterator<Item = Rule>, evals: &Value) -> World {
    let world = World::scripted(rules);
    world.personal_skill("greet", GREET).write("README.md", "x\n").repo().commit("first");
    write(&world, "evals/evals.json", &json!({"skill_name": "greet", "evals": evals}).to_string());
    world
}

fn write(world: &World, file: &str, text: &str) {
    files::write(&world.home().join(".claude/skills/greet").join(file), text);
}

#[test]
fn what_code_can_judge_is_judged_without_a_model() {
    let evals = |words: &str| {
        json!([
            {"id": 1, "prompt": "Say hello.", "expectations": [
                format!("The output contains \"{words}\""), "The greeting is warm.",
            ]},
            {"id": "bye", "prompt": "Say goodbye.", "assertions": ["The output contains \"bye\"."]},
        ])
    };
    let world = world([rule().says("Hello, Ada.")], &evals("Hello"));
    let dir = world.home().join(".claude/skills/greet/recordings/eval-1");
    let dir = dir.to_str().unwrap();
    world.atlas(["run", "greet", "Say hello.", "--record", dir]).run().expect_code(0);
    let asked = world.model().requests().len();

    let test = |args: &[&str]| {
        let all: Vec<&str> = ["test", "greet"].iter().chain(args).copied().collect();
        world.atlas(all).env("ATLAS_CLAUDE", "/no-claude").run()
    };
    world.check(&test(&[]).expect_code(0).stdout, str![[r#"
✓ greet/eval-1
  only a reader can judge: The greeting is warm.
· greet/eval-bye is not recorded
  nothing is recorded for it: `atlas run greet <PROMPT> --record [ROOT]/home/.claude/skills/greet/recordings/eval-bye`, or `--live`

"#]]);

    write(&world, "evals/evals.json", &json!({"evals": evals("Hi")}).to_string());
    world.check(&test(&[]).expect_code(4).stdout, str![[r#"
✗ greet/eval-1 differs
  not so: The output contains "Hi"
· greet/eval-bye is not recorded
  nothing is recorded for it: `atlas run greet <PROMPT> --record [ROOT]/home/.claude/skills/greet/recordings/eval-bye`, or `--live`

"#]]);
    world.check(&test(&["--format=junit"]).expect_code(4).stdout, str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="atlas" tests="2" skipped="1" failures="1" errors="0" time="[..]">
    <testsuite name="atlas test" tests="2" skipped="1" errors="0" failures="1" time="[..]">
        <testcase name="eval-1" classname="greet" time="[..]">
            <failure message="not so: The output contains &quot;Hi&quot;"/>
        </testcase>
        <testcase name="eval-bye" classname="greet" time="[..]">
            <skipped message="nothing is recorded for it: `atlas run greet &lt;PROMPT&gt; --record [ROOT]/home/.claude/skills/greet/recordings/eval-bye`, or `--live`"/>
        </testcase>
    </testsuite>
</testsuites>

"#]]);

    write(&world, "evals/evals.json", "{}");
    let faulty = test(&[]).expect_code(8);
    assert!(faulty.stderr.contains("there is no list `evals`"), "{faulty}");
    assert_eq!(world.model().requests().len(), asked, "nobody was asked");
}

#[test]
fn a_live_test_counts_and_holds_a_threshold() {
    let evals = json!([{
        "id": 1, "prompt": "Greet Ada.", "files": ["evals/files/a.txt"],
        "expectations": ["The output contains \"Hello\""],
    }]);
    // Of every four the last one greets in other words.
    let four = || [rule().times(3).says("Hello."), rule().times(1).says("Good day.")];
    let world = world([four(), four()].into_iter().flatten(), &evals);
    write(&world, "evals/files/a.txt", "Ada\n");
    write(&world, "contract.yaml", "requires: { files: [evals/files/a.txt] }\n");

    let test = |threshold: &str, more: &[&str]| {
        let args = ["test", "greet", "--live", "--runs=4", threshold];
        world.atlas(args.iter().chain(more)).run()
    };
    world.check(
        &test("--threshold=75%", &[]).expect_code(0).stdout,
        str![[r#"
✓ greet/eval-1 · 3 of 4 passed · 30 to 95 % with 95 % confidence · $0.02
  run 4: not so: The output contains "Hello"

"#]],
    );
    let document = test("--threshold=0.8", &["--format=json"]).expect_code(4).json();
    let case = &document["cases"][0];
    assert_eq!((&case["outcome"], &case["live"]["hits"]), (&json!("differs"), &json!(3)));
    assert_eq!(case["live"]["of"], 4);
    let (low, high) = (&case["live"]["interval"]["low"], &case["live"]["interval"]["high"]);
    assert!(low.as_f64().unwrap() < 0.31 && high.as_f64().unwrap() > 0.95, "{case}");
    assert!(case["live"]["usd"].as_f64().unwrap() > 0.0, "{case}");
    assert!(world.model().requests()[0].user().contains("Greet Ada."));
    assert_eq!(world.model().requests().len(), 8);
}

#[test]
fn an_outage_is_no_try() {
    let evals = json!([{"id": 1, "prompt": "Greet Ada."}]);
    let world = world([rule().fails(Failure::unauthorized())], &evals);
    let output = world.atlas(["test", "greet", "--live", "--runs=3", "--format=json"]).run();
    let document = output.expect_code(7).json();
    assert_eq!(document["cases"][0]["live"]["of"], 0);
    assert_eq!(document["cases"][0]["outcome"], "invalid");
}
