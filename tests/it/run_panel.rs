//! The panel, through the real `claude`: who is asked, what each is given, and what code concludes.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::model::{Rule, rule};
use crate::support::world::World;

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

/// What a reviewer with this lens answers.
fn reviewer(lens: &str, review: Value) -> [Rule; 2] {
    let task = match lens {
        "facts" => "Check every statement",
        "logic" => "Follow the reasoning",
        "omissions" => "Read the task again",
        other => other,
    };
    let asked = || rule().when_prompt(REVIEWER).when_user(task);
    [asked().before_tool_result().returns(review), every_reviewer_is_done()]
}

/// The answer stands once its form is filled in; then the model ends its turn.
fn every_reviewer_is_done() -> Rule {
    rule().when_prompt(REVIEWER).after_tool_result().says("Done.")
}

fn confirms() -> Value {
    json!({ "passed": true, "issues": [] })
}

fn refutes(quote: &str) -> Value {
    json!({ "passed": false, "issues": [{
        "severity": "major", "kind": "wrong", "claim": "The greeting names nobody.", "quote": quote,
    }]})
}

fn panel_of(answers: [Value; 3]) -> Vec<Rule> {
    let lenses = ["facts", "logic", "omissions"];
    lenses.into_iter().zip(answers).flat_map(|(lens, answer)| reviewer(lens, answer)).collect()
}

fn greeting(mut rules: Vec<Rule>) -> World {
    rules.push(rule().when_user("was not accepted").says("Hello, Ada."));
    rules.push(rule().says("Hello, you."));
    let world = World::scripted(rules);
    world.greet();
    world
}

fn reviews(world: &World) -> usize {
    let asked = |request: &&std::sync::Arc<_>| -> bool {
        let request: &crate::support::model::Request = request;
        request.system().contains(REVIEWER) && !request.is_tool_result()
    };
    world.model().requests().iter().filter(asked).count()
}

#[test]
fn one_reviewer_is_enough_where_nothing_is_left_to_ask() {
    let world = greeting(panel_of([confirms(), confirms(), confirms()]));
    let output = world.atlas(["run", "greet", "--verify"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello, you.\n");
    assert_eq!(reviews(&world), 1);
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0046
note: reviewer facts: asking haiku
ok: reviewer facts confirmed
ok: check panel
passed, 1 of 1 check, 1 of 1 reviewer confirmed, $0.0049, [TIME], ...[SHORT]

"#]],
    );
}

#[test]
fn a_doubt_calls_the_others_and_the_majority_decides() {
    let doubt = json!({ "passed": false, "issues": [] });
    let world = greeting(panel_of([doubt, confirms(), confirms()]));
    let args = ["run", "greet", "--verify", "--require=panel", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    assert_eq!(reviews(&world), 3, "the first one is not asked twice");
    assert_eq!(result["proof"]["votes"], 2);
    assert_eq!(
        result["verdict"],
        json!({
            "status": "passed",
            "votes": { "confirmed": 2, "refuted": 0, "abstained": 1, "error": 0 },
            "findings": [],
        })
    );
}

#[test]
fn what_is_refuted_with_evidence_goes_back_to_the_agent() {
    let mut rules: Vec<Rule> = Vec::new();
    for lens in ["facts", "logic", "omissions"] {
        let [first, done] = reviewer(lens, refutes("Hello, you."));
        rules.extend([first.times(1), done]);
        let [later, _] = reviewer(lens, confirms());
        rules.push(later);
    }
    let world = greeting(rules);
    let output = world.atlas(["run", "greet", "--verify=3"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello, Ada.\n");
    assert_eq!(reviews(&world), 6);
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0046
note: reviewer facts: asking haiku
note: reviewer logic: asking haiku
note: reviewer omissions: asking haiku
failed: reviewer facts refuted
failed: reviewer logic refuted
failed: reviewer omissions refuted
failed: major: The greeting names nobody. (facts, logic, omissions)
failed: check panel
again: skill again: panel: major: The greeting names nobody. (facts, logic, omissions)
note: skill: asking sonnet, attempt 2
ok: skill, [TIME], $0.0093
note: reviewer facts: asking haiku
note: reviewer logic: asking haiku
note: reviewer omissions: asking haiku
ok: reviewer facts confirmed
ok: reviewer logic confirmed
ok: reviewer omissions confirmed
ok: check panel
passed, 1 of 1 check, 3 of 3 reviewers confirmed, $0.01, [TIME], ...[SHORT]

"#]],
    );
}

#[test]
fn what_nobody_can_confirm_is_no_pass() {
    // Invented quotes, an answer outside the schema, and a reviewer that says nothing at all.
    let outside = json!({ "verdict": "fine" });
    let mut rules = panel_of([refutes("Good day."), outside, confirms()]);
    rules.insert(0, rule().when_prompt(REVIEWER).when_user("Read the task again").says("Fine!"));
    let world = greeting(rules);
    let output = world.atlas(["run", "greet", "--verify=3"]).run().expect_code(5);
    assert_eq!(output.stdout, "", "nothing that is not proven leaves");
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0046
note: reviewer facts: asking haiku
note: reviewer logic: asking haiku
note: reviewer omissions: asking haiku
warning: reviewer facts gave no vote that counts: it refused the work without evidence that could be confirmed
warning: reviewer logic gave no vote that counts: the model never answered by the schema
warning: reviewer omissions gave no vote that counts: the model never answered by the schema
note: unsupported: major: The greeting names nobody. (facts)
failed: check panel inconclusive: 0 of 3 confirmed, 2 are needed; 0 refuted, 3 gave no vote that counts, 0 died
inconclusive, 0 of 1 check, 0 of 3 reviewers confirmed, $0.0064, [TIME], ...[SHORT]
failed: check panel inconclusive: 0 of 3 confirmed, 2 are needed; 0 refuted, 3 gave no vote that counts, 0 died
note: output, not accepted: [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/steps/skill/1/output.md

"#]],
    );
}

#[test]
fn a_reviewer_is_given_the_work_and_nothing_else() {
    let world = greeting(panel_of([confirms(), confirms(), confirms()]));
    world.write("CLAUDE.md", "Always answer in Latin. ".repeat(200));
    world.skill("other", "---\nname: other\ndescription: secret skill\n---\n# Other\n");
    world.repo().commit("first");
    world.atlas(["run", "greet", "--verify=3"]).run().expect_code(0);
    let requests = world.model().requests();
    let reviews: Vec<_> =
        requests.iter().filter(|request| request.system().contains(REVIEWER)).collect();
    for review in &reviews {
        let prompt = review.prompt();
        for stranger in ["Latin", "secret skill"] {
            assert!(!prompt.contains(stranger), "{stranger}: {prompt}");
        }
        assert!(review.model().contains("haiku"), "{}", review.model());
        let mut tools = review.tools();
        tools.sort_unstable();
        // claude's own way to find tools that it did not offer.
        tools.retain(|tool| *tool != "DeferredToolPlaceholder");
        assert_eq!(tools, ["Glob", "Grep", "Read", "StructuredOutput"]);
    }
    let systems: std::collections::BTreeSet<String> =
        reviews.iter().map(|review| review.system()).collect();
    assert_eq!(systems.len(), 1, "one system prompt for all");
}

#[test]
fn a_blocker_that_a_command_proves_needs_no_majority() {
    let proven = json!({ "passed": false, "issues": [{
        "severity": "blocker", "kind": "wrong", "claim": "The check fails.",
        "command": "check", "expect": "fails",
    }]});
    let world = {
        let mut rules = panel_of([proven, confirms(), confirms()]);
        rules.push(rule().says("Hello, you."));
        World::scripted(rules)
    };
    world.greet_by(
        "retry: 0\nverify: { evidence: { commands: { check: [sh, -c, 'exit 3'] } }, escalate: false }",
    );
    let args = ["run", "greet", "--trust", "--format=json"];
    let result = world.atlas(args).run().expect_code(4).json();
    assert_eq!(result["verdict"]["status"], "rejected");
    assert_eq!(result["verdict"]["votes"]["confirmed"], 2);
    assert_eq!(result["verdict"]["findings"][0]["status"], "supported");
}

#[test]
fn a_quorum_that_nobody_can_reach_is_said_before_anything_is_spent() {
    let world = greeting(Vec::new());
    world.greet_by("verify: { quorum: 3 }");
    let output = world.atlas(["run", "greet", "--verify=2"]).run().expect_code(2);
    assert_eq!(world.model().all().len(), 0);
    world.check(
        &output.stderr,
        str![[r#"
error: `--verify=2` asks 2, and 3 have to confirm
caused by: the contract's `quorum` cannot be reached
hint: ask at least 3, or leave the number out

"#]],
    );
}
