//! Two programs in turn, timed as a shell would see them.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use crate::figures::{Middle, middle};
use crate::support::programs::Run;

/// How many pairs run first and do not count: they fill caches, also those of atlas and claude. At
/// most one for six that count, where each takes long.
const WARM_UP: usize = 3;

/// One of the two.
pub(crate) struct Side<'a> {
    /// What it is called in the table.
    pub(crate) name: &'a str,
    /// Makes the next one to start.
    pub(crate) run: &'a dyn Fn() -> Run,
    /// What it reads; nothing where there is none.
    pub(crate) stdin: Option<PathBuf>,
    /// A text that its output has, so that no failure is taken for speed.
    pub(crate) says: &'a str,
}

/// What a measurement shall show.
pub(crate) enum Goal {
    /// The second takes at most so many milliseconds.
    Takes(f64),
    /// The second takes at most so many milliseconds more than the first.
    Adds(f64),
    /// The second takes at most so many times what the first does.
    Times(f64),
}

/// Times `n` pairs and prints what came out; every other pair runs the second side first. Gives how
/// long the two take, in milliseconds.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
pub(crate) fn compare(
    title: &str,
    n: usize,
    [first, second]: [&Side<'_>; 2],
    goal: &Goal,
) -> [Middle; 2] {
    for _ in 0..WARM_UP.min(n.div_ceil(6)) {
        time(first);
        time(second);
    }
    let pairs: Vec<(f64, f64)> = (0..n)
        .map(|pair| {
            if pair % 2 == 0 {
                let before = time(first);
                (before, time(second))
            } else {
                let after = time(second);
                (time(first), after)
            }
        })
        .collect();
    let more = middle(pairs.iter().map(|(first, second)| second - first));
    let alone = middle(pairs.iter().map(|(first, _)| *first));
    let whole = middle(pairs.iter().map(|(_, second)| *second));
    println!("\n{title}: {n} pairs");
    println!("  {:24} {alone} ms", first.name);
    println!("  {:24} {whole} ms", second.name);
    println!("  {:24} {more} ms", "difference in a pair");
    let ratio = middle(pairs.iter().map(|(a, b)| b / a));
    println!("  {:24} {ratio}", "ratio in a pair");
    let (found, limit, than) = match goal {
        Goal::Takes(limit) => (whole.median, limit, " ms"),
        Goal::Adds(limit) => (more.median, limit, " ms more than the other"),
        Goal::Times(limit) => (ratio.median, limit, " times the other"),
    };
    let reached = if found <= *limit { "reached" } else { "missed" };
    println!("  goal, at most {limit}{than}: {reached}");
    [alone, whole]
}

/// Milliseconds from before the start to after the end.
fn time(side: &Side<'_>) -> f64 {
    let stdin = side.stdin.as_ref().map_or_else(Stdio::null, |path| {
        Stdio::from(File::open(path).expect("the prompt was written before"))
    });
    let mut command = (side.run)().command();
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut said = String::new();

    let started = Instant::now();
    let mut child = command.spawn().expect("both programs can be started");
    let mut stdout = child.stdout.take().expect("stdout was piped");
    stdout.read_to_string(&mut said).expect("both programs write UTF-8");
    let status = child.wait().expect("our own child can be waited for");
    let took = started.elapsed();

    let well = status.success() && said.contains(side.says);
    assert!(well, "{} ended with {status} and said\n{said}", side.name);
    took.as_secs_f64() * 1000.0
}
