//! A look at a big tree, as a step and a resume take it: what differs from the base.
//!
//! The look runs in a program of its own, this one under another first word, so that it is timed
//! like git: from before its start to after its end.

use std::fs;
use std::path::{Path, PathBuf};

use atlas::sys::git::{Place, Repository, Snapshot, discover};

use crate::pairs::{Goal, Side, compare};
use crate::support::world::World;

/// The first word that asks for a look.
pub(crate) const LOOK: &str = "--look";

/// How many files the tree has.
const FILES: usize = 80_000;

/// How many of them are changed.
const CHANGED: usize = 20;

/// What git is asked.
const STATUS: &str = "git status --porcelain";
const DIFF: &str = "git diff --stat HEAD";

/// Takes the tree as it is and compares it with what was there before; says how much differs.
#[expect(clippy::print_stdout, reason = "that it saw everything is part of what is measured")]
pub(crate) fn look(args: &[String]) {
    let [root, objects, base] = args else { panic!("a root, an object folder and a tree") };
    let (repository, objects) = (repository(Path::new(root)), Path::new(objects));
    // As a run knows it from its journal.
    let base = Snapshot { tree: base.clone(), unstored: Vec::new() };
    let now = repository.snapshot(objects, &[]).expect("the tree can be read");
    let changes = repository.changes(objects, &base, &now).expect("both are there");
    println!("{} changed", changes.len());
}

pub(crate) fn measure() {
    let world = World::new();
    for number in 0..FILES {
        let path = format!("part-{}/{}/file-{number}.txt", number % 40, number % 400);
        world.write(&path, format!("This is file {number}.\n"));
    }
    world.repo().commit("first");
    let root = world.dir();
    let objects: PathBuf = world.root().join("objects");
    let base = repository(&root).snapshot(&objects, &[]).expect("the tree can be read");
    for number in (0..FILES).step_by(FILES / CHANGED) {
        let path = format!("part-{}/{}/file-{number}.txt", number % 40, number % 400);
        world.write(&path, "Changed.\n");
    }
    fs::create_dir_all(&objects).expect("it can be made");
    let own = std::env::current_exe().expect("this program has a file");
    let text = |path: &Path| path.to_str().expect("it is text").to_owned();
    let args = [LOOK.to_owned(), text(&root), text(&objects), base.tree];
    let look = || world.program(&own, args.iter());
    let look = Side { name: "a look", run: &look, stdin: None, says: "20 changed" };
    let both = format!("{STATUS} && {DIFF}");
    // A look tells of untracked files, as the first does, and what changed, as the second does.
    for git in [STATUS, DIFF, &both] {
        let run = || world.program("/bin/sh".as_ref(), ["-c", git]);
        let says = if git == STATUS { "file-0.txt" } else { "20 files changed" };
        let theirs = Side { name: "git", run: &run, stdin: None, says };
        let title = format!("{FILES} files, {CHANGED} of them changed, {git}");
        compare(&title, 30, [&theirs, &look], &Goal::Times(1.0));
    }
}

fn repository(root: &Path) -> Repository {
    match discover(root) {
        Ok(Place::Repository(repository)) => repository,
        other => panic!("no repository: {other:?}"),
    }
}
