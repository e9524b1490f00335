//! How much of a run is the disk's: the syncs that strace sees, and how long they took.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::figures::Middle;
use crate::support::programs::Run;
use crate::support::world::World;

/// What makes something durable.
const CALLS: [&str; 2] = ["fdatasync", "fsync"];

/// The syncs of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syncs {
    /// How many there were of each of [`CALLS`].
    counts: [usize; 2],
    /// How long all of them took.
    ms: f64,
}

impl fmt::Display for Syncs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [data, whole] = self.counts;
        write!(f, "{data} fdatasync, {whole} fsync")
    }
}

/// The syncs of this run, which has to pass. Nothing else of it is looked at, so that it takes
/// hardly longer than alone.
pub(crate) fn syncs(world: &World, run: Run) -> Syncs {
    let trace = world.root().join("trace");
    let only = format!("trace={}", CALLS.join(","));
    let file = trace.to_str().expect("a temporary folder has a plain name");
    let args = ["-f", "--seccomp-bpf", "-qq", "-T", "-o", file, "-e", &only];
    // strace stops each new process a few times, which the many of a fan-out feel.
    let run = run.under(Path::new("/usr/bin/strace"), args).deadline(Duration::from_secs(900));
    run.run().expect_code(0);
    let seen = fs::read_to_string(&trace).expect("strace wrote it");
    // A line that only says how a call ended that another thread was in between is no call.
    let counts = CALLS.map(|call| seen.lines().filter(|line| begins(line, call)).count());
    let seconds = seen
        .lines()
        .filter_map(|line| line.strip_suffix('>')?.rsplit_once('<')?.1.parse::<f64>().ok());
    Syncs { counts, ms: seconds.sum::<f64>() * 1000.0 }
}

fn begins(line: &str, call: &str) -> bool {
    line.contains(&format!(" {call}("))
}

/// Prints what the syncs of the second side took, and how it would stand without them.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
pub(crate) fn without_syncs([first, second]: [Middle; 2], syncs: &Syncs) {
    let left = second.median - syncs.ms;
    let ratio = left / first.median;
    println!("  {:24} {syncs}, {:.0} ms", "its syncs", syncs.ms);
    println!("  {:24} {left:8.2} ms, {ratio:.2} times the other", "without them");
}
