//! What a run was planned from may not change under it unless somebody says so.

use super::chain::{SKILL, held_in_the_second, kill, resume, start};
use crate::support::model::{Gate, rule};
use crate::support::world::World;

#[test]
fn a_changed_skill_is_refused_until_it_is_accepted() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    kill(start(&world, &gate, &[]));
    world.skill("chain", &SKILL.replace("Judge what", "Weigh what"));

    let output = resume(&world, &[]).expect_code(8);
    assert!(output.stderr.contains("the skill was changed"), "{output}");
    assert!(output.stderr.contains("--accept-changes"), "{output}");
    assert_eq!(world.model().requests().len(), 2, "nothing was asked");

    resume(&world, &["--accept-changes"]).expect_code(0);
    let calls = world.events("call_started");
    let again = calls.iter().filter(|call| call["step"] == "gather").count();
    assert_eq!(again, 1, "what is finished stays finished");
    let resumed = &world.events("run_resumed")[0]["differences"][0];
    assert!(resumed.as_str().unwrap().starts_with("the skill was changed"), "{resumed}");
    assert_eq!(world.events("plan").len(), 2, "the plan was made anew");
}

#[test]
fn every_file_that_has_a_say_is_named() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().times(1).says("al").held_after(3, &gate),
        rule().when_prompt("new text").says("Hello."),
    ]);
    let skill = "---\nname: chain\ndescription: d\n---\nGreet by $text.\n";
    let contract = "inputs: { text: {} }\noutput: out.json\n";
    world
        .user_config("retry: 0")
        .skill("chain", skill)
        .write(".claude/skills/chain/contract.yaml", contract)
        .write(".claude/skills/chain/out.json", "{}")
        .write("text.txt", "old text");
    world.repo().commit("first");
    kill(start(&world, &gate, &["-i", "text=@text.txt"]));
    world
        .user_config("retry: 2")
        .write(".claude/atlas.yaml", "limits: { turns: 20 }\n")
        .write(".claude/skills/chain/contract.yaml", "inputs: { text: {} }\n")
        .write("text.txt", "new text");
    std::fs::remove_file(world.dir().join(".claude/skills/chain/out.json")).unwrap();

    let output = resume(&world, &[]).expect_code(8);
    for said in [
        "the contract was changed",
        "a schema is gone",
        "the configuration is new",
        "the configuration was changed",
        "the input `text` was changed",
    ] {
        assert!(output.stderr.contains(said), "{said}: {output}");
    }
}

#[test]
fn a_changed_check_is_refused_until_it_is_accepted() {
    let gate = Gate::shut();
    let world =
        World::scripted([rule().times(1).says("al").held_after(3, &gate), rule().says("Hello.")]);
    world.user_config("hooks: { qc: { timing: post, command: [sh, qc.sh] } }");
    world.write("qc.sh", "exit 0\n").greet();
    let running = world.atlas(["run", "greet"]).spawn();
    gate.wait_until_reached();
    kill(running);
    world.write("qc.sh", "true\n");

    let output = resume(&world, &[]).expect_code(8);
    assert!(output.stderr.contains("what checks the work was changed"), "{output}");
    assert!(output.stderr.contains("qc.sh"), "{output}");

    resume(&world, &["--accept-changes"]).expect_code(0);
}
