//! The skill of these tests: two steps, of which the second can be held in the middle.

use rustix::process::Signal;

use crate::support::model::{Gate, Rule, rule};
use crate::support::programs::{Output, Running};
use crate::support::world::World;

pub(super) const SKILL: &str = "---\nname: chain\ndescription: Two sections\n---\n# Chain\n\n\
     Two things.\n\n## Gather\n\nGather the facts.\n\n## Judge\n\nJudge what was gathered.\n";

pub(super) const CONTRACT: &str =
    "steps:\n  - { id: gather, section: Gather }\n  - { id: judge, section: Judge }\n";

/// A world with the skill, committed, and in it nothing that would need trust.
pub(super) fn world(rules: impl IntoIterator<Item = Rule>) -> World {
    let world = World::scripted(rules);
    world.user_config("isolation: none");
    world.skill("chain", SKILL).write(".claude/skills/chain/contract.yaml", CONTRACT);
    world.repo().commit("first");
    world
}

/// The first step is answered; the second waits at the gate once, and is answered when it is asked
/// again.
pub(super) fn held_in_the_second(gate: &Gate) -> World {
    world([
        rule().when_prompt("Gather the facts").says("three facts"),
        rule().times(1).says("they h").says("old").held_after(3, gate),
        rule().says("they hold"),
    ])
}

/// Starts the skill and waits until an answer is at the gate.
pub(super) fn start(world: &World, gate: &Gate, args: &[&str]) -> Running {
    let running = world.atlas(["run", "chain"].iter().chain(args)).spawn();
    gate.wait_until_reached();
    running
}

/// Kills atlas alone, as nothing can prevent.
pub(super) fn kill(running: Running) {
    running.signal(Signal::KILL);
    assert_eq!(running.wait().signal, Some(9));
}

/// Goes on with the only session, once the warden of the killed atlas has let go of it.
pub(super) fn resume(world: &World, args: &[&str]) -> Output {
    world.atlas(["resume", "--last", "--wait"].iter().chain(args)).run()
}

/// How often the model was asked by the prompt of a step.
pub(super) fn asked(world: &World, words: &str) -> usize {
    let requests = world.model().requests();
    requests.iter().filter(|request| request.body.to_string().contains(words)).count()
}
