//! What models and hooks say to terminals, logs and CIs.

use serde_json::{Value, json};

use super::Attack;
use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::programs::Run;
use crate::support::sarif::expect_sarif;
use crate::support::world::{GREET, World};

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "E47, E49",
        tried: "a model and a hook that clear the screen, go up a line, write over it by a carriage \
                return or backspaces, and turn the direction of the text, on a terminal",
        holds: "each of these characters is shown as another one",
        act: on_a_terminal,
    },
    Attack {
        id: "E51",
        tried: "commands to GitHub's runner and section markers of GitLab's log, in the words of a \
                hook and of a model",
        holds: "no line is a command, and the answer stands where the runner takes none",
        act: commands_to_a_runner,
    },
    Attack {
        id: "E52",
        tried: "findings at `javascript:`, at absolute files, at files above the repository, and \
                links in their words",
        holds: "every place in SARIF and in code quality is a file of the repository, and no \
                message holds a link",
        act: places_that_are_none,
    },
    Attack {
        id: "E52b",
        tried: "rows of a table, images, tags and mentions in what goes into the summary of a step",
        holds: "all of it stands in code",
        act: a_summary_that_breaks_out,
    },
    Attack {
        id: "E54",
        tried: "line breaks that would begin a line of a log or an event of their own",
        holds: "there are as many events as happened, and the last one is the result",
        act: lines_that_are_forged,
    },
];

/// What wants to be more than words.
const WORDS: &str = "| a | <img src=x> @everyone ![x](http://evil.example) \x1b[2J\x1b[1A\
    \x1b]0;owned\x07 no\rOK \x08\x08\u{202e}\n::set-env name=x::y\n  ::add-mask::e\n##[error]z\n\
    section_start:1:x\r\x1b[0Kowned\npassed, 9 of 9 checks\n[x](http://evil.example)";

/// A run in which an advisory hook says these words and the model answers like this.
fn hostile(answer: Step, output: &str) -> (World, Run) {
    let world = World::faked(&Script::plays([answer]));
    world.personal_skill("greet", GREET);
    let skill = world.home().join(".claude/skills/greet");
    let words = skill.join("words");
    files::write(&words, WORDS);
    let command = format!("[sh, -c, 'cat {} >&2; exit 1']", words.display());
    let hook = format!("says: {{ timing: post, blocking: false, command: {command} }}");
    files::write(&skill.join("contract.yaml"), format!("{output}hooks: {{ {hook} }}\n"));
    let run = world.atlas(["run", "greet"]);
    (world, run)
}

/// The answer is prose.
fn prose() -> (World, Run) {
    hostile(Step::Success(WORDS.to_owned()), "")
}

/// The answer holds findings.
fn findings() -> (World, Run) {
    let finding = |file| json!({"severity": "minor", "claim": WORDS, "file": file, "line": 1});
    let places =
        ["javascript:alert(1)", "/etc/passwd", "../../x", "https://evil.example/x", "src/a b.rs"];
    let item = json!({"type": "object", "required": ["severity", "claim"]});
    let list = json!({"type": "array", "items": item});
    let schema = json!({"type": "object", "properties": {"findings": list}});
    let answer = json!({"summary": WORDS, "findings": places.map(finding)});
    hostile(Step::Structured(answer), &format!("output: {schema}\n"))
}

fn on_a_terminal() {
    let (_world, run) = prose();
    let shown = run.on_a_terminal().run().stdout;
    let shown = shown.replace("\r\n", "\n");
    for forged in ["\x1b[2J", "\x1b[1A", "\rOK", "\x08", "\u{202e}", "\x1b]0;"] {
        assert!(!shown.contains(forged), "{forged:?}: {shown:?}");
    }
    assert!(shown.contains("␛[2J") && shown.contains("␍OK"), "{shown:?}");
}

fn commands_to_a_runner() {
    let (_world, run) = prose();
    let output = run.args(["--format=github"]).env("GITHUB_ACTIONS", "true").run().expect_code(0);
    for line in output.stderr.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{output}");
    }
    let (before, answer) = output.stdout.split_once("::stop-commands::").unwrap();
    assert!(before.lines().all(|line| line.starts_with("::")), "{output}");
    let token = answer.lines().next().unwrap();
    let (inside, after) = answer.split_once(&format!("\n::{token}::\n")).unwrap();
    assert!(inside.contains("\n::set-env name=x::y\n"), "{output}");
    assert_eq!(after, "::endgroup::\n", "{output}");
    assert!(!format!("{output}").contains("\r\x1b[0K"), "{output}");
}

fn places_that_are_none() {
    let (world, run) = findings();
    let sarif = run.args(["--format=sarif"]).run().expect_code(0).json();
    expect_sarif(&sarif);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let uri = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        place.as_str().unwrap().to_owned()
    };
    let places: Vec<String> = results.iter().map(uri).collect();
    assert_eq!(places, ["src/a%20b.rs"], "{sarif:#}");
    let message = results[0]["message"]["text"].as_str().unwrap();
    assert!(message.contains(r"\[x](http"), "{message}");
    let entries = world.atlas(["run", "greet", "--format=gitlab"]).run().json();
    assert_eq!(entries.as_array().unwrap().len(), 1, "{entries:#}");
}

fn a_summary_that_breaks_out() {
    let (world, run) = findings();
    let summary = world.root().join("summary");
    run.args(["--format=github"]).env("GITHUB_STEP_SUMMARY", &summary).run();
    let page = files::read(&summary);
    let prose: String = page.split('`').step_by(2).collect();
    assert!(page.contains("<img") && !prose.contains(['<', '|', '@', '!']), "{page}");
}

fn lines_that_are_forged() {
    let (_world, run) = prose();
    let output = run.args(["--format=jsonl"]).run();
    let lines: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ends = lines.iter().filter(|line| line["type"] == "run_ended").count();
    assert_eq!((ends, &lines.last().unwrap()["type"]), (1, &json!("result")), "{output}");
    assert!(!output.stderr.lines().any(|line| line == "passed, 9 of 9 checks"), "{output}");
}
