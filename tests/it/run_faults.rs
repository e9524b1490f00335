//! What the real `claude` cannot be made to do: floods, broken output, children left behind; and a
//! machine that gives way.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::meeting::Meeting;
use crate::support::processes::{processes_with, wait_until_gone};
use crate::support::world::{GREET, World};

fn success() -> Step {
    Step::Success("Hello.".to_owned())
}

/// A world with the skill, and a claude that plays this.
fn playing(steps: impl IntoIterator<Item = Step>) -> World {
    let world = World::faked(&Script::plays(steps));
    world.user_config("retry: 0").greet();
    world
}

/// The most memory in KiB that a run held until claude had said all this.
fn peak_after(noise: Option<Step>) -> u64 {
    let meeting = Meeting::new();
    let mut steps = vec![Step::Init];
    steps.extend(noise);
    steps.extend([
        Step::Raw(b"\n".to_vec()),
        Step::Meet(meeting.address()),
        Step::Result("Hello.".to_owned()),
    ]);
    let world = playing(steps);
    let running = world.atlas(["run", "greet"]).spawn();
    let guest = meeting.wait_for_guest();
    let peak = running.peak_memory();
    guest.go_on();
    let output = running.wait().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
    peak
}

#[test]
fn memory_stays_flat_under_a_gigabyte_and_a_line_of_a_hundred_megabytes() {
    let event = format!(r#"{{"type":"noise","pad":"{}"}}"#, "x".repeat(1000));
    let idle = peak_after(None);
    let rows = [
        ("1 GB", Step::Flood { line: event, bytes: 1_000_000_000 }),
        ("one line", Step::LongLine(100_000_000)),
    ];
    for (name, noise) in rows {
        let peak = peak_after(Some(noise));
        assert!(peak < idle + 64 * 1024, "{name}: {peak} KiB, idle {idle} KiB");
    }
}

#[test]
fn what_is_no_event_is_passed_over() {
    let noise = [
        b"no JSON at all\n".to_vec(),
        b"{\"type\":\"noise\",\"text\":\"\xff\xfe\"}\n".to_vec(),
        b"\xff\xfe\x00\n".to_vec(),
        b"{\"type\":\"system\"\n".to_vec(),
        b"[1,2]\nnull\n\n\r\n".to_vec(),
        b"\xef\xbb\xbf{\"type\":\"later version\"}\n".to_vec(),
        b"{\"no\":\"type\"}\n".to_vec(),
    ];
    let steps = [Step::Init].into_iter().chain(noise.map(Step::Raw)).chain([success()]);
    let output = playing(steps).atlas(["run", "greet"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
}

#[test]
fn a_last_line_needs_no_end() {
    let line = r#"{"type":"result","subtype":"success","is_error":false,"terminal_reason":"completed","num_turns":1,"result":"Hello.","session_id":"x","total_cost_usd":0.01,"usage":{},"modelUsage":{},"permission_denials":[]}"#;
    let steps = [Step::Init, Step::Raw(line.as_bytes().to_vec())];
    let output = playing(steps).atlas(["run", "greet"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
}

#[test]
fn a_call_without_a_result_is_a_failure_whatever_its_exit_code() {
    let rows: [(&[Step], &str); 5] = [
        (&[Step::Init], "without a result (exit 0)"),
        (&[Step::Init, Step::Answer("Hello.".to_owned())], "without a result (exit 0)"),
        (&[Step::Exit(0)], "without a result (exit 0)"),
        (&[Step::Stderr("no such flag\n".to_owned()), Step::Exit(1)], "(exit 1): no such flag"),
        (&[Step::Init, Step::Die(9)], "killed by signal 9"),
    ];
    for (steps, why) in rows {
        let world = playing(steps.to_vec());
        let output = world.atlas(["run", "greet"]).run().expect_code(1);
        assert!(output.stderr.contains(why), "{why}: {output}");
        assert_eq!(output.stdout, "");
        world.expect_valid_journal();
    }
}

#[test]
fn a_result_with_a_bad_exit_is_a_failure() {
    let output = playing([success(), Step::Exit(3)]).atlas(["run", "greet"]).run().expect_code(1);
    assert!(output.stderr.contains("exit 3"), "{output}");
}

#[test]
fn a_broken_call_is_tried_again() {
    let world = World::faked(&Script::plays([Step::Init, Step::Exit(0)]).then([success()]));
    world.greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
    assert_eq!(world.events("call_started").len(), 2);
}

#[test]
fn what_a_call_leaves_behind_is_ended_and_told() {
    for keep_stdout in [false, true] {
        let meeting = Meeting::new();
        let world = playing([
            Step::Linger { keep_stdout },
            Step::Meet(meeting.address()),
            Step::Success("Hello.".to_owned()),
        ]);
        let running = world.atlas(["run", "greet"]).spawn();
        let guest = meeting.wait_for_guest();
        let cookie = format!("ATLAS_UNIT={}", world.session().file_name().unwrap().display());
        let units = processes_with(&cookie);
        assert_eq!(units.len(), 2, "claude and what it left");
        guest.go_on();
        let output = running.wait().expect_code(0);
        assert_eq!(output.stdout, "Hello.\n");
        assert!(output.stderr.contains("outlived the call"), "{output}");
        assert!(units.into_iter().all(|pid| wait_until_gone(pid, Duration::ZERO)));
    }
}

#[test]
fn what_a_hook_leaves_behind_is_ended() {
    let world = World::faked(&Script::plays([success()]));
    world
        .user_config("hooks: { bg: { timing: post, command: [sh, -c, 'setsid sleep 1000 &'] } }")
        .greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    for pid in processes_with(&world.cookie()) {
        assert!(wait_until_gone(pid, Duration::from_secs(5)), "{pid} lives on");
    }
}

#[test]
fn a_claude_that_reads_nothing_holds_nobody_up() {
    let world = World::faked(&Script::plays([success()]).ignoring_stdin());
    let long = format!("{GREET}{}\n", "word ".repeat(100_000));
    world.skill("greet", &long).user_config("load: whole").repo().commit("first");
    let text = "x".repeat(2_000_000);
    files::write(&world.dir().join("long.txt"), &text);
    let output = world.atlas(["run", "greet", "-i", "text=@long.txt"]).run();
    assert!(output.code.is_some(), "{output}");
}

#[test]
fn a_claude_that_cannot_be_used_makes_a_run_unavailable() {
    for version in ["what?", ""] {
        let world = World::faked(&Script::default().version(version));
        world.greet();
        let output = world.atlas(["run", "greet"]).run().expect_code(7);
        assert!(output.stderr.contains("`--version` said"), "{version:?}: {output}");
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn a_claude_that_is_old_is_told_and_used() {
    let world = World::faked(&Script::default().version("2.1.100 (Claude Code)"));
    world.greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert!(output.stderr.contains("2.1.100") && output.stderr.contains("2.1.221"), "{output}");
}

#[test]
fn a_claude_that_is_not_there_makes_a_run_unavailable() {
    let world = World::new();
    world.greet().write("plain.txt", "no program").write("broken", "#!/no/such/interpreter\n");
    let broken = world.dir().join("broken");
    std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
    let plain = world.dir().join("plain.txt");
    let rows = [
        (Some(world.root().join("no-claude")), "there is no such file"),
        (Some(plain), "it is not executable"),
        (Some(broken), "is no claude that can be used"),
        (Some("claude".into()), "not an absolute path"),
        (None, "no `claude` was found"),
    ];
    for (claude, why) in rows {
        let run = world.atlas(["run", "greet", "--format=json"]);
        let run = match &claude {
            Some(claude) => run.env("ATLAS_CLAUDE", claude),
            None => run.without_env("ATLAS_CLAUDE").env("PATH", "bin:/nowhere"),
        };
        let output = run.run().expect_code(7);
        assert!(output.stderr.contains(why), "{why}: {output}");
        assert_eq!(output.json()["unavailable"]["reason"], "missing", "{output}");
    }
}

/// A repository cannot bring a claude of its own.
#[test]
fn a_claude_inside_the_repository_is_none() {
    let world = World::faked(&Script::default());
    world.greet();
    symlink(world.fake().path(), world.dir().join("claude")).unwrap();
    let path = format!("{}:/usr/bin:/bin", world.dir().display());
    let run = world.atlas(["run", "greet"]).without_env("ATLAS_CLAUDE").env("PATH", path);
    run.run().expect_code(7);
}

#[test]
fn one_that_edits_has_the_tree_alone_and_readers_share_it() {
    for (args, code) in [(&["run", "greet", "--edit"][..], 10), (&["run", "greet"], 0)] {
        let meeting = Meeting::new();
        let first = [Step::Init, Step::Meet(meeting.address()), success()];
        let world = World::faked(&Script::plays(first).then([success()]));
        world.user_config("isolation: none").greet();
        let running = world.atlas(args).spawn();
        let guest = meeting.wait_for_guest();

        let started = Instant::now();
        let output = world.atlas(args).run().expect_code(code);

        // The promise is one second; a busy machine needs more for starting a program.
        assert!(started.elapsed() < Duration::from_secs(5), "busy is told at once");
        if code == 10 {
            assert!(output.stderr.contains(&running.pid().to_string()), "by whom: {output}");
        }
        guest.go_on();
        running.wait().expect_code(0);
    }
}

#[test]
fn a_waiter_gets_the_tree_when_it_is_free() {
    let meeting = Meeting::new();
    let first = [Step::Init, Step::Meet(meeting.address()), success()];
    let world = World::faked(&Script::plays(first).then([success()]));
    world.user_config("isolation: none").greet();
    let running = world.atlas(["run", "greet", "--edit"]).spawn();
    let guest = meeting.wait_for_guest();
    let waiting = world.atlas(["run", "greet", "--edit", "--wait"]).spawn();
    waiting.wait_for_stderr("greet");
    guest.go_on();
    running.wait().expect_code(0);
    waiting.wait().expect_code(0);
}

/// A limit of the shell stands for a full disk: it works everywhere, and it fails alike.
#[test]
fn no_room_for_the_journal_ends_the_run() {
    let world = World::faked(&Script::default());
    world.greet();
    // The first run fills the caches, which are larger than a journal.
    world.atlas(["run", "greet"]).run().expect_code(0);
    std::fs::remove_dir_all(world.dir().join(".claude/sessions")).unwrap();
    let script = r#"trap '' XFSZ; ulimit -f 4; exec "$0" run greet"#;
    let args = ["-c", script, env!("CARGO_BIN_EXE_atlas")];
    let run = world.program(Path::new("sh"), args).env("ATLAS_CLAUDE", world.fake().path());
    let output = run.run().expect_code(1);
    assert!(output.stderr.contains("journal"), "{output}");
    assert_eq!(output.stdout, "");
    assert!(processes_with(&world.cookie()).is_empty(), "nothing goes on");
}

#[test]
fn a_tree_whose_claude_folder_is_a_file_is_a_clear_error() {
    let world = World::faked(&Script::default());
    world.personal_skill("greet", GREET).write(".claude", "a file").repo().commit("first");
    let output = world.atlas(["run", "greet"]).run();
    assert!(matches!(output.code, Some(1 | 8)), "{output}");
    assert!(output.stderr.contains(".claude"), "{output}");
    assert_eq!(world.read(".claude"), "a file", "it is the user's");
}

/// Nobody, root included, can make a folder there.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_session_has_it_kept_elsewhere() {
    let world = World::faked(&Script::plays([success()]));
    world.personal_skill("greet", GREET);
    let output = world.atlas(["run", "greet"]).cwd("/sys").run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
    assert!(output.stderr.contains("the session is kept in"), "{output}");
    assert!(world.state_folder().join("sessions").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = playing([Step::Success("Hello.\n".repeat(100_000))]);
    let script = r#""$0" run greet -q | head -n 1"#;
    let args = ["-c", script, env!("CARGO_BIN_EXE_atlas")];
    let run = world.program(Path::new("sh"), args).env("ATLAS_CLAUDE", world.fake().path());
    let output = run.run().expect_code(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("Hello.\n", ""));
}

#[test]
fn closed_streams_stop_no_run() {
    let world = playing([success()]);
    let rows = [(r#""$0" run greet 2>&-"#, "Hello.\n"), (r#""$0" run greet >&- 2>&-; true"#, "")];
    for (script, said) in rows {
        let args = ["-c", script, env!("CARGO_BIN_EXE_atlas")];
        let run = world.program(Path::new("sh"), args).env("ATLAS_CLAUDE", world.fake().path());
        assert_eq!(run.run().expect_code(0).stdout, said);
    }
    let ended = |folder: &std::fs::DirEntry| {
        let journal = folder.path().join("journal.jsonl");
        journal.exists() && files::read(&journal).contains("\"status\":\"passed\"")
    };
    let sessions = std::fs::read_dir(world.dir().join(".claude/sessions")).unwrap();
    assert_eq!(sessions.map(Result::unwrap).filter(ended).count(), 2, "both ran to their end");
}

#[test]
fn a_stopped_claude_is_ended_all_the_same() {
    let meeting = Meeting::new();
    let world = playing([Step::Init, Step::Meet(meeting.address()), Step::Hang]);
    world.user_config("limits: { idle: 1s, grace: 300ms }\nretry: 0");
    let running = world.atlas(["run", "greet"]).spawn();
    let guest = meeting.wait_for_guest();
    let claude = world.events("call_started")[0]["pid"].as_i64().unwrap();
    let claude = rustix::process::Pid::from_raw(i32::try_from(claude).unwrap()).unwrap();
    rustix::process::kill_process(claude, Signal::STOP).unwrap();
    running.wait().expect_code(6);
    assert!(guest.wait_until_dead(Duration::from_secs(5)));
}
