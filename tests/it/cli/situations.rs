//! Every command in every surrounding that a person or a machine puts it into: nothing panics, the
//! exit code is the same, and the answer is still there.

use std::path::Path;

use serde_json::json;

use super::REVIEW;
use crate::support::model::rule;
use crate::support::programs::{Output, Run};
use crate::support::world::World;

/// A command, how it ends, and words of its answer that no line break can part.
const COMMANDS: &[(&str, i32, &str)] = &[
    ("list", 0, "review"),
    ("show review", 0, "review"),
    ("check", 0, ""),
    ("config", 0, "limits"),
    ("hooks list", 0, "hooks"),
    ("session list", 0, ""),
    ("help exit-codes", 0, "inconclusive"),
    ("run --help", 0, "Usage"),
    ("run review-diff --replay", 0, "findings"),
    ("run review-diff --replay --format=json", 0, "schema_version"),
    ("run review-diff --replay --dry-run", 0, "sonnet"),
    ("test review-diff", 0, "first"),
    ("run nobody", 8, "nobody"),
    ("resume --last", 2, ""),
];

/// The reports, which are the same wherever they are read.
const REPORTS: &[(&str, i32, &str)] = &[
    ("run review-diff --replay --format=jsonl", 0, "run_ended"),
    ("run review-diff --replay --format=junit", 0, "testsuites"),
    ("run review-diff --replay --format=sarif", 0, "2.1.0"),
    ("run review-diff --replay --format=github", 0, "notice"),
    ("run review-diff --replay --format=gitlab", 0, "check_name"),
];

/// What a surrounding does with a command.
type Surrounding = fn(&World, &str) -> Output;

/// Whether what is shown is as it has to be.
type Holds = fn(&str) -> bool;

/// Each surrounding, and what has to be true of everything that is shown there.
const SURROUNDINGS: &[(&str, Surrounding, Holds)] = &[
    ("pipes", |world, command| of(world, command).run(), |shown| !shown.contains('\x1b')),
    (
        "a dumb terminal",
        |world, command| of(world, command).on_a_terminal().run(),
        |shown| !shown.contains('\x1b'),
    ),
    (
        "a terminal of twenty columns",
        |world, command| terminal(world, command, "rows 24 cols 20"),
        |_| true,
    ),
    (
        "a terminal of one column",
        |world, command| terminal(world, command, "rows 1 cols 1"),
        |_| true,
    ),
    (
        "a terminal without colors",
        |world, command| {
            of(world, command).env("TERM", "xterm").env("NO_COLOR", "1").on_a_terminal().run()
        },
        |shown| !colors(shown),
    ),
    (
        "a screen reader",
        |world, command| {
            of(world, &format!("{command} --plain"))
                .env("TERM", "xterm")
                .env("NO_COLOR", "1")
                .on_a_terminal()
                .run()
        },
        // An ellipsis may be the agent's own.
        |shown| !shown.contains(['\x1b', '✓', '✗', '↻', '≈']),
    ),
    (
        "a light terminal",
        |world, command| of(world, command).env("TERM", "xterm").on_a_terminal().run(),
        readable_on_white,
    ),
];

fn of(world: &World, command: &str) -> Run {
    world.atlas(command.split(' '))
}

fn exe() -> &'static str {
    env!("CARGO_BIN_EXE_atlas")
}

fn terminal(world: &World, command: &str, size: &str) -> Output {
    let command = format!("stty {size}; exec {} {command}", exe());
    let run = world.program(Path::new("script"), ["-qefc", &command, "/dev/null"]);
    run.env("TERM", "xterm").run()
}

/// The numbers of every style that is set.
fn styles(shown: &str) -> Vec<u32> {
    let sequences = shown.split("\x1b[").skip(1);
    let set = sequences.filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        rest[end..].starts_with('m').then(|| &rest[..end])
    });
    set.flat_map(|numbers| numbers.split(';')).filter_map(|number| number.parse().ok()).collect()
}

/// Whether a color is set; what is bold or faint is none.
fn colors(shown: &str) -> bool {
    styles(shown).iter().any(|style| (30..=49).contains(style) || (90..=107).contains(style))
}

/// No text is white, black or on a background of our choosing.
fn readable_on_white(shown: &str) -> bool {
    !styles(shown).iter().any(|style| matches!(style, 30 | 37 | 40..=48 | 90 | 97 | 100..=107))
}

#[test]
#[cfg(target_os = "linux")]
fn the_answer_is_there_in_every_surrounding() {
    let world = World::new();
    world.skill("review", REVIEW);
    for (at, (name, surround, holds)) in SURROUNDINGS.iter().enumerate() {
        let reports = if at == 0 { REPORTS } else { &[] };
        for (command, code, answer) in COMMANDS.iter().chain(reports) {
            let output = surround(&world, command);
            let shown = format!("{}{}", output.stdout, output.stderr);
            let told = format!("{command} in front of {name}\n{output}");
            assert_eq!(output.code, Some(*code), "{told}");
            assert!(!shown.contains("panicked"), "{told}");
            assert!(holds(&shown), "{told}");
            // One column parts every word.
            if !name.ends_with("one column") {
                assert!(shown.contains(answer), "{answer:?} of {told}");
            }
        }
    }
}

#[test]
fn nobody_who_listens_is_no_reason_to_fail() {
    let world = World::new();
    world.skill("review", REVIEW);
    for (command, code, _) in COMMANDS.iter().chain(REPORTS) {
        // Nobody reads the pipe any more when atlas starts.
        let gone = format!("mkfifo p; (exec 4<p) & exec 3>p; wait; {} {command} >&3", exe());
        for redirected in [gone, format!("{} {command} <&- >&- 2>&-", exe())] {
            let script = format!("{redirected}; code=$?; rm -f p; exit $code");
            let run = world.program(Path::new("sh"), ["-c", &script]);
            let output = run.run().expect_code(*code);
            let shown = output.stderr.to_lowercase();
            assert!(!shown.contains("panicked") && !shown.contains("broken pipe"), "{output}");
        }
    }
}

#[test]
fn a_thousand_findings_are_shown_in_every_format() {
    let finding = |line: u32| json!({"severity": "minor", "file": "a.py", "line": 1, "quote": "x = 1", "claim": format!("Fault {line}.")});
    let findings: Vec<_> = (1..=1000).map(finding).collect();
    let review = json!({"summary": "Much.", "findings": findings});
    let world =
        World::scripted([rule().before_tool_result().returns(review), rule().says("Done.")]);
    world.write("a.py", "x = 0\n").repo().commit("first");
    world.write("a.py", "x = 1\n");
    let reports = ["json", "jsonl", "junit", "sarif", "github", "gitlab"];
    let wanted = reports.map(|form| format!("--report={form}=../{form}"));
    let args = ["run", "review-diff"].map(str::to_owned).into_iter().chain(wanted);
    let output = world.atlas(args).run().expect_code(0);
    assert_eq!(output.json()["findings"].as_array().unwrap().len(), 1000);
    assert!(output.stderr.lines().count() < 30, "nobody reads a thousand lines\n{output}");
    for (form, each) in
        [("sarif", "\"ruleId\""), ("github", "::warning "), ("gitlab", "\"check_name\"")]
    {
        let report = crate::support::files::read(&world.root().join(form));
        assert_eq!(report.matches(each).count(), 1000, "{form}");
    }
}
