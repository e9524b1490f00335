//! Reports of runs for machines, through the real claude.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::files;
use crate::support::model::rule;
use crate::support::programs::Output;
use crate::support::sarif::expect_sarif;
use crate::support::world::World;

const BEFORE: &str = "def total(items):\n    return sum(items)\n";
const AFTER: &str =
    "def total(items):\n    if not items:\n        return None\n    return sum(items)\n";

/// A repository with a change in which the skill `review-diff` finds two things.
fn reviewed() -> World {
    let findings = json!([
        {
            "severity": "major", "file": "shop.py", "line": 3, "quote": "        return None",
            "claim": "Callers add to the total:\n::error::None cannot be added to.",
            "suggestion": "return 0",
        },
        {
            "severity": "note", "file": "shop.py", "line": 4, "quote": "sum(items)",
            "claim": "An ![image](http://evil.example) | of it.",
        },
    ]);
    let world = World::scripted([
        rule().before_tool_result().returns(json!({"summary": "Fine.", "findings": findings})),
        rule().says("Done."),
    ]);
    world.write("shop.py", BEFORE).repo().commit("first");
    world.write("shop.py", AFTER);
    world
}

/// A world whose skill is refused by a hook of the repository, in several hostile lines.
fn refused() -> World {
    let world = World::scripted([rule().says("Hello.")]);
    let script = "printf 'no\\n  ::add-mask::e\\n##[error]x\\n\\033[2J]]>' >&2; exit 1";
    world.greet_by(&format!(
        "retry: 0\nhooks:\n  polite: {{ timing: post, command: [sh, -c, \"{}\"] }}\n",
        script.replace('\\', r"\\")
    ));
    world
}

/// The run with every report, each in a file of its name.
fn everything(world: &World, args: &[&str]) -> Output {
    let reports = ["json", "jsonl", "junit", "sarif", "github", "gitlab"];
    let wanted = reports.map(|form| format!("--report={form}=../{form}"));
    let args = args.iter().map(ToString::to_string).chain(wanted);
    world.atlas(args).env("GITHUB_STEP_SUMMARY", world.root().join("summary")).run()
}

fn read(world: &World, form: &str) -> String {
    files::read(&world.root().join(form))
}

fn parsed(world: &World, form: &str) -> Value {
    serde_json::from_str(&read(world, form)).unwrap()
}

/// What a merge request of GitLab shows: code quality, and cases.
fn expect_quality_and_cases(world: &World) {
    world.check(
        &read(world, "gitlab"),
        str![[r#"
[
  {
    "description": "Callers add to the total:␊::error::None cannot be added to.; fix: return 0",
    "check_name": "skill/review-diff",
    "fingerprint": "848c6b2ff688892b5b463891c59eb1f3:0",
    "severity": "major",
    "location": {
      "path": "shop.py",
      "lines": {
        "begin": 3
      }
    }
  },
  {
    "description": "An ![image](http://evil.example) | of it.",
    "check_name": "skill/review-diff",
    "fingerprint": "66887d5a35da359a5ed8721925d10701:0",
    "severity": "info",
    "location": {
      "path": "shop.py",
      "lines": {
        "begin": 4
      }
    }
  }
]

"#]],
    );
    world.check(
        &read(world, "junit"),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="atlas" tests="3" skipped="0" failures="0" errors="0" time="[..]">
    <testsuite name="review-diff" tests="3" skipped="0" errors="0" failures="0" time="[..]">
        <properties>
            <property name="status" value="passed"/>
            <property name="exit_code" value="0"/>
            <property name="summary" value="passed · 3 of 3 checks · $0.0069 · [TIME] · …[SHORT]"/>
            <property name="session" value="[SESSION]"/>
        </properties>
        <testcase name="diff" classname="review-diff.requires" time="[..]"/>
        <testcase name="output" classname="review-diff.schema" time="[..]"/>
        <testcase name="quotes-stand" classname="review-diff.hook" time="[..]"/>
    </testsuite>
</testsuites>

"#]],
    );
}

#[test]
fn what_a_skill_finds_is_in_every_report() {
    let world = reviewed();
    let output = everything(&world, &["run", "review-diff"]).expect_code(0);
    assert!(output.stdout.contains("\"summary\": \"Fine.\""), "stdout is the answer\n{output}");

    let sarif = parsed(&world, "sarif");
    expect_sarif(&sarif);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["ruleId"], "skill/review-diff");
    assert_eq!(results[0]["level"], "error");
    assert_eq!(results[1]["level"], "note");

    let document = parsed(&world, "json");
    assert_eq!(document["status"], "passed");
    let lines = read(&world, "jsonl");
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["result"], document);

    expect_quality_and_cases(&world);
    let github = read(&world, "github");
    let (annotations, answer) = github.split_once("::group::").unwrap();
    world.check(annotations, str![[r#"
::error file=shop.py,line=3,title=skill/review-diff::Callers add to the total:␊::error::None cannot be added to.%0Afix: return 0
::notice file=shop.py,line=4,title=skill/review-diff::An ![image](http://evil.example) | of it.
::notice title=review-diff::passed · 3 of 3 checks · $0.0069 · [TIME] · …[SHORT]

"#]]);
    let token = answer.split("::stop-commands::").nth(1).unwrap().lines().next().unwrap();
    assert!(token.len() == 32 && answer.ends_with(&format!("::{token}::\n::endgroup::\n")));
    world.check(
        &read(&world, "summary"),
        str![[r#"
### ✅ ` review-diff `

` passed · 3 of 3 checks · $0.0069 · [TIME] · …[SHORT] `

Checks:

- ` diff ` passed
- ` output ` passed
- ` quotes-stand ` passed

Findings:

- **major** ` skill/review-diff ` ` shop.py:3 `: ` Callers add to the total: … `
- **note** ` skill/review-diff ` ` shop.py:4 `: ` An ![image](http://evil.example) | of it. `


"#]],
    );
}

#[test]
fn a_refusal_is_a_failure_in_every_report() {
    let world = refused();
    let args = ["run", "greet", "--trust", "--format=github"];
    let output = everything(&world, &args).expect_code(4);
    expect_sarif(&parsed(&world, "sarif"));
    world.check(&output.stdout, str![[r#"
::error file=.claude/skills/greet/contract.yaml,line=3,title=hook/polite::no␊  ::add-mask::e␊##[error]x␊␛[2J]]>
::error title=greet::rejected · 0 of 1 check · $0.03 · [TIME] · …[SHORT]: polite: no …

"#]]);
    world.check(
        &read(&world, "junit"),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="atlas" tests="1" skipped="0" failures="1" errors="0" time="[..]">
    <testsuite name="greet" tests="1" skipped="0" errors="0" failures="1" time="[..]">
        <properties>
            <property name="status" value="rejected"/>
            <property name="exit_code" value="4"/>
            <property name="summary" value="rejected · 0 of 1 check · $0.03 · [TIME] · …[SHORT]"/>
            <property name="session" value="[SESSION]"/>
        </properties>
        <testcase name="polite" classname="greet.hook" time="[..]">
            <failure message="no …">no
  ::add-mask::e
##[error]x
␛[2J]]&gt;</failure>
        </testcase>
    </testsuite>
</testsuites>

"#]],
    );
    let result = &parsed(&world, "sarif")["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "hook/polite");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], ".claude/skills/greet/contract.yaml");
    assert_eq!(place["region"]["startLine"], 3);
    let summary = read(&world, "summary");
    let again = world.atlas(args).env("GITHUB_STEP_SUMMARY", world.root().join("summary")).run();
    let both = read(&world, "summary");
    assert!(both.starts_with(&summary) && both.len() > summary.len(), "it is added to\n{again}");
}

#[test]
fn work_done_elsewhere_is_reported_alike() {
    let world = reviewed();
    let review = json!({"summary": "Fine.", "findings": [{
        "severity": "minor", "file": "shop.py", "line": 3, "quote": "return None", "claim": "So.",
    }]});
    let args = ["verify", "review-diff", "-", "--no-verify", "--format=sarif"];
    let output = world.atlas(args).stdin(review.to_string()).run().expect_code(0);
    expect_sarif(&output.json());
    let results = &output.json()["runs"][0]["results"];
    assert_eq!((&results[0]["ruleId"], &results[1]), (&json!("skill/review-diff"), &Value::Null));
    assert_eq!(results[0]["level"], "warning");
}

/// What a hook or a model says over several lines is no command to the runner that reads the talk.
#[test]
fn the_talk_is_obeyed_by_no_runner() {
    let world = refused();
    let run = world.atlas(["run", "greet", "--trust"]).env("GITHUB_ACTIONS", "true");
    let output = run.run().expect_code(4);
    assert!(output.stderr.contains(r"\::add-mask::e"), "{output}");
    for line in output.stderr.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{output}");
    }
}

#[test]
fn what_never_began_is_reported_too() {
    let world = World::new();
    let output = everything(&world, &["run", "nobody", "--format=junit"]).expect_code(8);
    assert_eq!(
        output.stdout,
        read(&world, "junit")
            .replace("name=\"nobody\"", "name=\"atlas\"")
            .replace("classname=\"nobody\"", "classname=\"atlas\"")
    );
    world.check(
        &read(&world, "junit"),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="atlas" tests="1" skipped="0" failures="0" errors="1" time="[..]">
    <testsuite name="nobody" tests="1" skipped="0" errors="1" failures="0" time="[..]">
        <properties>
            <property name="status" value="invalid"/>
            <property name="exit_code" value="8"/>
            <property name="summary" value="invalid · nothing spent"/>
        </properties>
        <testcase name="run" classname="nobody" time="[..]">
            <error message="invalid · nothing spent: there is no skill `nobody`"/>
        </testcase>
    </testsuite>
</testsuites>

"#]],
    );
    let sarif = parsed(&world, "sarif");
    expect_sarif(&sarif);
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(parsed(&world, "gitlab"), json!([]));
    assert!(read(&world, "github").starts_with("::error title="), "{}", read(&world, "github"));
}

#[test]
fn what_was_waived_is_never_a_plain_pass() {
    let world = World::new();
    world.greet();
    let output = everything(&world, &["run", "greet", "--if-available"]).expect_code(0);
    assert!(output.stderr.contains("NOT CHECKED"), "{output}");
    world.check(&read(&world, "junit"), str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="atlas" tests="1" skipped="1" failures="0" errors="0" time="[..]">
    <testsuite name="greet" tests="1" skipped="1" errors="0" failures="0" time="[..]">
        <properties>
            <property name="status" value="unavailable"/>
            <property name="exit_code" value="0"/>
            <property name="summary" value="unavailable · nothing spent"/>
        </properties>
        <testcase name="run" classname="greet" time="[..]">
            <skipped message="NOT CHECKED: ATLAS_CLAUDE names `[ROOT]/no-claude`: there is no such file"/>
        </testcase>
    </testsuite>
</testsuites>

"#]]);
    assert!(read(&world, "github").contains("::warning title=greet::NOT CHECKED: "));
    assert!(read(&world, "summary").starts_with("### ⚠️ "), "{}", read(&world, "summary"));
    assert_eq!(parsed(&world, "json")["waived"], true);
    expect_sarif(&parsed(&world, "sarif"));
}

#[test]
fn events_are_told_while_they_happen_and_the_result_comes_last() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    let output = world.atlas(["run", "greet", "--format=jsonl"]).run().expect_code(0);
    let told: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<&str> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types[..types.len() - 1], world.event_types(), "they are those of the journal");
    let last = &told.last().unwrap();
    assert_eq!((&last["type"], &last["result"]["output"]), (&json!("result"), &json!("Hello.")));

    let again = world.atlas(["resume", "--last", "--format=jsonl", "-o", "../out"]);
    again.run().expect_code(0);
    let last: Value = serde_json::from_str(read(&world, "out").lines().last().unwrap()).unwrap();
    assert_eq!(last["result"]["output"], "Hello.");
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_spent() {
    let world = World::scripted([rule().says("never asked")]);
    world.greet();
    let rows: [(&[&str], i32, &str); 6] = [
        (&["--report=junit=no/such/x"], 2, "its folder does not exist"),
        (&["--report=junit=.claude"], 2, "it is a folder"),
        (&["--report=junit=x", "--report=sarif=x"], 2, "two results"),
        (&["--report=text=x"], 2, "write FORMAT=FILE"),
        (&["--report=junit=-"], 2, "name a file"),
        (&["--dry-run", "--format=sarif"], 2, "is not for this command"),
    ];
    for (args, code, told) in rows {
        let all: Vec<&str> = ["run", "greet"].iter().chain(args).copied().collect();
        let output = world.atlas(all).run().expect_code(code);
        assert!(output.stderr.contains(told), "{args:?}: {output}");
    }
    assert_eq!(world.model().all().len(), 0);
}

/// A report that could not be written fails the command, and the others are whole.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_keeps_no_other_report() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    let reports = ["--report=junit=/dev/full", "--report=json=../json", "--format=json"];
    let output = world.atlas(["run", "greet"].iter().chain(&reports)).run().expect_code(1);
    assert!(output.stderr.contains("cannot write a report"), "{output}");
    assert_eq!(output.json()["status"], "passed", "stdout is one document");
    assert_eq!(parsed(&world, "json"), output.json());
}

#[test]
fn what_check_finds_is_sarif_and_code_quality() {
    let world = World::new();
    world.skill("a", "---\nname: A\ndescription: d\n---\n# A\n");
    world.write(".claude/atlas.yaml", "hook: {}\n");
    let said = |format: &str| -> Value {
        world.atlas(["check", "--format", format]).run().expect_code(8).json()
    };
    expect_sarif(&said("sarif"));
    let entries = said("gitlab");
    assert_eq!(entries.as_array().unwrap().len(), 3);
    assert_eq!(entries[0]["check_name"], "config-broken");
    assert_eq!(
        entries[0]["location"],
        json!({"path": ".claude/atlas.yaml", "lines": {"begin": 1}})
    );
}
