//! Sessions that an earlier atlas left: each version's lies in tests/it/resume/sessions, and goes
//! on here. One is added with each release; none is ever changed.
//!
//! `SNAPSHOTS=overwrite` makes that of the current version where there is none.

use std::fs;
use std::path::{Path, PathBuf};

use atlas::model::journal_line::{is_sealed, seal};

use crate::support::files;
use crate::support::world::{World, files_below};

/// A skill whose second step fails until somebody lets it pass.
const CONTRACT: &str = "inputs: { word: { default: hello } }\n\
    steps:\n  \
    - { id: say, run: [echo, '{{ inputs.word }}'] }\n  \
    - { id: both, parallel: [{ id: one, run: ['true'] }, { id: two, run: [test, -e, go] }] }\n  \
    - { id: end, run: [echo, '{{ steps.say.output }}'] }\n";

fn world() -> World {
    let world = World::new();
    let text = "---\nname: chain\ndescription: For a test\n---\n# Chain\n";
    world.personal_skill("chain", text);
    files::write(&world.home().join(".claude/skills/chain/contract.yaml"), CONTRACT);
    world
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/resume/sessions")
}

/// The places of a world, and what stands for them in a kept session.
fn places(world: &World) -> [(String, &'static str); 2] {
    let text = |path: PathBuf| path.to_str().expect("a world's path is text").to_owned();
    [(text(world.dir()), "{{repository}}"), (text(world.home()), "{{home}}")]
}

/// What a session keeps, beside what only the process that made it needs.
fn is_kept(file: &str) -> bool {
    !file.ends_with("lock") && !file.starts_with("bin/")
}

#[expect(clippy::disallowed_methods, reason = "snapbox's own switch")]
fn keep_the_current_version() {
    let place = kept().join(env!("CARGO_PKG_VERSION"));
    if place.exists() || std::env::var_os("SNAPSHOTS").is_none_or(|mode| mode != "overwrite") {
        return;
    }
    let world = world();
    world.atlas(["run", "chain"]).run().expect_code(1);
    let session = world.session();
    for file in files_below(&session).into_iter().filter(|file| is_kept(file)) {
        let mut text = files::read(&session.join(&file));
        for (path, placeholder) in places(&world) {
            text = text.replace(&path, placeholder);
        }
        files::write(&place.join("session").join(&file), text);
    }
    files::write(&place.join("name"), session.file_name().unwrap().as_encoded_bytes());
}

/// Lays a kept session into a world, its lines sealed again.
fn lay_out(version: &Path, world: &World) {
    let name = files::read(&version.join("name"));
    let session = world.dir().join(".claude/sessions").join(name);
    let from = version.join("session");
    for file in files_below(&from) {
        let mut text = files::read(&from.join(&file));
        for (path, placeholder) in places(world) {
            text = text.replace(placeholder, &path);
        }
        let bytes = if file == "journal.jsonl" { sealed(&text) } else { text.into_bytes() };
        files::write(&session.join(&file), bytes);
    }
}

fn sealed(journal: &str) -> Vec<u8> {
    let line = |line: &str| {
        let (body, _) = line.rsplit_once(",\"crc\":").expect("each line has a seal");
        let line = seal(format!("{body}}}").into_bytes());
        assert!(is_sealed(line.strip_suffix(b"\n").expect("it is a line")));
        line
    };
    journal.lines().flat_map(line).collect()
}

#[test]
fn what_an_earlier_version_left_is_shown_and_goes_on() {
    keep_the_current_version();
    let versions: Vec<_> = fs::read_dir(kept()).unwrap().map(|it| it.unwrap().path()).collect();
    assert!(!versions.is_empty());
    for version in versions {
        let world = world();
        lay_out(&version, &world);
        let shown = world.atlas(["session", "show", "--format=json"]).run().expect_code(0);
        assert!(shown.stdout.contains("\"both/two\""), "{}: {shown}", version.display());
        world.write("go", "");
        let args = ["resume", "--last", "--accept-changes", "--format=json"];
        let resumed = world.atlas(args).run().expect_code(0).json();
        assert_eq!(resumed["output"], "hello\n\n", "{}: {resumed:#}", version.display());
        world.expect_valid_journal();
    }
}
