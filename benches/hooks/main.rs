//! Hooks that do nothing, asked by atlas and by prek: `cargo bench --bench hooks`.
//!
//! What is measured is what each adds to its hooks: to find them, to start them, to tell what they
//! said. prek is the one that `PREK` names, else one from the package index, in an environment that goes
//! with the benchmark. docs/performance.md holds the figures.

#[path = "../overhead/figures.rs"]
mod figures;
#[path = "../overhead/pairs.rs"]
#[expect(dead_code, reason = "the other benchmark has another kind of goal, too")]
mod pairs;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::path::{Path, PathBuf};

use pairs::{Goal, Side, compare};
use support::fake::{Script, Step};
use support::programs::command;
use support::world::World;

/// The version that the figures are of.
const PREK: &str = "prek==0.5.11";

/// How many files the repository has.
const FILES: usize = 200;

fn main() {
    figures::check();
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let venv = tempfile::tempdir().expect("a temporary folder can be made");
    let prek = prek(venv.path());
    say_where(&prek);
    for n_hooks in [1, 10] {
        against(&prek, n_hooks);
    }
}

#[expect(clippy::print_stdout, reason = "the figures mean little without it")]
fn say_where(prek: &Path) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let version = command(prek).arg("--version").output().expect("prek can be started");
    println!("cores: {cores}, load: {}", load.trim());
    println!("{}", String::from_utf8_lossy(&version.stdout).trim());
    println!("medians, each with the 95 % interval of the sign test");
}

/// A prek that was named, or one from the package index.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads its own environment")]
fn prek(venv: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os("PREK") {
        return named.into();
    }
    let run = |program: &Path, args: &[&str]| {
        let status = command(program).args(args).status().expect("it can be started");
        assert!(status.success(), "{} {args:?}: {status}", program.display());
    };
    let folder = venv.to_str().expect("a temporary folder has a plain name");
    run(Path::new("python3"), &["-m", "venv", folder]);
    run(&venv.join("bin/pip"), &["--quiet", "install", PREK]);
    venv.join("bin/prek")
}

/// Both have the same hooks in the same repository, each in its own file of configuration.
fn against(prek: &Path, n_hooks: usize) {
    let world = World::faked(&Script::plays([Step::Success("Good morning.".to_owned())]));
    for number in 0..FILES {
        let text = format!("This is line {number}.\n").repeat(40);
        world.write(&format!("src/part-{}/file-{number}.txt", number % 10), text);
    }
    let hooks: Vec<String> = (0..n_hooks)
        .map(|n| format!("  nothing-{n}: {{ timing: post, command: ['true'] }}\n"))
        .collect();
    world.user_config(&format!("isolation: none\nhooks:\n{}", hooks.concat()));
    let hooks: Vec<String> = (0..n_hooks)
        .map(|n| {
            format!(
                "      - {{ id: nothing-{n}, name: nothing-{n}, language: system, entry: 'true', \
                 pass_filenames: false, always_run: true }}\n"
            )
        })
        .collect();
    let config = format!("repos:\n  - repo: local\n    hooks:\n{}", hooks.concat());
    world.write(".pre-commit-config.yaml", config).greet();
    world.atlas(["run", "greet"]).run().expect_code(0);

    let last = format!("nothing-{}", n_hooks - 1);
    let theirs = || world.program(prek, ["run", "--all-files"]);
    let ours = || world.atlas(["hooks", "run", "--timing", "post"]);
    let theirs = Side { name: "prek run", run: &theirs, stdin: None, says: &last };
    let ours = Side { name: "atlas hooks run", run: &ours, stdin: None, says: &last };
    let title = format!("{n_hooks} hooks that do nothing");
    compare(&title, 100, [&theirs, &ours], &Goal::Adds(0.0));
}
