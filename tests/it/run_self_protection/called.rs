//! Judges of more than one file: what a script calls, and what a command finds by itself.

use std::os::unix::fs::symlink;

use super::{MILD, STRICT, done, guarded, n_calls, write};
use crate::support::fake::Script;
use crate::support::world::World;

/// Ways past the options, the modules and the rules of a command: the command, the path that is
/// written, what stood there, and what is written.
const BY_THE_WAY: &[(&str, &str, &str, &str)] = &[
    ("[bash, -euo, pipefail, qc/check.sh]", "qc/check.sh", STRICT, MILD),
    ("[bash, -euo, pipefail, -c, 'sh qc/check.sh']", "qc/check.sh", STRICT, MILD),
    ("[env, -u, NAME, sh, qc/check.sh]", "qc/check.sh", STRICT, MILD),
    ("[sh, qc/all.sh]", "qc/lib/part.sh", STRICT, MILD),
    ("[python3, -W, error, -m, qc.run]", "qc/run.py", "exit(1)", "exit(0)"),
    ("[python3, -m, qc.run]", "qc/__init__.py", "", "exit(0)"),
    ("[python3, qc/all.py]", "qc/helper.py", "exit(1)", "exit(0)"),
    ("[python3, qc/all.py]", "qc/json.py", "", "exit(0)"),
    ("[node, qc/all.mjs]", "qc/helper.mjs", "process.exit(1)", "process.exit(0)"),
    ("[python3, link.py]", "qc/helper.py", "exit(1)", "exit(0)"),
    ("[make, check]", "Makefile", "check:\n\tfalse\n", "check:\n"),
    ("[make, check]", "GNUmakefile", "", "check:\n"),
    ("[npm, run, lint]", "package.json", r#"{"scripts":{"lint":"false"}}"#, "{}"),
    ("[npm, run, lint]", "package.json", "{}", r#"{"scripts":{"lint":"true"}}"#),
    (
        "[npm, test]",
        "package.json",
        r#"{"scripts":{"test":"npm run lint","lint":"false"}}"#,
        r#"{"scripts":{"test":"npm run lint","lint":"true"}}"#,
    ),
    ("[npm, run, lint]", ".npmrc", "", "script-shell=/bin/true\n"),
];

/// Programs that do nothing, under the names of those that hooks ask.
fn path_of_stand_ins(world: &World) -> String {
    let folder = world.root().join("stand-ins");
    std::fs::create_dir(&folder).unwrap();
    for name in ["bash", "python3", "node", "make", "npm"] {
        symlink("/bin/true", folder.join(name)).unwrap();
    }
    format!("{}:/usr/bin:/bin", folder.display())
}

fn of_many_files(script: &Script, hook: &str) -> World {
    let world = guarded(script, &format!("hooks: {{ qc: {{ timing: post, {hook} }} }}\n"));
    world
        .write("qc/all.sh", ". \"$(dirname \"$0\")/lib/part.sh\"\n")
        .write("qc/all.py", "import json\nfrom helper import check\n")
        .write("qc/all.mjs", "import check from './helper.mjs'\n");
    symlink("qc/all.py", world.dir().join("link.py")).unwrap();
    world
}

#[test]
fn what_a_judge_calls_or_finds_is_a_judge_too() {
    for (command, path, before, after) in BY_THE_WAY {
        let script = Script::plays([write(path, after), done()]);
        let world = of_many_files(&script, &format!("command: {command}"));
        if !before.is_empty() {
            world.write(path, before);
        }
        world.repo().commit("all");
        let run = world.atlas(["run", "greet", "--trust"]).env("PATH", path_of_stand_ins(&world));
        let output = run.run().expect_code(4);
        let expected = format!("the work changed its own check {path}");
        assert!(output.stderr.contains(&expected), "{command}: {output}");
        assert_eq!(n_calls(&world), 1, "{command}: there is no second try\n{output}");
    }
}

/// What is asked of an agent that works on a project, under the same hooks.
#[test]
fn the_work_beside_its_judges_may_change() {
    let package = r#"{"scripts":{"lint":"false"}}"#;
    let grown =
        r#"{"dependencies":{"a":"1"},"scripts":{"build":"x","lint":"false"},"version":"2"}"#;
    for (command, path, before, after) in [
        ("[npm, run, lint]", "package.json", package, grown),
        ("[python3, qc/all.py]", "helper.py", "a = 1", "a = 2"),
        ("[python3, qc/all.py]", "qc/notes.md", "", "new"),
        ("[sh, qc/all.sh]", "qc/lib/other.sh", "", "exit 0"),
        ("[python3, run.py]", "work.py", "a = 1", "a = 2"),
    ] {
        let script = Script::plays([write(path, after), done()]);
        let world = of_many_files(&script, &format!("command: {command}"));
        world.write("qc/lib/part.sh", "exit 0\n").write("run.py", "import work\n");
        if !before.is_empty() {
            world.write(path, before);
        }
        world.repo().commit("all");
        let run = world.atlas(["run", "greet", "--trust"]).env("PATH", path_of_stand_ins(&world));
        run.run().expect_code(0);
    }
}

/// A hook of atlas's own asks by a script of the project.
#[test]
fn the_script_that_tests_pass_asks_by_is_its_judge() {
    for (path, before, after) in [
        ("package.json", r#"{"scripts":{"test":"false"}}"#, r#"{"scripts":{"test":"true"}}"#),
        ("Makefile", "test:\n\tfalse\n", "test:\n\techo 1 passed\n"),
    ] {
        let script = Script::plays([write(path, after), done()]);
        let world = of_many_files(&script, "use: tests-pass");
        world.write(path, before).repo().commit("all");
        let run = world.atlas(["run", "greet", "--trust"]).env("PATH", path_of_stand_ins(&world));
        let output = run.run().expect_code(4);
        let expected = format!("the work changed its own check {path}");
        assert!(output.stderr.contains(&expected), "{output}");
    }
}
