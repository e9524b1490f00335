//! How often a step syncs: chains of one step and of more, and what each more step adds.

use crate::disk::{self, Syncs};
use crate::support::fake::{Script, Step};
use crate::support::world::{GREET, World};

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
pub(crate) fn count() {
    println!("\nsyncs of a whole run, by strace");
    let list = |step: &str, steps: usize, indent: &str| -> String {
        let line = |n| format!("{indent}- {{ id: step-{n}, {step} }}\n");
        (1..=steps).map(line).collect()
    };
    for steps in [1, 2, 4, 8] {
        let seen = syncs(&format!("steps:\n{}", list("prompt: Do it.", steps, "  ")));
        println!("  {steps:3} steps that ask:             {seen}");
    }
    for steps in [1, 2, 4, 8, 64] {
        let seen = syncs(&format!("steps:\n{}", list("run: ['true']", steps, "  ")));
        println!("  {steps:3} commands, one by one:       {seen}");
    }
    for steps in [8, 64] {
        let branches = list("run: ['true']", steps, "      ");
        let seen = syncs(&format!("steps:\n  - id: all\n    parallel:\n{branches}"));
        println!("  {steps:3} commands, sixteen at once:  {seen}");
    }
}

fn syncs(contract: &str) -> Syncs {
    let world = World::faked(&Script::plays([Step::Success("Done.".to_owned())]));
    world.write(".claude/skills/greet/contract.yaml", contract);
    world.skill("greet", GREET).repo().commit("first");
    disk::syncs(&world, world.atlas(["run", "greet", "--trust", "-j16"]))
}
