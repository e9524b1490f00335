//! What it takes to keep a session: `cargo bench --bench session`.
//!
//! How often a step syncs, by strace; how long a resume reads a journal of 10,000 records, against
//! starting atlas; and how long atlas looks at a tree of 80,000 files, against git. After `--` one
//! of `syncs`, `records` and `tree` can be named. docs/performance.md holds the figures.

#[path = "../overhead/disk.rs"]
#[expect(dead_code, reason = "here it is counted, and not timed")]
mod disk;
#[path = "../overhead/figures.rs"]
mod figures;
#[path = "../overhead/pairs.rs"]
#[expect(dead_code, reason = "the other benchmarks have other goals, too")]
mod pairs;
mod records;
#[path = "../../tests/it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;
mod syncs;
mod tree;

fn main() {
    figures::check();
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, rest @ ..] = &args[..]
        && word == tree::LOOK
    {
        return tree::look(rest);
    }
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    say_where();
    let parts: [(&str, fn()); 3] =
        [("syncs", syncs::count), ("records", records::measure), ("tree", tree::measure)];
    let named = |name: &&str| args.iter().any(|arg| arg == *name);
    let any = parts.iter().any(|(name, _)| named(name));
    parts.iter().filter(|(name, _)| !any || named(name)).for_each(|(_, part)| part());
}

#[expect(clippy::print_stdout, reason = "the figures mean little without it")]
fn say_where() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("cores: {cores}, load: {}", load.trim());
    println!("sessions in: {}", std::env::temp_dir().display());
    println!("medians, each with the 95 % interval of the sign test");
}
