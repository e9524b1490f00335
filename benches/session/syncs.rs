//! How often a step syncs: chains of one step and of more, and what each more step adds.

use std::fs;
use std::path::Path;

use crate::support::fake::{Script, Step};
use crate::support::world::{GREET, World};

/// What makes something durable.
const CALLS: [&str; 2] = ["fdatasync", "fsync"];

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
pub(crate) fn count() {
    println!("\nsyncs of a whole run, by strace");
    for steps in [1, 2, 4, 8] {
        let [data, whole] = syncs(steps);
        println!("  {steps} steps that ask: {data:3} fdatasync, {whole} fsync");
    }
}

fn syncs(steps: usize) -> [usize; 2] {
    let world = World::faked(&Script::plays([Step::Success("Done.".to_owned())]));
    let list: Vec<String> = (1..=steps)
        .map(|n| format!("  - {{ id: step-{n}, prompt: \"Do part {n}.\" }}\n"))
        .collect();
    world.write(".claude/skills/greet/contract.yaml", format!("steps:\n{}", list.concat()));
    world.skill("greet", GREET).repo().commit("first");
    let trace = world.root().join("trace");
    let only = format!("trace={}", CALLS.join(","));
    let args = ["-f", "-qq", "-o", trace.to_str().expect("it is text"), "-e", &only];
    let strace = Path::new("/usr/bin/strace");
    world.atlas(["run", "greet", "--trust"]).under(strace, args).run().expect_code(0);
    let seen = fs::read_to_string(&trace).expect("strace wrote it");
    // A line that only says how a call ended that another thread was in between is no call.
    CALLS.map(|call| seen.lines().filter(|line| line.contains(&format!(" {call}("))).count())
}
