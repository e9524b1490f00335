//! Many sub-agents, through atlas and through `xargs -P`: `cargo bench --bench fanout`.
//!
//! Four measurements; after `--` some can be chosen by name: `fake` is what the executor adds,
//! `memory` what it holds, `overload` how often a service has to refuse, `real` the real claude.
//! Everything lies in temporary folders, so `TMPDIR` says on which disk. docs/performance.md holds
//! the figures.

#[path = "../overhead/disk.rs"]
mod disk;
#[path = "../overhead/figures.rs"]
mod figures;
#[path = "../overhead/pairs.rs"]
#[expect(dead_code, reason = "the other benchmark has goals of its own")]
mod pairs;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use disk::without_syncs;
use pairs::{Goal, Side, compare};
use support::fake::{Fake, Script, Step};
use support::model::rule;
use support::programs::Run;
use support::world::World;

/// What every sub-agent says.
const ANSWER: &str = "Good morning.";

/// How many sub-agents the fake plays.
const FAKES: usize = 2_000;

/// How many pairs are timed: the fewest that an interval can be told of.
const PAIRS: usize = 6;

/// How many run at once where that is not what is measured.
const JOBS: usize = 4;

fn main() {
    figures::check();
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let chosen: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    say(&[
        format!("load: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()),
        format!("worlds in: {}", std::env::temp_dir().display()),
        "medians, each with the 95 % interval of the sign test".to_owned(),
    ]);
    let all: [(&str, fn()); 4] =
        [("fake", fake), ("memory", memory), ("overload", overload), ("real", real)];
    for (name, measure) in all {
        if chosen.is_empty() || chosen.iter().any(|it| *it == name) {
            measure();
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn say(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

/// A world with so many tasks in a file, and as many lines for xargs.
fn furnish(world: World, tasks: usize) -> World {
    world.user_config("limits: { usd: 1000 }\nusd-per-day: 100000\n");
    let line = |n: usize| json!({ "task": format!("Greet number {n}") }).to_string() + "\n";
    world.write("tasks.jsonl", (0..tasks).map(line).collect::<Vec<_>>().concat());
    let numbers: Vec<String> = (0..tasks).map(|n| n.to_string()).collect();
    world.write("numbers", numbers.join("\n"));
    world
}

/// atlas with all tasks.
fn ours(world: &World, jobs: usize) -> Run {
    let jobs = format!("--jobs={jobs}");
    world.atlas(["spawn", "-f", "tasks.jsonl", "--no-stagger", "-q", &jobs])
}

/// xargs with the same program, as atlas calls it: heard from a fake that it was told to call.
fn theirs(world: &World, program: &Command, jobs: usize) -> Run {
    let jobs = jobs.to_string();
    let mut args = vec!["-a", "numbers", "-P", &jobs, "-I{}"];
    let path = program.path.to_str().expect("a temporary folder has a plain name");
    args.push(path);
    args.extend(program.args.iter().map(String::as_str));
    let run = world.program("/usr/bin/xargs".as_ref(), args);
    program.env.iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// A program, its arguments and its environment.
struct Command {
    path: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

/// What atlas starts for one task.
fn command(world: &World, path: PathBuf) -> Command {
    let script = Script::plays([Step::Success(ANSWER.to_owned())]);
    let recorder = Fake::install(&world.root().join("bin/recorder"), &script);
    let run = world.atlas(["spawn", "Greet"]).env("ATLAS_CLAUDE", recorder.path());
    run.run().expect_code(0);
    let starts = recorder.starts();
    let start = starts.iter().rfind(|start| start["print"] == true).expect("atlas called it");
    let text = |value: &serde_json::Value| value.as_str().expect("it is text").to_owned();
    let mut args: Vec<String> =
        start["args"].as_array().expect("it is a list").iter().map(text).collect();
    // A conversation's id is used once, and the system prompt is a file of the session.
    if let Some(at) = args.iter().position(|arg| arg == "--session-id") {
        args.drain(at..=at + 1);
    }
    let env = start["env"].as_object().expect("it is a map");
    Command {
        path,
        args,
        env: env.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
    }
}

/// A fake that does this each time, and keeps no list of its starts.
fn unnoted(steps: [Step; 2]) -> Script {
    Script { unnoted: true, ..Script::plays(steps) }
}

/// What the executor adds to programs that do nothing but answer, at once or after a while.
fn fake() {
    for ms in [0, 50] {
        let steps = [Step::Sleep(ms), Step::Success(ANSWER.to_owned())];
        let world = furnish(World::faked(&unnoted(steps)), FAKES);
        let program = command(&world, world.fake().path().to_owned());
        let xargs = || theirs(&world, &program, JOBS);
        let atlas = || ours(&world, JOBS);
        let xargs = Side { name: "xargs -P", run: &xargs, stdin: None, says: ANSWER };
        let atlas = Side { name: "atlas spawn", run: &atlas, stdin: None, says: ANSWER };
        let title = format!("{FAKES} fake sub-agents of {ms} ms, {JOBS} at once");
        let took = compare(&title, PAIRS, [&xargs, &atlas], &Goal::Times(1.2));
        without_syncs(took, &disk::syncs(&world, ours(&world, JOBS)));
    }
}

/// How much memory it takes to read a gigabyte: looked at before the last few end.
fn memory() {
    let line = json!({ "type": "noise", "pad": "x".repeat(1000) }).to_string();
    let noise = Step::Flood { line, bytes: 512 << 10 };
    let steps = [noise, Step::Success(ANSWER.to_owned())];
    let world = furnish(World::faked(&unnoted(steps)), FAKES);
    let run = ours(&world, JOBS).args(["--ordered"]).deadline(Duration::from_secs(1800));
    let running = run.spawn();
    running.wait_for_stdout(&format!("\"id\":\"{}\"", FAKES - 5 * JOBS));
    let memory = running.peak_memory();
    running.wait().expect_code(0);
    let reached = if memory < 64 << 10 { "reached" } else { "missed" };
    say(&[format!(
        "\nmemory for {FAKES} sub-agents that say 1 GB in all: {} MB; \
         goal, under 64 MB: {reached}",
        memory >> 10
    )]);
}

/// How many requests a service refuses that takes four at a time and half a second for each.
fn overload() {
    let tasks = 64;
    let service = || [rule().says(ANSWER).takes(Duration::from_millis(500)).refuses_above(4)];
    let refused = |world: &World| world.model().requests().len().saturating_sub(tasks);
    let world = furnish(World::scripted(service()), tasks);
    ours(&world, 16).deadline(Duration::from_secs(900)).run().expect_code(0);
    let ours = refused(&world);

    let world = furnish(World::scripted(service()), tasks);
    // With its own retries, as many as it makes by itself, and as it is called by hand.
    let args = ["-a", "numbers", "-P", "16", "-I{}"];
    let claude = support::claude::real_claude().to_str().expect("a plain path");
    let call = [claude, "-p", "Greet number {}", "--tools", "", "--setting-sources", ""];
    let run = world.program("/usr/bin/xargs".as_ref(), args.into_iter().chain(call));
    run.deadline(Duration::from_secs(900)).run().expect_code(0);
    let theirs = refused(&world);
    let reached = if ours * 2 < theirs { "reached" } else { "missed" };
    say(&[format!(
        "\n{tasks} tasks of 0.5 s, a service that takes 4 at once: atlas was refused {ours} times, \
         16 uncoordinated claude {theirs} times; goal less than half: {reached}"
    )]);
}

/// The real claude, so many at once.
fn real() {
    for jobs in [8, 16] {
        let world = furnish(World::scripted([rule().says(ANSWER)]), jobs * 2);
        let claude = support::claude::real_claude().to_owned();
        let program = command(&world, claude);
        let system = world.root().join("system.md");
        support::files::write(&system, "Greet.");
        let program = with_files(program, &system);
        let xargs = || theirs(&world, &program, jobs);
        let atlas = || ours(&world, jobs);
        let xargs = Side { name: "xargs -P", run: &xargs, stdin: None, says: ANSWER };
        let atlas = Side { name: "atlas spawn", run: &atlas, stdin: None, says: ANSWER };
        let title = format!("{} calls of the real claude, {jobs} at once", jobs * 2);
        compare(&title, PAIRS, [&xargs, &atlas], &Goal::Times(1.1));
    }
}

/// What atlas hands over by files that are gone after the call, made to stay.
fn with_files(mut program: Command, system: &std::path::Path) -> Command {
    if let Some(at) = program.args.iter().position(|arg| arg == "--system-prompt-file") {
        program.args[at + 1] = system.display().to_string();
    }
    // xargs gives an empty stdin, so the prompt is an argument.
    program.args.push("Greet number {}".to_owned());
    program
}
