//! Planted faults, through the real `claude`: a panel that does not see one proves nothing.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::model::{Rule, rule};
use crate::support::world::World;

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

fn confirms() -> Value {
    json!({ "passed": true, "issues": [] })
}

fn refutes(file: Option<&str>, quote: &str) -> Value {
    let mut issue = json!({
        "severity": "major", "kind": "wrong", "claim": "That is not so.", "quote": quote,
    });
    if let Some(file) = file {
        issue["file"] = json!(file);
    }
    json!({ "passed": false, "issues": [issue] })
}

fn reviewer() -> Rule {
    rule().when_prompt(REVIEWER).before_tool_result()
}

/// Reviewers that answer so where the package has these words, and confirm where it has not.
fn reviewers(words: &str, answer: &Value) -> Vec<Rule> {
    vec![
        reviewer().when_user(words).returns(answer.clone()),
        reviewer().returns(confirms()),
        rule().when_prompt(REVIEWER).after_tool_result().says("Done."),
    ]
}

/// The agent counts; the planted fault is the next number.
fn counting(mut rules: Vec<Rule>) -> World {
    rules.push(rule().says("There are 12 users."));
    let world = World::scripted(rules);
    world.greet();
    world
}

/// What the statistics of all runs say of the planted faults, a line for each reviewer.
fn caught(world: &World) -> String {
    let stats = world.atlas(["stats", "--format=json"]).run().expect_code(0).json();
    let reviewers = stats["reviewers"].as_array().unwrap().iter();
    let line = |row: &Value| {
        let (name, model) = (row["name"].as_str().unwrap(), row["model"].as_str().unwrap());
        format!("{name} {model} {} of {}\n", row["caught"]["hits"], row["caught"]["of"])
    };
    reviewers.map(line).collect()
}

#[test]
fn a_panel_that_sees_the_planted_fault_can_be_relied_on() {
    let world = counting(reviewers("13 users", &refutes(None, "There are 13 users.")));
    let output = world.atlas(["run", "greet", "--verify=2", "--canary"]).run().expect_code(0);
    assert_eq!(output.stdout, "There are 12 users.\n");
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0046
note: reviewer facts: asking haiku
note: reviewer logic: asking haiku
ok: reviewer facts confirmed
ok: reviewer logic confirmed
ok: check panel
note: reviewer facts: asking haiku about a copy with a planted fault
note: reviewer logic: asking haiku about a copy with a planted fault
ok: planted a changed number: seen by facts, logic of 2 reviewers
ok: check canary
passed, 2 of 2 checks, 2 of 2 reviewers confirmed, planted fault seen, $0.0058, [TIME], ...[SHORT]

"#]],
    );
    let planted = &world.events("canary_planted")[0]["fault"];
    assert_eq!(
        *planted,
        json!({
            "kind": "number", "line": 1,
            "before": "There are 12 users.", "after": "There are 13 users.",
        })
    );
    let judged = &world.events("canary_judged")[0];
    assert_eq!(judged["by"][1], json!({ "reviewer": "logic", "model": "haiku", "caught": true }));
    assert_eq!(caught(&world), "facts claude-haiku-5-5 1 of 1\nlogic claude-haiku-5-5 1 of 1\n");
    world.expect_valid_journal();
}

#[test]
fn a_panel_that_misses_the_planted_fault_proves_nothing() {
    let world = counting(reviewers("never said", &confirms()));
    let args = ["run", "greet", "--verify", "--canary", "--format=json"];
    let result = world.atlas(args).run().expect_code(5).json();
    assert_eq!(result["verdict"]["status"], "inconclusive");
    assert_eq!(result["verdict"]["votes"]["confirmed"], 1);
    assert_eq!(result["proof"]["canary"], 0);
    assert_eq!(result["proof"]["votes"], 0, "the votes of such a panel count for nothing");
    assert_eq!(
        result["canary"],
        json!({
            "kind": "number", "file": null, "line": 1, "caught": false,
            "by": [{ "reviewer": "facts", "model": "haiku", "caught": false }],
        })
    );
    assert_eq!(
        result["reason"],
        "canary inconclusive: the panel would have passed a copy of the work with a changed \
         number at line 1 of the output"
    );
}

/// Whoever complains about something else has not seen it.
#[test]
fn to_complain_is_not_to_see() {
    let elsewhere = refutes(Some("notes.txt"), "written by hand");
    let world = counting(reviewers("13 users", &elsewhere));
    world.write("notes.txt", "written by hand\n").repo().commit("notes");
    let args = ["run", "greet", "--verify=2", "--canary", "--format=json"];
    let result = world.atlas(args).run().expect_code(5).json();
    let caught: Vec<&Value> =
        result["canary"]["by"].as_array().unwrap().iter().map(|catch| &catch["caught"]).collect();
    assert_eq!(caught, [&json!(false), &json!(false)]);
}

#[test]
fn work_without_a_place_for_a_fault_cannot_test_its_panel() {
    let mut rules = reviewers("never said", &confirms());
    rules.push(rule().says("Hello, Ada."));
    let world = World::scripted(rules);
    world.greet();
    let args = ["run", "greet", "--verify", "--canary"];
    let output = world.atlas(args).run().expect_code(5);
    let why = "the work holds nothing that a fault could be planted in";
    assert!(output.stderr.contains(why), "{output}");
}

#[test]
fn a_contract_asks_for_it_and_refused_work_costs_no_second_panel() {
    let world = counting(reviewers("12 users", &refutes(None, "12 users")));
    world.write(".claude/skills/greet/contract.yaml", "retry: 0\nverify: { canary: true }\n");
    let result = world.atlas(["run", "greet", "--format=json"]).run().expect_code(4).json();
    assert_eq!(result["verdict"]["status"], "rejected");
    assert!(world.events("canary_planted").is_empty());
}

/// The fault stands in the change that reviewers are shown, and in no file: so they have no tools to
/// look there, and what they quote is looked up in the file as the change would make it.
#[test]
fn a_fault_in_the_change_is_seen_in_the_change() {
    let fault = "if items:";
    let mut rules = reviewers(fault, &refutes(Some("cart.py"), fault));
    let write = json!({
        "file_path": "cart.py",
        "content": "def mean(items):\n    if not items:\n        return None\n",
    });
    rules.push(rule().before_tool_result().calls("Write", write));
    rules.push(rule().says("Written."));
    let world = World::scripted(rules);
    world.greet();
    let args = ["run", "greet", "--edit", "--verify=2", "--canary", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    assert_eq!(result["proof"]["canary"], 1, "{result}");
    assert_eq!(
        (&result["canary"]["file"], &result["canary"]["kind"], &result["canary"]["line"]),
        (&json!("cart.py"), &json!("condition"), &json!(2))
    );
    let requests = world.model().requests();
    let copies: Vec<_> =
        requests.iter().filter(|request| request.prompt().contains(fault)).collect();
    assert!(!copies.is_empty());
    for copy in copies {
        assert!(!copy.tools().contains(&"Read"), "{:?}", copy.tools());
    }
}
