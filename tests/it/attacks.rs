//! Attacks on whoever runs atlas, as one table: what is tried, and what must hold.
//!
//! The numbers follow one list over all parts of atlas; those missing here are about other parts.
//! The page of the reference is written from this table.

mod output;
mod paths;
mod repository;
mod secrets;
mod system;

use std::panic::{AssertUnwindSafe, catch_unwind};

use snapbox::{assert_data_eq, file};

use crate::support::fake::{Script, Step};
use crate::support::world::{GREET, World};

/// One attack.
struct Attack {
    /// Its number, with the letter of its group.
    id: &'static str,
    /// What is tried.
    tried: &'static str,
    /// What must hold.
    holds: &'static str,
    /// Tries it, and looks.
    act: fn(),
}

/// Each group, and what it is about.
const GROUPS: [(&str, &[Attack]); 5] = [
    ("A repository that you cloned", repository::ATTACKS),
    ("Names, paths and files", paths::ATTACKS),
    ("Terminals, logs and CIs", output::ATTACKS),
    ("Secrets, environment and permissions", secrets::ATTACKS),
    ("git and processes", system::ATTACKS),
];

fn all_fail(attacks: &[Attack]) {
    assert!(!attacks.is_empty());
    let succeeded = attacks.iter().filter(|attack| {
        // What went wrong has been said by the panic itself.
        catch_unwind(AssertUnwindSafe(attack.act)).is_err()
    });
    let succeeded: Vec<String> =
        succeeded.map(|attack| format!("{}: {}", attack.id, attack.tried)).collect();
    assert!(succeeded.is_empty(), "\n{}\n", succeeded.join("\n"));
}

#[test]
fn those_of_a_repository_fail() {
    all_fail(repository::ATTACKS);
}

#[test]
fn those_by_names_and_paths_fail() {
    all_fail(paths::ATTACKS);
}

#[test]
fn those_by_what_is_shown_fail() {
    all_fail(output::ATTACKS);
}

#[test]
fn those_on_secrets_fail() {
    all_fail(secrets::ATTACKS);
}

#[test]
fn those_by_git_and_processes_fail() {
    all_fail(system::ATTACKS);
}

#[test]
fn the_page_of_the_attacks_is_current() {
    let mut page = "# Attacks that are tested\n\n\
         Each row is tried by a test, through the program itself. `SECURITY.md` \
         says what atlas does not defend against.\n"
        .to_owned();
    for (title, attacks) in GROUPS {
        page.extend(["\n## ", title, "\n\n| | what is tried | what must hold |\n|---|---|---|\n"]);
        for Attack { id, tried, holds, .. } in attacks {
            page.extend(["| ", id, " | ", tried, " | ", holds, " |\n"]);
        }
    }
    assert_data_eq!(page, file!["../../docs/reference/attacks.md"].raw());
}

/// A personal skill, and a claude that says hello whenever it is called.
fn world() -> World {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));
    world.personal_skill("greet", GREET);
    world
}

/// Fails the test if claude was called for work.
#[track_caller]
fn expect_no_call(world: &World) {
    assert!(calls(world).is_empty(), "claude was called: {:#?}", calls(world));
}

/// How claude was called for work, and not only asked for its version.
fn calls(world: &World) -> Vec<serde_json::Value> {
    if !world.root().join("bin/claude.calls").exists() {
        return Vec::new();
    }
    let mut calls = world.fake().starts();
    calls.retain(|call| call["print"] == true);
    calls
}

/// Fails the test if a command of the attacker's ran: each of them makes this file.
#[track_caller]
fn expect_not_owned(world: &World) {
    assert!(!world.root().join("owned").exists(), "a command of the attacker's ran");
}
