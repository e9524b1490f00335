//! What atlas adds to the program that it runs, in milliseconds: `cargo bench --bench overhead`.
//!
//! Three comparisons; after `--` some can be chosen by name: `version`, `fake`, `real`. Everything
//! lies in temporary folders, so `TMPDIR` says on which disk. The environment is cleared, the home
//! is new, and the real claude talks to a model on loopback. docs/performance.md holds the figures.

mod figures;
#[expect(dead_code, reason = "the other measurement has goals of its own")]
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

use serde_json::Value;

use pairs::{Goal, Side, compare};
use support::fake::{Fake, Script};
use support::files;
use support::model::rule;
use support::programs::Run;
use support::world::World;

/// A skill of one step, which needs no tool.
const SKILL: &str = "---\nname: greet\ndescription: Greets.\n---\n\nGreet whoever is there.\n";

/// What the model says, and with it everything that stands for claude.
const ANSWER: &str = "Good morning.";

/// How many files the repository has.
const FILES: usize = 200;

/// What the goal allows atlas to add to a call.
const ADDED_MS: f64 = 10.0;

fn main() {
    figures::check();
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let chosen: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    say_where();
    let all: [(&str, fn()); 3] = [("version", version), ("fake", fake), ("real", real)];
    for (name, measure) in all {
        if chosen.is_empty() || chosen.iter().any(|it| *it == name) {
            measure();
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures mean little without it")]
fn say_where() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("cores: {cores}, load: {}", load.trim());
    println!("worlds in: {}", std::env::temp_dir().display());
    println!("medians, each with the 95 % interval of the sign test");
}

/// How long it takes to start at all; a program that does nothing is the measure of the machine.
fn version() {
    let world = World::new();
    let nothing = || world.program("true".as_ref(), [] as [&str; 0]);
    let atlas = || world.atlas(["--version"]);
    let nothing = Side { name: "true", run: &nothing, stdin: None, says: "" };
    let atlas = Side { name: "atlas --version", run: &atlas, stdin: None, says: "atlas" };
    compare("atlas --version", 200, [&nothing, &atlas], &Goal::Takes(2.0));
}

fn fake() {
    let world = World::faked(&Script::plays([support::fake::Step::Success(ANSWER.to_owned())]));
    furnish(&world);
    let call = Call::of(&world, world.fake());
    let bare = || call.bare(&world);
    let bare = Side { name: "fake-claude", run: &bare, stdin: Some(call.prompt()), says: ANSWER };
    against(&world, "atlas run, fake claude", 100, &bare);
}

fn real() {
    let world = World::scripted([rule().says(ANSWER)]);
    furnish(&world);
    let script = Script::plays([support::fake::Step::Success(ANSWER.to_owned())]);
    let call = Call::of(&world, &Fake::install(&world.root().join("bin/recorder"), &script));
    let bare = || call.bare(&world);
    let bare = Side { name: "claude -p", run: &bare, stdin: Some(call.prompt()), says: ANSWER };
    against(&world, "atlas run, real claude", 60, &bare);
}

fn against(world: &World, title: &str, n: usize, bare: &Side<'_>) {
    let atlas = || world.atlas(["run", "greet"]);
    let atlas = Side { name: "atlas run", run: &atlas, stdin: None, says: ANSWER };
    compare(title, n, [bare, &atlas], &Goal::Adds(ADDED_MS));
}

/// A skill, and a repository of a usual kind around it.
fn furnish(world: &World) {
    world.skill("greet", SKILL);
    for number in 0..FILES {
        let text = format!("This is line {number}.\n").repeat(40);
        world.write(&format!("src/part-{}/file-{number}.txt", number % 10), text);
    }
    world.repo().commit("first");
}

/// A call as atlas makes it: heard from a fake that it was told to call.
struct Call {
    args: Vec<String>,
    env: Vec<(String, String)>,
    settings: PathBuf,
}

impl Call {
    fn of(world: &World, recorder: &Fake) -> Self {
        let run = world.atlas(["run", "greet"]).env("ATLAS_CLAUDE", recorder.path());
        run.run().expect_code(0);
        let starts = recorder.starts();
        let start = starts.iter().rfind(|start| start["print"] == true).expect("atlas called it");
        let text = |value: &Value| value.as_str().expect("the fake notes text").to_owned();
        let args = start["args"].as_array().expect("a list").iter().map(text).collect();
        let env = start["env"].as_object().expect("a map");
        // What atlas writes for a call and removes after it, made to stay.
        let settings = world.root().join("settings.json");
        let key = world.root().join("key");
        files::write(&key, "dummy");
        let helper = format!("cat '{}'", key.display());
        files::write(&settings, serde_json::json!({ "apiKeyHelper": helper }).to_string());
        Self {
            args,
            env: env.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            settings,
        }
    }

    /// The same call without atlas, in a conversation of its own.
    fn bare(&self, world: &World) -> Run {
        let mut args = self.args.clone();
        let fresh = uuid::Uuid::new_v4().to_string();
        let settings = self.settings.display().to_string();
        for (name, value) in [("--session-id", fresh), ("--settings", settings)] {
            if let Some(at) = args.iter().position(|arg| arg == name) {
                args[at + 1] = value;
            }
        }
        let run = world.claude(args).without_env("ANTHROPIC_API_KEY");
        self.env.iter().fold(run, |run, (name, value)| run.env(name, value))
    }

    /// The file with the prompt that the call got; it lies beside that of the system prompt.
    fn prompt(&self) -> PathBuf {
        let named = self.args.iter().position(|arg| arg.ends_with("-system-prompt-file"));
        let system = &self.args[named.expect("every call has a system prompt") + 1];
        Path::new(system).with_file_name("prompt.md")
    }
}
