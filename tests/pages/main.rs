//! The pages for the first day, run as a reader would: in a copy of this clone, with an empty home.
//!
//! They build atlas anew, as a reader does. So they are asked for by name: `cargo test --test pages`.
//! `.ci/run` does; it is also the test of the README's second command, `cargo test`, which takes too
//! long to be run twice: it runs that as it stands there, in a copy of the clone with an empty home.

#[path = "../it/tidy/files.rs"]
mod files_of_the_clone;
#[path = "../it/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use all of it, this a part; and it is theirs"
)]
mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use regex::Regex;

use crate::files_of_the_clone::tracked;
use crate::support::claude::real_claude;
use crate::support::files;
use crate::support::model::rule;
use crate::support::programs::{Output, Run};
use crate::support::world::{World, files_below};

/// How long a build may take on a slow machine.
const A_BUILD: Duration = Duration::from_secs(20 * 60);

/// The shell blocks of a page, in order.
fn commands(page: &str) -> Vec<String> {
    blocks(page, "sh")
}

fn blocks(page: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    page.split(&open)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned()))
        .collect()
}

fn page(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A copy of this clone: what git has of it, as it is now, and nothing else. It always lies in the
/// same place, and what did not change since the last time is left alone, so that only what did is
/// built again.
fn clone() -> &'static Path {
    static CLONE: OnceLock<PathBuf> = OnceLock::new();
    CLONE.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clone");
        let wanted: BTreeMap<PathBuf, Vec<u8>> =
            tracked().into_iter().map(|file| (dir.join(file.path), file.text.into())).collect();
        for there in files_below(&dir) {
            let there = dir.join(there);
            if !there.starts_with(dir.join(".git")) && !wanted.contains_key(&there) {
                fs::remove_file(there).unwrap();
            }
        }
        for (path, bytes) in wanted {
            if fs::read(&path).ok().as_ref() != Some(&bytes) {
                files::write(&path, bytes);
            }
        }
        has_a_repository(&dir);
        dir
    })
}

/// A clone has an index of its own, and is not part of the repository around it.
fn has_a_repository(dir: &Path) {
    let repository = git2::Repository::init(dir).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
}

/// A command of a page. What a reader waits for once, the optimizer, is left out; what a reader
/// has already, the toolchain and its downloads, is handed in.
fn reader(world: &World, script: &str) -> Run {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let cargo = Path::new(env!("CARGO")).parent().unwrap().display();
    let script = format!("PATH=\"{cargo}:$CARGO_INSTALL_ROOT/bin:$PATH\"\n{script}");
    let mut run = world
        .program(Path::new("/bin/sh"), ["-euc", &script])
        .env("TERM", "xterm")
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INSTALL_ROOT", world.root().join("installed"))
        .env("CARGO_NET_OFFLINE", "true");
    for (name, value) in [("LTO", "off"), ("OPT_LEVEL", "0"), ("CODEGEN_UNITS", "16")] {
        run = run.env(&format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    for (name, value) in toolchain() {
        run = run.env(name, value);
    }
    run
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
fn toolchain() -> Vec<(&'static str, OsString)> {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let place = |name, otherwise: &str| {
        (name, std::env::var_os(name).unwrap_or_else(|| home.join(otherwise).into()))
    };
    vec![place("CARGO_HOME", ".cargo"), place("RUSTUP_HOME", ".rustup")]
}

fn expect_success(ended: &Output, command: &str) {
    assert_eq!(ended.code, Some(0), "$ {command}\n{ended}");
}

#[test]
fn the_first_command_of_the_readme_runs_in_a_fresh_clone() {
    let readme = page("README.md");
    let commands = commands(&readme);
    let first = commands[0].lines().next().unwrap();
    let world = World::new();
    let ended = reader(&world, first).cwd(clone()).deadline(A_BUILD).run();
    expect_success(&ended, first);
    assert!(ended.stdout.contains("\"findings\""), "{ended}");
    let mut told = ended.stderr.lines().map(timeless);
    for line in blocks(&readme, "text")[0].lines().filter(|line| !line.starts_with("$ ")) {
        assert!(told.any(|told| told == timeless(line)), "the README shows: {line}\n{ended}");
    }
}

/// A line without what differs from run to run: times, and the name of the session.
fn timeless(line: &str) -> String {
    let varying = Regex::new(r"\d+\.\d s|…[a-z]{4}$").unwrap();
    varying.replace_all(line, "…").into_owned()
}

#[test]
fn every_command_of_the_guide_runs() {
    let guide = page("docs/guide.md");
    let world = World::scripted([
        rule().when_prompt("todo-report").times(1).says("src/old.rs:3: drop the old format"),
        rule().when_prompt("todo-report").says("src/main.rs:2: say which file"),
    ]);
    world.repo();
    // In two pieces, since such a mark in this file would be one.
    let mark = ["TO", "DO"].concat();
    world.write("src/main.rs", format!("fn main() {{\n    // {mark}: say which file\n}}\n"));
    let commands = commands(&guide);
    let (install, rest) = commands.split_first().unwrap();
    let installed = reader(&world, install).cwd(clone()).deadline(A_BUILD).run();
    expect_success(&installed, install);

    let mut talk = String::new();
    for command in rest {
        let ended = reader(&world, command).env("ATLAS_CLAUDE", real_claude()).run();
        expect_success(&ended, command);
        if command == "atlas run todo-report" {
            assert_eq!(ended.stdout, "src/main.rs:2: say which file\n");
            talk = ended.stderr;
        }
    }
    let shown = blocks(&guide, "text").remove(0) + "\n";
    world.check(&talk, snapbox::Data::text(shown));
}

#[test]
fn every_command_of_the_page_about_installing_runs() {
    let world = World::scripted([]);
    let installed = world.root().join("installed/bin/atlas");
    let home = world.home();
    let man = home.join(".local/share/man/man1/atlas-run.1");
    let completions = home.join(".local/share/bash-completion/completions/atlas");
    let commands = commands(&page("docs/install.md"));
    let [install, rest @ .., removal] = &commands[..] else { panic!("{commands:?}") };
    let built = reader(&world, install).cwd(clone()).deadline(A_BUILD).run();
    expect_success(&built, install);
    let run = |command: &str| {
        expect_success(&reader(&world, command).env("ATLAS_CLAUDE", real_claude()).run(), command);
    };
    rest.iter().for_each(|command| run(command));
    assert!([&installed, &man, &completions].iter().all(|file| file.is_file()));
    run(removal);
    assert!([&installed, &man, &completions].iter().all(|file| !file.exists()));
}
