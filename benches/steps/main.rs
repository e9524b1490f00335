//! Steps that do nothing, run by atlas and by ninja: `cargo bench --bench steps`.
//!
//! A chain and a fan-out of `true`, and the same graph for ninja, which is the one in `PATH` or the
//! one that `NINJA` names (Debian: ninja-build). And what the scheduler itself takes for each step,
//! without any process, from a hundred steps to a hundred thousand. docs/performance.md holds the
//! figures; `TMPDIR=/dev/shm` puts sessions into memory.

#[path = "../overhead/disk.rs"]
mod disk;
#[path = "../overhead/figures.rs"]
mod figures;
#[path = "../overhead/pairs.rs"]
#[expect(dead_code, reason = "the other benchmark has other kinds of goals, too")]
mod pairs;
mod schedule;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use disk::without_syncs;
use pairs::{Goal, Side, compare};
use support::programs::command;
use support::world::World;

/// How much longer than ninja atlas may take.
const TIMES: f64 = 1.5;

/// The most memory that a run may take, in MiB.
const MEMORY: u64 = 64;

fn main() {
    figures::check();
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    schedule::measure();
    let ninja = ninja();
    say_where(&ninja);
    against(&ninja, "a chain of 1,000", &chain(1_000), 20);
    against(&ninja, "a fan-out of 10,000", &fan_out(10_000), 10);
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads its own environment")]
fn ninja() -> PathBuf {
    std::env::var_os("NINJA").map_or_else(|| "ninja".into(), PathBuf::from)
}

#[expect(clippy::print_stdout, reason = "the figures mean little without it")]
fn say_where(ninja: &Path) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let version = command(ninja).arg("--version").output().expect("ninja can be started");
    println!("cores: {cores}, load: {}", load.trim());
    println!("ninja {}", String::from_utf8_lossy(&version.stdout).trim());
    println!("medians, each with the 95 % interval of the sign test");
}

/// One graph, for both.
struct Graph {
    contract: String,
    ninja: String,
}

/// One step more, whose parent is atlas: it tells what that took at most.
const PEAK: &str = "  - { id: peak, run: [sh, -c, 'grep VmHWM /proc/$PPID/status'] }\n";

const RULE: &str = "rule nothing\n  command = true\n";

fn chain(n: usize) -> Graph {
    let mut contract = "steps:\n".to_owned();
    let mut ninja = RULE.to_owned();
    for step in 0..n {
        let _ = writeln!(contract, "  - {{ id: s{step}, run: ['true'] }}");
        let before = step.checked_sub(1).map(|before| format!(" s{before}")).unwrap_or_default();
        let _ = writeln!(ninja, "build s{step}: nothing{before}");
    }
    let _ = writeln!(ninja, "default s{}", n - 1);
    Graph { contract, ninja }
}

fn fan_out(n: usize) -> Graph {
    let mut ninja = RULE.to_owned();
    let mut all = "build all: phony".to_owned();
    for step in 0..n {
        let _ = writeln!(ninja, "build s{step}: nothing");
        let _ = write!(all, " s{step}");
    }
    let contract = format!(
        "steps:\n  - {{ each: {{ in: 'range({n}) | list', as: n, do: {{ run: ['true'] }} }} }}\n"
    );
    Graph { contract, ninja: format!("{ninja}{all}\ndefault all\n") }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn against(ninja: &Path, title: &str, graph: &Graph, pairs: usize) {
    let world = World::new();
    world
        .skill("flow", "---\nname: flow\ndescription: A flow\n---\n# Flow\n")
        .write(".claude/skills/flow/contract.yaml", &graph.contract)
        .write("build.ninja", &graph.ninja);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let jobs = cores.to_string();
    let theirs = || world.program(ninja, ["-j", &jobs, "--quiet"]);
    let ours = || world.atlas(["run", "flow", "--trust", "-j", &jobs, "-q", "--format", "json"]);
    let said = Side { name: "atlas", run: &ours, stdin: None, says: "\"status\": \"passed\"" };
    let theirs = Side { name: "ninja", run: &theirs, stdin: None, says: "" };
    let took = compare(title, pairs, [&theirs, &said], &Goal::Times(TIMES));
    without_syncs(took, &disk::syncs(&world, ours()));

    let peak = format!("{}{PEAK}", graph.contract);
    world.write(".claude/skills/flow/contract.yaml", peak);
    let said = ours().run().expect_code(0).json()["output"].to_string();
    let kib = said.chars().filter(char::is_ascii_digit).collect::<String>();
    let mib = kib.parse::<u64>().expect("the kernel tells it in KiB") >> 10;
    let reached = if mib < MEMORY { "reached" } else { "missed" };
    println!("  memory at most: {mib} MiB; goal, under {MEMORY} MiB: {reached}");
}
