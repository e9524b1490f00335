//! Contracts whose steps run other skills, each held to its own contract.

use serde_json::{Value, json};

use crate::support::files;
use crate::support::model::rule;
use crate::support::world::World;

/// A skill of the user's own, with this contract.
fn skill(world: &World, name: &str, body: &str, contract: &str) {
    let text = format!("---\nname: {name}\ndescription: For a test\n---\n# {name}\n\n{body}\n");
    world.personal_skill(name, &text);
    files::write(&world.home().join(format!(".claude/skills/{name}/contract.yaml")), contract);
}

fn steps(result: &Value) -> String {
    let line = |step: &Value| {
        format!("{} {}", step["id"].as_str().unwrap(), step["status"].as_str().unwrap())
    };
    result["steps"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_step_runs_another_skill_with_its_own_steps_and_names() {
    let world = World::new();
    skill(
        &world,
        "inner",
        "",
        "inputs: { name: { required: true }, mark: { default: '!' } }\n\
         steps:\n  \
         - { id: say, run: [printf, '%s%s', 'hi {{ inputs.name }}', '{{ inputs.mark }}'] }\n  \
         - { id: twice, run: [printf, '%s %s', '{{ steps.say.output }}', '{{ steps.say.output }}'] }\n",
    );
    skill(
        &world,
        "outer",
        "",
        "inputs: { name: { required: true } }\n\
         steps:\n  \
         - { id: say, run: [printf, 'outer'] }\n  \
         - { id: greet, skill: inner }\n  \
         - { id: both, run: [printf, '%s, %s', '{{ steps.say.output }}', '{{ steps.greet.output }}'] }\n",
    );
    let done = world.atlas(["run", "outer", "ann", "--format", "json"]).run().expect_code(0).json();
    assert_eq!(done["output"], "outer, hi ann! hi ann!");
    assert_eq!(steps(&done), "say passed\ngreet/say passed\ngreet/twice passed\nboth passed");
    let shown = world.atlas(["run", "outer", "ann", "--dry-run"]).run().expect_code(0);
    assert!(shown.stdout.contains("greet: the skill inner"), "{shown}");
}

#[test]
fn the_contract_of_the_other_skill_holds_and_names_who_mends() {
    let world = World::scripted([
        rule().when_prompt("Draft it").when_user("says no").says("good"),
        rule().when_prompt("Draft it").says("bad"),
    ]);
    // The hook refuses what does not hold `good`; the skill's own draft is what goes back.
    skill(
        &world,
        "inner",
        "",
        "steps:\n  \
         - { id: draft, prompt: Draft it }\n  \
         - { id: shout, run: [printf, '%s!', '{{ steps.draft.output }}'] }\n\
         hooks:\n  \
         fine: { timing: post, command: [sh, -c, 'grep -q good \"$ATLAS_OUTPUT_FILE\" || { echo says no >&2; exit 1; }'] }\n",
    );
    skill(
        &world,
        "outer",
        "",
        "steps:\n  - { id: write, skill: inner }\n  - { id: end, run: [printf, '%s', '{{ steps.write.output }}'] }\n",
    );
    let done = world.atlas(["run", "outer", "--format", "json"]).run().expect_code(0).json();
    assert_eq!(done["output"], "good!");
    assert_eq!(steps(&done), "write/draft passed\nwrite/shout passed\nend passed");
    assert_eq!(done["steps"][0]["attempts"], 2);
    let checks: Vec<_> = done["checks"].as_array().unwrap().iter().collect();
    assert!(
        checks.iter().any(|check| check["name"] == "write/fine" && check["status"] == "passed"),
        "{done:#}"
    );
    assert_eq!(done["proof"]["commands"], 1);
}

#[test]
fn what_its_contract_refuses_for_good_another_step_can_make_up_for() {
    let world = World::new();
    let refused = "steps: [{ id: say, run: [echo, '{}'], parse: json }]\n\
                   output: { type: object, required: [n] }\n";
    skill(&world, "inner", "", refused);
    skill(
        &world,
        "outer",
        "",
        "steps: [{ id: any, fallback: [{ id: strict, skill: inner }, { id: loose, run: [echo, '1'] }] }]\n",
    );
    let done = world.atlas(["run", "outer", "--format", "json"]).run().expect_code(0).json();
    assert_eq!(done["output"], "1\n");
    skill(&world, "outer", "", "steps: [{ id: strict, skill: inner }]\n");
    let done = world.atlas(["run", "outer", "--format", "json"]).run().expect_code(4).json();
    assert!(done["reason"].as_str().unwrap().contains("\"n\" is a required property"), "{done:#}");
}

#[test]
fn an_agent_of_another_skill_is_told_that_skill_and_works_for_each_thing() {
    let world = World::scripted([
        rule().when_prompt("Inner instructions").when_user("engine").says("loud"),
        rule().when_prompt("Inner instructions").when_user("wheels").says("round"),
    ]);
    world.personal_skill(
        "inner",
        "---\nname: inner\ndescription: For a test\n---\n# Inner\n\nInner instructions\n",
    );
    skill(
        &world,
        "outer",
        "Outer words",
        "steps: [{ id: all, each: { in: '[\"engine\", \"wheels\"]', as: part, do: { id: tell, skill: inner } } }]\n",
    );
    let done = world.atlas(["run", "outer", "--format", "json", "-j", "1"]).run().expect_code(0);
    assert_eq!(done.json()["output"], json!(["loud", "round"]));
    let asked = world.model().requests()[0].prompt();
    assert!(!asked.contains("Outer words"), "{asked}");
}

#[test]
fn what_cannot_be_a_step_is_told_before_anything_runs() {
    let world = World::new();
    skill(&world, "a", "", "steps: [{ run: ['true'] }, { skill: b }]\n");
    skill(&world, "b", "", "steps: [{ parallel: [{ skill: a }, { run: ['true'] }] }]\n");
    skill(&world, "asks", "", "inputs: { what: { required: true } }\n");
    skill(&world, "panel", "", "verify: { reviewers: [{ lens: facts }] }\n");
    let told = |steps: &str| {
        skill(&world, "outer", "", &format!("steps: {steps}\n"));
        world.atlas(["run", "outer"]).run()
    };
    let circle = world.atlas(["run", "a"]).run().expect_code(8);
    assert!(circle.stderr.contains("the skill `a` runs itself"), "{circle}");
    assert!(circle.stderr.contains("a → b → a"), "{circle}");
    let unknown = told("[{ skill: nobody }]");
    assert!(unknown.stderr.contains("nobody") && unknown.code != Some(0), "{unknown}");
    assert!(unknown.stderr.contains("a step runs this skill"), "{unknown}");
    let missing = told("[{ skill: asks }]").expect_code(2);
    assert!(missing.stderr.contains("the input `what` is missing"), "{missing}");
    assert!(missing.stderr.contains("gets the inputs of `outer`"), "{missing}");
    let panel = told("[{ skill: panel }]").expect_code(8);
    assert!(panel.stderr.contains("ends with a panel"), "{panel}");
    let own = told("[{ skill: asks, output: { type: object } }]").expect_code(8);
    assert!(own.stderr.contains("stands in its own contract"), "{own}");
}

#[test]
fn a_killed_skill_in_a_step_goes_on_where_it_stopped() {
    let world = World::new();
    skill(
        &world,
        "inner",
        "",
        "steps:\n  - { id: a, run: [sh, -c, 'echo a >> $ATLAS_SESSION/ran'] }\n  \
         - { id: b, run: [sh, -c, 'test -e go && cat $ATLAS_SESSION/ran'] }\n",
    );
    skill(&world, "outer", "", "steps: [{ id: s, skill: inner }]\n");
    let first = world.atlas(["run", "outer", "--format", "json"]).run().expect_code(1).json();
    assert_eq!(steps(&first), "s/a passed\ns/b failed");
    world.write("go", "");
    let second = world.atlas(["resume", "--last", "--format", "json"]).run().expect_code(0).json();
    assert_eq!(second["output"], "a\n");
    world.expect_valid_journal();
}

#[test]
fn a_skill_that_may_not_run_at_all_keeps_no_other_from_running() {
    let world = World::new();
    let inner = "given: [diff]\nrequires: { given: [diff] }\nsteps: [{ id: do, run: ['true'] }]\n";
    skill(&world, "inner", "", inner);
    skill(
        &world,
        "outer",
        "",
        "inputs: { kind: { required: true } }\n\
         steps:\n  - id: by\n    route:\n      on: inputs.kind\n      cases:\n        \
         change: { skill: inner }\n        other: { run: [printf, other] }\n",
    );
    skill(&world, "first", "", "steps: [{ skill: inner }]\n");
    world.write("a.txt", "a\n").repo().commit("first");
    let run = |args: &[&str], code| world.atlas(args).run().expect_code(code);

    assert_eq!(run(&["run", "outer", "other"], 0).stdout, "other\n");
    let refused = run(&["run", "outer", "change"], 1);
    assert!(refused.stderr.contains("needs diff: nothing differs"), "{refused}");
    run(&["run", "first"], 3);

    world.write("a.txt", "b\n");
    run(&["run", "outer", "change"], 0);
    run(&["run", "first"], 0);
}
