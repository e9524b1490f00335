//! What it takes to look at thousands of skills: `cargo bench --bench skills`.
//!
//! `atlas list` over 5,000 skills against `rg -l '^name:'` over the same files, in turn and with
//! everything in the page cache; the memory that it takes; and `atlas show` against what starting
//! atlas takes. ripgrep has to be installed. docs/performance.md holds the figures.

#[path = "../overhead/figures.rs"]
mod figures;
#[path = "../overhead/pairs.rs"]
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

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::Stdio;

use pairs::{Goal, Side, compare};
use support::world::World;

/// How many skills there are.
const SKILLS: usize = 5000;

/// How many bytes the median skill has.
const MEDIAN: usize = 6 * 1024;

fn main() {
    figures::check();
    // Under `cargo test --benches` only whether it compiles is of interest.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    say_where();
    let world = World::new();
    for (number, text) in skills(SKILLS, MEDIAN).iter().enumerate() {
        world.write(&format!("skills/skill-{number:04}/SKILL.md"), text);
    }
    list(&world);
    show(&world);
    memory();
}

#[expect(clippy::print_stdout, reason = "the figures mean little without it")]
fn say_where() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("cores: {cores}, load: {}", load.trim());
    println!("{SKILLS} skills in: {}", std::env::temp_dir().display());
    println!("medians, each with the 95 % interval of the sign test");
}

fn list(world: &World) {
    let search = || world.program("rg".as_ref(), ["-l", "^name:", "skills"]);
    let atlas = || world.atlas(["list"]);
    let search = Side { name: "rg -l", run: &search, stdin: None, says: "skill-4999" };
    let atlas = Side { name: "atlas list", run: &atlas, stdin: None, says: "skill-4999" };
    compare("atlas list, in a repository", 30, [&search, &atlas], &Goal::Times(2.0));
    let json = || world.atlas(["list", "--format=json"]);
    let json = Side { name: "atlas list, JSON", run: &json, stdin: None, says: "skill-4999" };
    compare("the same as JSON", 30, [&search, &json], &Goal::Times(2.0));
}

fn show(world: &World) {
    let version = || world.atlas(["--version"]);
    let show = || world.atlas(["show", "skill-2500"]);
    let version = Side { name: "atlas --version", run: &version, stdin: None, says: "atlas" };
    let show = Side { name: "atlas show", run: &show, stdin: None, says: "skill-2500" };
    compare("atlas show", 100, [&version, &show], &Goal::Adds(3.0));
}

/// The most memory that a list takes, by how much there is to list.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn memory() {
    println!("\nmemory of atlas list, MiB");
    for (count, median) in [(0, MEDIAN), (SKILLS, MEDIAN), (SKILLS, 8 * MEDIAN)] {
        let world = World::new();
        for (number, text) in skills(count, median).iter().enumerate() {
            world.write(&format!("skills/skill-{number:04}/SKILL.md"), text);
        }
        let mut command = world.atlas(["list"]).command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("atlas can be started");
        let mut stdout = child.stdout.take().expect("stdout was piped");
        // Everything is known once the first byte is written, and the pipe holds up the rest.
        stdout.read_exact(&mut [0]).expect("there is a list");
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).expect("the list has an end");
        child.wait().expect("our own child can be waited for");
        let status = status.unwrap_or_default();
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split(' ').rev().nth(1));
        let peak = peak.and_then(|kib| kib.trim().parse::<f64>().ok()).unwrap_or(f64::NAN);
        println!("  {count:5} skills, median {median:6} bytes: {:6.1}", peak / 1024.0);
    }
}

/// Texts of skills; half have less than `median` bytes, one in a hundred 20 times that and more.
fn skills(count: usize, median: usize) -> Vec<String> {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).expect("it is less than a usize")
    };
    (0..count)
        .map(|number| {
            let size = match number % 100 {
                0 => 20 * median + next(10 * median),
                1..50 => median / 8 + next(median * 7 / 8),
                _ => median + next(2 * median),
            };
            skill(number, size.min(1000 * 1024))
        })
        .collect()
}

fn skill(number: usize, size: usize) -> String {
    let mut text = format!(
        "---\nname: skill-{number:04}\ndescription: Does what number {number} is for, and says when \
         it should be used: whenever somebody asks for it by its number.\nallowed-tools: Read, \
         Grep, Bash(git diff *)\nmetadata:\n  author: somebody\n  version: \"1.{number}\"\n---\n\n\
         # Skill {number}\n\nWhat it is about.\n"
    );
    let mut section = 0;
    while text.len() < size {
        section += 1;
        let _ = write!(text, "\n## Part {section}\n\n");
        for line in 0..8 {
            let _ =
                writeln!(text, "- Line {line} of part {section} says what to do, in some words.");
        }
        text.push_str("\n```sh\n# a comment, no heading\nmake all\n```\n");
    }
    text
}
