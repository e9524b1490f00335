//! What happens to the two streams: colors, and readers that go away.

use std::path::Path;

use super::REVIEW;
use crate::support::world::World;

#[test]
fn colors_are_only_where_they_are_wanted() {
    let world = World::new();
    let rows = [
        (&["lst"][..], &[][..], false),
        (&["lst", "--color=always"], &[], true),
        (&["lst", "--color=always"], &[("NO_COLOR", "1")], true),
        (&["lst"], &[("CLICOLOR_FORCE", "1")], true),
        (&["lst"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&["lst", "--color=never"], &[("CLICOLOR_FORCE", "1")], false),
    ];
    for (args, env, colored) in rows {
        let run = env.iter().fold(world.atlas(args), |run, (name, value)| run.env(name, value));
        let output = run.run().expect_code(2);
        assert_eq!(output.stderr.contains("\x1b["), colored, "{args:?} {env:?}\n{output}");
    }
    let help = world.atlas(["--help", "--color=always"]).run().expect_code(0);
    assert!(help.stdout.contains("\x1b["), "{help}");
    assert!(!world.atlas(["--help"]).run().expect_code(0).stdout.contains('\x1b'));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let world = World::new();
    world.skill("review", REVIEW);
    for command in ["list", "man", "--help", "show reveiw --format=json"] {
        // Nobody reads the pipe any more when atlas starts.
        let script = format!(
            "mkfifo p; (exec 4<p) & exec 3>p; wait; {} {command} >&3; code=$?; rm p; exit $code",
            exe()
        );
        let code = if command.starts_with("show") { 8 } else { 0 };
        let output = world.program(Path::new("sh"), ["-c", &script]).run().expect_code(code);
        assert!(!output.stderr.contains("panicked") && !output.stderr.contains("ipe"), "{output}");
    }
}

#[test]
fn a_closed_stdout_is_no_failure_and_a_full_disk_is() {
    let world = World::new();
    world.skill("review", REVIEW);
    let sh = |redirected: &str| {
        let script = format!("{} list {redirected}", exe());
        world.program(Path::new("sh"), ["-c", &script]).run()
    };
    sh(">&-").expect_code(0);
    sh(">&- 2>&-").expect_code(0);
    if cfg!(target_os = "linux") {
        let full = sh(">/dev/full").expect_code(1);
        assert!(full.stderr.contains("the result cannot be written to stdout"), "{full}");
    }
}

fn exe() -> &'static str {
    env!("CARGO_BIN_EXE_atlas")
}

/// On a terminal of twenty columns everything is still there, and no line is longer.
#[test]
#[cfg(target_os = "linux")]
fn a_narrow_terminal_gets_narrow_lines() {
    let world = World::new();
    world.skill("review", REVIEW);
    let on_terminal = |command: &str| {
        let command = format!("stty rows 24 cols 20; exec {} {command}", exe());
        let run = world.program(Path::new("script"), ["-qec", &command, "/dev/null"]);
        run.env("TERM", "xterm").run().expect_code(0).stdout.replace('\r', "")
    };
    let listed = on_terminal("list --color=never");
    assert!(listed.contains("review\n  source: project\n"), "{listed}");
    assert!(listed.contains("\n  with it.\n"), "{listed}");
    assert!(listed.lines().all(|line| line.chars().count() <= 20), "{listed}");
    let plain = on_terminal("--plain list");
    assert!(!plain.contains(['\x1b', '≈']), "{plain}");
    assert!(on_terminal("list --help --color=always").contains("\x1b["));
}
