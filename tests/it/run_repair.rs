//! What is tried again, how often, and what a refusal supersedes: a row for each rule.

use serde_json::{Value, json};

use crate::support::fake::{Script, Step};
use crate::support::world::World;

const SKILL: &str = "---\nname: chain\ndescription: Two sections\n---\n# Chain\n\nTwo things.\n\n\
                     ## Gather\n\nGather the facts.\n\n## Judge\n\nJudge what was gathered.\n";

/// A world whose n-th call answers with its number.
fn world(contract: &str) -> World {
    let call = |n: usize| vec![Step::Success(n.to_string())];
    let script = (2..8).fold(Script::plays(call(1)), |script, n| script.then(call(n)));
    let world = World::faked(&script);
    world.skill("chain", SKILL);
    let steps = "steps:\n  - { id: gather, section: Gather }\n  - { id: judge, section: Judge }\n";
    world.write(".claude/skills/chain/contract.yaml", format!("{steps}{contract}"));
    world
}

/// The calls in their order: step, attempt, and a star where the conversation goes on.
fn calls(world: &World) -> String {
    let started = world.events("call_started");
    let shown = started.iter().map(|call| {
        let star = if call["resumed"] == json!(true) { "*" } else { "" };
        format!("{}/{}{star}", call["step"].as_str().unwrap(), call["attempt"])
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// A shell command that refuses outputs below a number, for a reason of its own each time or not.
fn at_least(n: u32, reason: &str) -> String {
    format!(
        "[sh, -c, 'read n < $ATLAS_OUTPUT_FILE; test $n -ge {n} || {{ echo {reason} >&2; exit 1; }}']"
    )
}

/// A rule, a contract, the exit code, and the calls.
type Row = (&'static str, String, u8, &'static str);

/// A reason of its own for each output.
fn new(n: u32) -> String {
    at_least(n, "no $n")
}

fn sent_back() -> Vec<Row> {
    vec![
        (
            "a mid hook sends its own step back",
            format!("hooks: {{ h: {{ timing: mid, steps: [gather], command: {} }} }}", new(2)),
            0,
            "gather/1 gather/2* judge/1",
        ),
        (
            "a post hook sends the last step back",
            format!("hooks: {{ h: {{ timing: post, command: {} }} }}", new(3)),
            0,
            "gather/1 judge/1 judge/2*",
        ),
        (
            "or the step that `repair` names, and every later one runs again from the start",
            format!("repair: gather\nhooks: {{ h: {{ timing: post, command: {} }} }}", new(4)),
            0,
            "gather/1 judge/1 gather/2* judge/2",
        ),
        (
            "at most `retry` times over",
            format!("retry: 2\nhooks: {{ h: {{ timing: post, command: {} }} }}", new(9)),
            4,
            "gather/1 judge/1 judge/2* judge/3*",
        ),
    ]
}

fn not_sent_back() -> Vec<Row> {
    let same = |n| at_least(n, "no");
    vec![
        (
            "never, with no retry",
            format!("retry: 0\nhooks: {{ h: {{ timing: post, command: {} }} }}", new(9)),
            4,
            "gather/1 judge/1",
        ),
        (
            "two equal rejections end it",
            format!("retry: 3\nhooks: {{ h: {{ timing: post, command: {} }} }}", same(9)),
            4,
            "gather/1 judge/1 judge/2*",
        ),
        (
            "not what `on` leaves out",
            format!(
                "retry: {{ times: 2, on: [failed] }}\n\
                 hooks: {{ h: {{ timing: post, command: {} }} }}",
                new(9)
            ),
            4,
            "gather/1 judge/1",
        ),
        (
            "a check that could not run spends no try",
            "hooks: { h: { timing: post, command: [./gone] } }".to_owned(),
            5,
            "gather/1 judge/1",
        ),
        (
            "a refusal weighs more than a check that could not run",
            format!(
                "hooks:\n  g: {{ timing: post, command: [./gone] }}\n  \
                 h: {{ timing: post, command: {} }}",
                new(3)
            ),
            5,
            "gather/1 judge/1 judge/2*",
        ),
        (
            "an advisory hook sends nothing back",
            format!("hooks: {{ h: {{ timing: post, blocking: false, command: {} }} }}", new(9)),
            0,
            "gather/1 judge/1",
        ),
    ]
}

#[test]
fn what_is_tried_again() {
    for (rule, contract, code, expected) in sent_back().into_iter().chain(not_sent_back()) {
        let world = world(&contract);
        let output = world.atlas(["run", "chain", "--trust"]).run().expect_code(code.into());
        assert_eq!(calls(&world), expected, "{rule}: {output}");
    }
}

#[test]
fn all_attempts_are_in_one_ledger() {
    let hook = at_least(3, "no $n");
    let world = world(&format!("hooks: {{ h: {{ timing: post, command: {hook} }} }}"));
    let args = ["run", "chain", "--trust", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    assert_eq!(result["spend"]["calls"], 3, "{result:#}");
    let attempts: Vec<&Value> =
        result["steps"].as_array().unwrap().iter().map(|step| &step["attempts"]).collect();
    assert_eq!(attempts, [&json!(1), &json!(2)]);
    assert_eq!(result["output"], "3");
}

/// The agent reads every reason of a refusal, in the file's order, however the hooks finish.
#[test]
fn reasons_come_in_the_files_order() {
    let world = world(
        "hooks:\n  slow: { timing: post, command: [sh, -c, 'until [ -e ../fast ]; do :; done; echo one >&2; exit 1'] }\n  \
         fast: { timing: post, command: [sh, -c, 'touch ../fast; echo two >&2; exit 1'] }\n",
    );
    let output = world.atlas(["run", "chain", "--trust"]).run().expect_code(4);
    let retry = &world.events("retry")[0]["reasons"];
    assert_eq!(retry, &json!(["slow: one", "fast: two"]), "{output}");
    let result = world.atlas(["run", "chain", "--trust", "--format=json"]).run().json();
    let names: Vec<&Value> =
        result["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!(names, ["slow", "fast"]);
}

/// A hook that says more than anybody reads is kept at its beginning and its end.
#[test]
fn a_flood_of_words_keeps_its_end() {
    let world = world(
        "retry: 0\nhooks: { loud: { timing: post, command: [sh, -c, \
         'yes | head -c 3000000 >&2; printf \"\\033[2Jthe point\" >&2; exit 1'] } }",
    );
    world.atlas(["run", "chain", "--trust"]).run().expect_code(4);
    let check = world.events("hook_ended")[0]["check"].clone();
    let reason = check["reason"].as_str().unwrap();
    assert!(reason.ends_with("the point"), "{}", &reason[reason.len() - 40..]);
    assert!(reason.len() < 70_000, "{}", reason.len());
}
