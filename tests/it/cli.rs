//! The commands beside `run`, and every way to get a command line wrong, as transcripts.

mod bad_input;
mod check;
mod config;
mod doctor;
mod help;
mod list;
mod new;
mod reference;
mod session;
mod show;
mod situations;
mod skills_page;
mod streams;
mod trust;

use crate::support::world::World;

/// A skill with sections, a script and a description.
const REVIEW: &str = "\
---
name: review
description: Reviews a diff and says what is wrong with it.
allowed-tools: Read, Bash(git diff *)
---

# Review

Read the diff first.

## Rules

Be strict.

### Naming

Names say what a thing is.

## Output

One finding a line.
";

/// Runs atlas and shows everything that came of it: exit code, stdout, stderr.
fn transcript(world: &World, args: &[&str]) -> String {
    let output = world.atlas(args).run();
    let code = output.code.expect("atlas ends by itself");
    let mut shown = format!("$ atlas {}\n{}", args.join(" "), output.stdout);
    if !output.stderr.is_empty() {
        shown.extend(["--- stderr\n", &output.stderr]);
    }
    shown + &format!("--- exit {code}\n")
}
