//! The surroundings of a test by themselves.

use std::path::Path;
use std::time::Duration;

use snapbox::str;

use crate::support::world::World;

/// A shell in this world.
fn sh(world: &World, script: &str) -> crate::support::programs::Run {
    world.program(Path::new("sh"), ["-c", script])
}

#[test]
fn a_program_sees_nothing_of_the_caller() {
    let world = World::new();
    let env = world.program(Path::new("env"), [""; 0]).without_env("IS_SANDBOX");
    let output = env.run().expect_code(0);
    world.check(
        &output.stdout,
        str![[r#"
ANTHROPIC_API_KEY=dummy
ANTHROPIC_BASE_URL=http://127.0.0.1:[PORT]
CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
DISABLE_AUTOUPDATER=1
DISABLE_TELEMETRY=1
HOME=[ROOT]/home
LANG=C.UTF-8
PATH=/usr/local/bin:/usr/bin:/bin
TERM=dumb
TMPDIR=[ROOT]/tmp

"#]],
    );
}

#[test]
fn what_differs_from_run_to_run_gets_a_name() {
    let world = World::new();
    let dir = world.dir();
    let text = format!(
        "{} 20260102-030405-abcd 12ms 1.5 s 3m 20s $0.25 7 files\n\
         123e4567-e89b-42d3-a456-426614174000 http://127.0.0.1:4711\n",
        dir.join("a.txt").display(),
    );
    world.check(
        &text,
        str![[r#"
[ROOT]/repo/a.txt [SESSION] [TIME] [TIME] [TIME] $0.25 7 files
[UUID] http://127.0.0.1:[PORT]

"#]],
    );
}

#[test]
fn a_repository_is_the_same_in_every_run() {
    let world = World::new();
    world
        .skill("hello", "---\nname: hello\ndescription: says hello\n---\n")
        .personal_skill("mine", "---\nname: mine\ndescription: mine alone\n---\n");
    world.repo().commit("first");
    let log = world.repo().git(["log", "--format=%h %an %aI %D %s", "--name-only"]);
    world.check(
        &log,
        str![[r#"
59fb055 Ada 2026-01-02T03:04:05Z HEAD -> main first

.claude/skills/hello/SKILL.md

"#]],
    );
    assert!(world.home().join(".claude/skills/mine/SKILL.md").exists());
}

#[test]
fn a_program_gets_its_stdin_and_its_folder() {
    let world = World::new();
    let output = sh(&world, "pwd; cat; echo oops >&2; exit 3")
        .stdin("typed\n")
        .cwd(world.home())
        .run()
        .expect_code(3);
    world.check(
        &output.to_string(),
        str![[r#"
code Some(3), signal None
──── stdout
[ROOT]/home
typed

──── stderr
oops

────

"#]],
    );
}

#[test]
fn a_program_can_be_watched_while_it_runs() {
    let world = World::new();
    let running = sh(&world, "echo out; echo err >&2; exec sleep 600").spawn();
    running.wait_for_stdout("out\n").wait_for_stderr("err\n");
}

#[test]
fn a_hang_is_a_failure_that_shows_what_was_written() {
    let world = World::new();
    let hangs = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sh(&world, "echo so far; exec sleep 600").deadline(Duration::from_secs(3)).run()
    }));
    let message = *hangs.expect_err("it hangs").downcast::<String>().unwrap();
    assert!(message.contains("hangs") && message.contains("so far"), "{message}");
}

#[test]
fn the_session_folder_is_the_one_with_a_journal() {
    let world = World::new();
    world
        .write(".claude/sessions/20260102-030405-abcd/journal.jsonl", "{\"seq\":0}\n{\"seq\":1}\n")
        .write(".claude/sessions/notes/readme", "not a session");
    assert_eq!(world.session().file_name().unwrap(), "20260102-030405-abcd");
    assert_eq!(world.journal().iter().map(|line| &line["seq"]).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn atlas_is_started_with_the_worlds_claude() {
    let world = World::new();
    let run = format!("{:?}", world.atlas(["--version"]));
    assert!(run.contains("ATLAS_CLAUDE") && run.contains("no-claude"), "{run}");
}
