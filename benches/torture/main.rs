//! The long form of the torture suite: `cargo bench --bench torture`.
//!
//! After `--` rows can be chosen by name (`T1 T3`); `--trials N` makes so many trials of each,
//! `--seed S` begins at that seed. It prints a table for docs/reliability.md, and every failure with
//! its seed; the exit code is 1 if there was one. Trials wait more than they work, so several go on
//! at once, each on a stage of its own.

mod rows;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rows::{ROWS, Row};
use support::torture::Stage;

/// How many stages go on at once.
const STAGES: usize = 4;

/// What was asked for on the command line.
struct Asked {
    rows: Vec<String>,
    trials: Option<u64>,
    seed: u64,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !args.iter().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let asked = asked(&args);
    head();
    let chosen = ROWS
        .iter()
        .filter(|row| asked.rows.is_empty() || asked.rows.iter().any(|name| name == row.name));
    let failures: usize = chosen.map(|row| play(row, &asked)).sum();
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn asked(args: &[String]) -> Asked {
    let number = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse().ok()
    };
    Asked {
        rows: args.iter().filter(|arg| ROWS.iter().any(|row| row.name == *arg)).cloned().collect(),
        trials: number("--trials"),
        seed: number("--seed").unwrap_or(0),
    }
}

/// Plays one row, prints its line and what went wrong; gives how much did.
fn play(row: &Row, asked: &Asked) -> usize {
    let trials = asked.trials.unwrap_or(row.trials);
    let (next, started) = (AtomicU64::new(0), Instant::now());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let one_stage = || {
            let stage = Stage::new(row.ground);
            let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
            for seed in numbers.take_while(|n| *n < trials).map(|n| asked.seed + n) {
                let ended = (row.trial)(&stage, seed);
                if let (Err(why), Ok(mut wrong)) = (ended, wrong.lock()) {
                    wrong.push((seed, why));
                }
                stage.clear();
            }
        };
        for _ in 0..STAGES.min(usize::try_from(trials).unwrap_or(STAGES)) {
            scope.spawn(one_stage);
        }
    });
    let wrong = wrong.into_inner().unwrap_or_default();
    line(row, trials, asked.seed, (wrong.len(), started.elapsed().as_secs()));
    for (seed, why) in &wrong {
        complain(row, *seed, why);
    }
    wrong.len()
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn head() {
    println!("| row | fault | trials | seeds | failed | 95 % bound | took |");
    println!("|---|---|---|---|---|---|---|");
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn line(row: &Row, trials: u64, seed: u64, (failed, seconds): (usize, u64)) {
    // The rule of three: what no trial in n shows happens, with 95 % certainty, less than 3 / n.
    let hundredths = 30_000 / trials.max(1);
    let bound = match failed {
        0 => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        _ => "-".to_owned(),
    };
    let seeds = format!("{seed}..{}", seed + trials);
    let (name, fault) = (row.name, row.fault);
    println!("| {name} | {fault} | {trials} | {seeds} | {failed} | {bound} | {seconds} s |");
}

#[expect(clippy::print_stderr, reason = "a failure is told beside the table")]
fn complain(row: &Row, seed: u64, why: &str) {
    eprintln!("{} seed {seed}: {why}", row.name);
}
