//! What it takes to count ten thousand sessions: `cargo bench --bench stats`.
//!
//! The sessions are made by hand: a journal of a few kilobytes and the description that atlas
//! writes beside it, as a run of `fake-claude` left them, with other numbers in each. Each form of
//! `atlas stats` has to end within a second. docs/performance.md holds the figures.

#[path = "../overhead/figures.rs"]
#[expect(dead_code, reason = "the other benchmarks compare two programs")]
mod figures;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use support::fake::{Script, Step};
use support::files;
use support::world::World;

/// How many sessions there are.
const SESSIONS: usize = 10_000;

/// How often each form is asked for.
const TIMES: usize = 15;

/// What none of them may take longer than, in the median.
const GOAL: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    figures::check();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !std::env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let world = World::faked(&Script::plays([Step::Init, Step::Result("Hello.".to_owned())]));
    world.greet().repo().commit("first");
    world.atlas(["run", "greet"]).run().expect_code(0);
    fill(&world);
    say_where(&world);
    let forms: [&[&str]; 4] =
        [&["stats"], &["stats", "--format=json"], &["stats", "--format=csv"], &["stats", "--html"]];
    let reached = forms.iter().filter(|form| ask(&world, form)).count();
    if reached == forms.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Copies of the one session under other names, each of another week, and every fifth of another
/// skill.
fn fill(world: &World) {
    let session = world.session();
    let name = session.file_name().and_then(|name| name.to_str()).expect("a session has a name");
    let described = files::read(&session.join("session.json"));
    let journal = std::fs::read(session.join("journal.jsonl")).expect("a session has a journal");
    let mut described: serde_json::Value =
        serde_json::from_str(&described).expect("a description is JSON");
    let above = session.parent().expect("sessions lie in a folder");
    for number in 0..SESSIONS - 1 {
        let letters: String = (0..4_u32)
            .map(|place| {
                let letter = number / 26_usize.pow(place) % 26;
                char::from(b'a' + u8::try_from(letter).expect("26 letters"))
            })
            .collect();
        let id = format!("{}-{letters}", &name[..name.len() - 5]);
        let folder = above.join(&id);
        std::fs::create_dir(&folder).expect("a folder can be made");
        described["id"] = id.into();
        let cell = &mut described["summary"]["stats"][0];
        cell["week"] = format!("2026-W{:02}", number % 52 + 1).into();
        cell["skill"] = format!("skill-{}", number % 5).into();
        files::write(&folder.join("session.json"), described.to_string());
        files::write(&folder.join("journal.jsonl"), &journal);
    }
}

#[expect(clippy::print_stdout, reason = "the figures mean little without it")]
fn say_where(world: &World) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("cores: {cores}, load: {}", load.trim());
    println!("{SESSIONS} sessions in: {}", world.dir().display());
    println!("medians of {TIMES}, the shortest and the longest behind");
}

/// Asks for one form; whether the median reached the goal.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn ask(world: &World, form: &[&str]) -> bool {
    let mut took: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let started = Instant::now();
            let output = world.atlas(form).run().expect_code(0);
            let took = started.elapsed();
            assert!(output.stdout.contains("10000") || output.stdout.contains("skill-4"));
            took
        })
        .collect();
    took.sort_unstable();
    let [shortest, median, longest] =
        [took[0], took[TIMES / 2], took[TIMES - 1]].map(|it| it.as_secs_f64() * 1e3);
    let reached = took[TIMES / 2] <= GOAL;
    let said = if reached { "reached" } else { "missed" };
    println!("atlas {}: {median:.0} ms [{shortest:.0}, {longest:.0}] {said}", form.join(" "));
    reached
}
