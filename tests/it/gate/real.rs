//! Through the real claude: its next request holds the reason, a fourth stop passes, the ledger
//! holds the cost.

use std::path::Path;

use serde_json::{Value, json};

use super::{CONTRACT, looks, prepare, runs};
use crate::support::claude::real_claude;
use crate::support::model::{Rule, rule};
use crate::support::programs::{Output, Run};
use crate::support::world::{GREET, World};

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

/// A session of Claude Code in the world's repository, held by the hooks that `--install` put there.
fn session(world: &World, prompt: &str) -> Output {
    let claude = world.claude(["-p", "--output-format=stream-json", "--verbose"]);
    finding_atlas(claude)
        .args(["--include-hook-events", "--permission-mode=acceptEdits", "--tools=Write"])
        .env("ATLAS_CLAUDE", real_claude())
        .stdin(prompt)
        .run()
        .expect_code(0)
}

/// With this atlas in the path, as Claude Code finds it.
fn finding_atlas(run: Run) -> Run {
    let atlas = Path::new(env!("CARGO_BIN_EXE_atlas")).parent().unwrap().display();
    run.env("PATH", format!("{atlas}:/usr/local/bin:/usr/bin:/bin"))
}

fn world(contract: &str, rules: impl FnOnce(&Path) -> Vec<Rule>) -> World {
    let world = World::scripted_in(rules);
    world.repo();
    world.atlas(["gate", "--install", "--yes"]).run().expect_code(0);
    prepare(&world, contract);
    world
}

fn writes(rule: Rule, dir: &Path, (file, content): (&str, &str)) -> Rule {
    rule.calls("Write", json!({ "file_path": dir.join(file), "content": content }))
}

#[test]
fn an_agent_hears_the_reason_three_times_and_then_may_stop() {
    let world = world(CONTRACT, |dir| {
        let new = |rule: Rule, content: &str| writes(rule, dir, ("new.txt", content));
        vec![
            new(rule().when_user("Improve it").times(1), "BAD one\n"),
            new(rule().when_user(r"refused \(1 of 3\)").times(1), "BAD two\n"),
            rule().says("I am done."),
        ]
    });
    let output = session(&world, "Improve it");
    assert_eq!(output.last_event("result")["result"], "I am done.");
    let requests = world.model().requests();
    for (count, reason) in [(1, "1:BAD one"), (2, "1:BAD two"), (3, "1:BAD two")] {
        let refusal = format!("atlas gate: refused ({count} of 3)");
        let heard = requests.iter().find(|it| it.user().contains(&refusal));
        let heard = heard.unwrap_or_else(|| panic!("{refusal}\n{output}"));
        assert!(heard.user().contains(reason), "{}", heard.user());
    }
    // Two of its requests wrote, after each of which it was done, and so it was after each refusal.
    assert_eq!(requests.len(), 6, "{output}");
    assert!(output.stdout.contains("NOT VERIFIED"), "{output}");
    assert_eq!((looks(&world), runs(&world)), (2, 2), "two trees");
}

#[test]
fn an_agent_that_mends_its_work_is_verified() {
    let world = world(CONTRACT, |dir| {
        let new = |rule: Rule, content: &str| writes(rule, dir, ("new.txt", content));
        vec![
            new(rule().when_user("Improve it").times(1), "BAD\n"),
            new(rule().when_user("1:BAD").times(1), "fine\n"),
            rule().says("I am done."),
        ]
    });
    let output = session(&world, "Improve it");
    assert!(output.stdout.contains("atlas gate: verified: 1 command"), "{output}");
    assert_eq!((world.model().requests().len(), runs(&world)), (4, 2), "{output}");
}

/// Reviewers are given what the person asked for and what was changed; what they prove goes back.
#[test]
fn what_reviewers_prove_goes_back_and_their_price_stands_in_the_ledger() {
    let contract = "verify: { reviewers: [{ lens: logic }] }\n";
    let world = world(contract, |dir| {
        let issue = json!({
            "severity": "major", "kind": "wrong", "claim": "Nobody counts so.",
            "file": "new.txt", "line": 1, "quote": "one, three",
        });
        let reviewer = || rule().when_prompt(REVIEWER).before_tool_result();
        vec![
            reviewer().times(1).returns(json!({ "passed": false, "issues": [issue] })),
            reviewer().returns(json!({ "passed": true, "issues": [] })),
            rule().when_prompt(REVIEWER).says("Done."),
            writes(rule().when_user("Count to two").times(1), dir, ("new.txt", "one, three\n")),
            writes(rule().when_user("Nobody counts so").times(1), dir, ("new.txt", "one, two\n")),
            rule().says("Counted."),
        ]
    });
    let output = session(&world, "Count to two");
    let requests = world.model().requests();
    let asked: Vec<_> = requests
        .iter()
        .filter(|it| it.system().contains(REVIEWER) && !it.is_tool_result())
        .collect();
    assert_eq!(asked.len(), 2, "{output}");
    assert!(asked[0].user().contains("Count to two"), "the task: {}", asked[0].user());
    assert!(asked[0].user().contains("+one, three"), "the change: {}", asked[0].user());
    let refusal = requests.iter().find(|it| it.user().contains("atlas gate: refused (1 of 3)"));
    let refusal = refusal.unwrap_or_else(|| panic!("{output}")).user();
    assert!(refusal.contains("review: major: new.txt:1: Nobody counts so."), "{refusal}");
    assert!(output.stdout.contains("atlas gate: verified: 1 vote"), "{output}");

    let shown = world.atlas(["session", "show", "--last", "--format=json"]).run().expect_code(0);
    let looks = shown.json()["runs"].clone();
    let charged: Vec<_> =
        looks.as_array().unwrap().iter().map(|run| run["spend"]["usd_charged"].as_f64()).collect();
    assert_eq!(charged.len(), 2, "{shown}");
    assert!(charged.iter().all(|usd| *usd > Some(0.0)), "{shown}");
    let ends: Vec<_> = world.journal();
    let ends: Vec<&Value> = ends.iter().filter(|line| line["type"] == "call_ended").collect();
    assert_eq!(ends.len(), 2, "a call for each look");
}

/// What a run of atlas starts is judged by that run.
#[test]
fn the_agent_of_a_run_is_not_held_by_the_gate() {
    let world = world(CONTRACT, |dir| {
        let bad = writes(rule().before_tool_result(), dir, ("new.txt", "BAD\n"));
        vec![bad, rule().says("Hello.")]
    });
    world.user_config("isolation: none");
    world.personal_skill("greet", GREET);
    let output = finding_atlas(world.atlas(["run", "greet", "--edit"])).run().expect_code(0);
    assert_eq!(world.model().requests().len(), 2, "{output}");
    assert_eq!((world.read("new.txt").as_str(), looks(&world)), ("BAD\n", 0));
}
