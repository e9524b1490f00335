//! The fake `claude` by itself.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::support::PATIENCE;
use crate::support::fake::{Script, Step};
use crate::support::meeting::Meeting;
use crate::support::processes::{processes_with, wait_until_gone};
use crate::support::programs::Output;
use crate::support::world::World;

/// What has to be true of a call's end.
type Holds<'a> = &'a dyn Fn(&Output) -> bool;

/// What one call with `-p` and an empty prompt leaves.
fn play(steps: impl IntoIterator<Item = Step>) -> Output {
    World::faked(&Script::plays(steps)).claude(["-p"]).run()
}

#[test]
fn without_a_script_a_call_succeeds_and_is_noted() {
    let world = World::faked(&Script::default());
    let args =
        ["-p", "--session-id=s-1", "--model", "haiku", "--tools=", "--include-partial-messages"];
    let output = world.claude(args).stdin("hello").env("ATLAS_UNIT", "1/1").run().expect_code(0);

    let kinds: Vec<_> = output.events().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds.first(), Some(&json!("system")));
    assert_eq!(kinds.iter().filter(|kind| *kind == "stream_event").count(), 6);
    let result = output.last_event("result");
    assert_eq!((&result["result"], &result["session_id"]), (&json!("ok"), &json!("s-1")));
    assert!(result["modelUsage"]["haiku"].is_object(), "{result}");
    assert_eq!(output.last_event("system")["tools"], json!([]));

    let [start] = &world.fake().starts()[..] else { panic!("one start") };
    assert_eq!(start["args"], json!(args));
    assert_eq!(start["env"]["ATLAS_UNIT"], "1/1");
    assert_eq!(start["stdin"]["bytes"], 5);
    let hash = start["stdin"]["sha256"].as_str().unwrap();
    assert!(hash.starts_with("2cf24dba5fb0a30e"), "sha256 of hello: {hash}");
}

#[test]
fn it_tells_version_flags_and_login() {
    let plain = World::faked(&Script::default());
    let other = World::faked(&Script::default().version("1.0.0").help("no flags").logged_out());
    let rows = [
        (&plain, &["--version"][..], 0, "2.1.328 (Claude Code)\n"),
        (&plain, &["--help"], 0, "--max-budget-usd"),
        (&plain, &["auth", "status"], 0, r#""loggedIn": true"#),
        (&other, &["--version"], 0, "1.0.0\n"),
        (&other, &["--help"], 0, "no flags\n"),
        (&other, &["auth", "status"], 1, r#""loggedIn": false"#),
    ];
    for (world, args, code, expected) in rows {
        let output = world.claude(args).run().expect_code(code);
        assert!(output.stdout.contains(expected), "{args:?}: {output}");
    }
}

#[test]
fn each_call_plays_its_turn() {
    let script = Script::plays([Step::Success("one".to_owned())]).then([
        Step::Init,
        Step::Answer("two".to_owned()),
        Step::Result("two".to_owned()),
    ]);
    let world = World::faked(&script);
    world.claude(["--version"]).run();
    let results = ["one", "two", "two"];
    for expected in results {
        assert_eq!(world.claude(["-p"]).run().last_event("result")["result"], expected);
    }
}

#[test]
fn it_writes_what_no_claude_would() {
    let event = json!({"session_id": "$SESSION", "model": "$MODEL"});
    let line =
        "{\"session_id\":\"00000000-0000-4000-8000-000000000000\",\"model\":\"claude-fake\"}\n";
    let flood = Step::Flood { line: "abc".to_owned(), bytes: 200_003 };
    let output = json!({"passed": true});
    let rows: [(Step, Holds<'_>); 8] = [
        (Step::Structured(output.clone()), &|end| {
            end.last_event("result")["structured_output"] == output
        }),
        (Step::Event(event), &|output| output.stdout == line),
        (Step::Raw(b"\xff{".to_vec()), &|output| output.stdout == "\u{fffd}{"),
        (Step::Stderr("oh".to_owned()), &|output| output.stderr == "oh"),
        (flood, &|output| output.stdout.len() == 200_003 && output.stdout.ends_with("\nabc")),
        (Step::LongLine(100_000), &|output| output.stdout.len() == 100_001),
        (Step::Exit(7), &|output| output.code == Some(7)),
        (Step::Die(9), &|output| output.signal == Some(9)),
    ];
    for (step, holds) in rows {
        let name = format!("{step:?}");
        let output = play([step]);
        assert!(holds(&output), "{name}: {output}");
    }
}

#[test]
fn it_changes_files() {
    let write = Step::Write { path: "new/b.txt".to_owned(), text: "b".to_owned() };
    let world = World::faked(&Script::plays([write, Step::Delete("a.txt".to_owned())]));
    world.write("a.txt", "a");
    world.claude(["-p"]).run().expect_code(0);
    assert_eq!(world.read("new/b.txt"), "b");
    assert!(!world.dir().join("a.txt").exists());
}

#[test]
fn it_can_ignore_sigterm_and_its_prompt() {
    let meeting = Meeting::new();
    let steps = [Step::Meet(meeting.address()), Step::Init, Step::Hang];
    let world = World::faked(&Script::plays(steps).ignoring_term().ignoring_stdin());
    let running = world.claude(["-p"]).stdin("never read").spawn();
    let guest = meeting.wait_for_guest();

    running.signal(Signal::TERM);
    guest.go_on();
    running.wait_for_stdout("init").signal_group(Signal::KILL);

    let output = running.wait();
    assert_eq!(output.signal, Some(9), "{output}");
    assert_eq!(world.fake().starts()[0]["stdin"]["bytes"], 0);
}

#[test]
fn a_meeting_tells_of_a_death() {
    let meeting = Meeting::new();
    let world = World::faked(&Script::plays([Step::Meet(meeting.address())]));
    let running = world.claude(["-p"]).spawn();
    let guest = meeting.wait_for_guest();
    assert!((100..100_000).contains(&running.peak_memory()), "a little, in KiB");
    running.signal(Signal::KILL);
    assert!(guest.wait_until_dead(PATIENCE));
}

#[test]
fn what_it_leaves_behind_is_out_of_reach_but_found_by_its_cookie() {
    let world = World::faked(&Script::plays([Step::Linger { keep_stdout: false }]));
    let cookie = format!("ATLAS_UNIT={}", world.root().display());
    let unit = format!("{}/1", world.root().display());
    let running = world.claude(["-p"]).env("ATLAS_UNIT", unit).spawn();
    let group = running.pid();
    running.wait().expect_code(0);

    let [left] = processes_with(&cookie)[..] else { panic!("one process is left") };
    assert_ne!(rustix::process::getpgid(Some(left)), Ok(group));
    drop(world);
    assert!(wait_until_gone(left, PATIENCE), "the world ends what was started in it");
}

#[test]
fn what_it_leaves_behind_can_keep_its_stdout_open() {
    let world = World::faked(&Script::plays([Step::Linger { keep_stdout: true }]));
    let running = world.claude(["-p"]).spawn();
    assert!(wait_until_gone(running.pid(), PATIENCE));
    let hangs = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.claude(["-p"]).deadline(Duration::from_secs(5)).run()
    }));
    let message = *hangs.expect_err("the pipe stays open").downcast::<String>().unwrap();
    assert!(message.contains("left a process on its output"), "{message}");
    assert_eq!(processes_with(&world.cookie()).len(), 2);
}
