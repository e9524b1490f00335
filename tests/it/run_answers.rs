//! A run that goes well, through the real `claude`: what it says, what it keeps, in which form.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use snapbox::str;

use crate::support::claude::version;
use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::model::{Failure, rule};
use crate::support::world::{World, files_below};

/// The published schema of a result.
const SCHEMA: &str = include_str!("../../docs/reference/result.schema.json");

/// Variables beside those of the world.
type Env<'a> = &'a [(&'a str, &'a str)];

/// A fake that answers with this text.
fn answers(text: &str) -> World {
    let world = World::faked(&Script::plays([Step::Success(text.to_owned())]));
    world.greet();
    world
}

/// Fails the test unless the document is a result as published.
#[track_caller]
fn expect_published(result: &Value) {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(result).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}\n{result:#}");
}

#[test]
fn an_answer_goes_to_stdout_and_the_talk_to_stderr() {
    let world = World::scripted([rule().says("Hello, Ada.\nGood day.").usage(1000, 10)]);
    world.greet();

    let output = world.atlas(["run", "greet"]).run().expect_code(0);

    assert_eq!(output.stdout, "Hello, Ada.\nGood day.\n");
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0021
passed, checked by nobody, $0.0021, [TIME], ...[SHORT]
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml

"#]],
    );
    let [request] = &world.model().requests()[..] else { panic!("one request\n{output}") };
    assert!(request.system().contains("Greet the user."), "{}", request.system());
    assert!(request.user().contains("Carry out the skill `greet`."), "{}", request.user());
    let mut tools = request.tools();
    // claude's own way to find tools that it did not offer.
    tools.retain(|tool| *tool != "DeferredToolPlaceholder");
    assert_eq!(tools, ["Glob", "Grep", "Read"], "an untrusted skill reads, and nothing else");
}

#[test]
fn everything_that_happened_is_in_the_session() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();

    world.atlas(["run", "greet"]).run().expect_code(0);

    let session = world.session();
    let kept: Vec<String> =
        files_below(&session).into_iter().filter(|path| !path.starts_with("objects/")).collect();
    world.check(
        &kept.join("\n"),
        str![[r#"
bin/atlas
journal.jsonl
lock
runs/1/steps/skill/1/output.md
runs/1/steps/skill/1/prompt.md
runs/1/steps/skill/1/stream.jsonl
runs/1/steps/skill/1/system.md
session.json
"#]],
    );
    world.check(
        &world.event_types().join("\n"),
        str![[r#"
run_started
plan
step_started
call_started
call_answered
call_ended
checks_started
changes
checks_ended
step_ended
run_ended
"#]],
    );
    world.expect_valid_journal();
    let folder = session.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(folder, 0o700);
    for file in files_below(&session) {
        let found = session.join(&file).symlink_metadata().unwrap();
        let closed = found.is_symlink() || found.permissions().mode().trailing_zeros() >= 6;
        assert!(closed, "{file} is for its owner alone");
    }
    assert_eq!(world.repo().git(["status", "--porcelain"]), "", "git sees nothing of it");
}

#[test]
fn a_conversation_runs_under_the_id_that_the_journal_names() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();

    world.atlas(["run", "greet"]).run().expect_code(0);

    let started = &world.events("call_started")[0];
    assert_eq!(started["claude_session"].as_str(), world.model().requests()[0].session.as_deref());
    assert_eq!(started["reservation"], 0.05);
}

#[test]
fn json_is_the_published_document() {
    let world = World::scripted([rule().says("Hello.").usage(1000, 10).cached(20, 30)]);
    world.greet();

    let output = world.atlas(["run", "greet", "--format", "json"]).run().expect_code(0);

    let result = output.json();
    expect_published(&result);
    assert_eq!(
        [&result["status"], &result["output"], &result["claude_version"]],
        ["passed", "Hello.", &version()]
    );
    let session = world.session();
    assert_eq!(result["session"], session.file_name().unwrap().to_str().unwrap());
    assert_eq!(
        result["spend"],
        json!({
            "basis": "api",
            "usd_known": 0.002_177,
            "usd_charged": 0.002_177,
            "calls": 1,
            "calls_unknown": 0,
            "input_tokens": 1000,
            "output_tokens": 10,
            "cache_read_tokens": 20,
            "cache_write_tokens": 30,
        })
    );
    let started = &world.events("call_started")[0];
    assert_eq!(result["steps"][0]["claude_session"], started["claude_session"]);
    assert!(result["duration_ms"].as_u64().unwrap() > 0);
}

#[test]
fn a_failure_is_the_published_document_too() {
    let world = World::scripted([rule().fails(Failure::unauthorized())]);
    world.greet();
    let rows: [(&[&str], i32, &str); 5] = [
        (&["run", "greet", "--format", "json"], 7, "unavailable"),
        (&["run", "nobody", "--format", "json"], 8, "invalid"),
        (&["run", "--format=json"], 2, "usage"),
        (&["run", "greet", "--wrong", "--format", "json"], 2, "usage"),
        (&["--format", "json", "frobnicate"], 2, "usage"),
    ];
    for (args, code, status) in rows {
        let output = world.atlas(args).run().expect_code(code);
        let result = output.json();
        expect_published(&result);
        assert_eq!(result["status"], status, "{output}");
        assert_eq!(result["exit_code"], code, "{output}");
    }
}

#[test]
fn a_file_gets_the_answer_in_place_of_stdout() {
    let world = answers("Hello.");
    let output = world.atlas(["run", "greet", "-o", "said.md"]).run().expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(world.read("said.md"), "Hello.\n");
    assert!(output.stderr.contains("said.md"), "{output}");
}

#[test]
fn a_refused_answer_reaches_neither_stdout_nor_the_file() {
    let world = answers("Hello.");
    let args = ["run", "greet", "--require", "checks", "-o", "said.md"];
    let output = world.atlas(args).run().expect_code(5);
    assert_eq!(output.stdout, "");
    assert!(!world.dir().join("said.md").exists());
    assert!(output.stderr.contains("output.md"), "it names the file that holds it: {output}");

    let args = ["run", "greet", "--require", "checks", "-o", "said.json", "--format", "json"];
    world.atlas(args).run().expect_code(5);
    let result: Value = serde_json::from_str(&world.read("said.json")).unwrap();
    assert_eq!(result["status"], "inconclusive");
    expect_published(&result);
}

#[test]
fn quiet_says_nothing_but_the_answer() {
    let output = answers("Hello.").atlas(["run", "greet", "-q"]).run().expect_code(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("Hello.\n", ""));
}

#[test]
fn colors_are_for_whoever_asks() {
    let world = answers("Hello.");
    let rows: [(&[&str], Env<'_>, bool); 4] = [
        (&["run", "greet"], &[], false),
        (&["run", "greet", "--color=always"], &[], true),
        (&["run", "greet", "--color=always"], &[("NO_COLOR", "1")], true),
        (&["run", "greet", "--color=never"], &[], false),
    ];
    for (args, env, colored) in rows {
        let run = env.iter().fold(world.atlas(args), |run, (name, value)| run.env(name, value));
        let output = run.run().expect_code(0);
        assert_eq!(output.stderr.contains('\u{1b}'), colored, "{args:?} {env:?}: {output:?}");
        assert_eq!(output.stdout, "Hello.\n");
    }
}

#[test]
fn a_dry_run_shows_the_command_and_starts_nothing() {
    let world = answers("Hello.");
    let output = world.atlas(["run", "greet", "--dry-run", "--max-turns=7"]).run().expect_code(0);
    let command = "--setting-sources '' --strict-mcp-config --tools Read,Grep,Glob";
    assert!(output.stdout.contains(command) && output.stdout.contains("--max-turns 7"), "{output}");
    assert!(!world.dir().join(".claude/sessions").exists());
    assert!(!world.root().join("bin/claude.calls").exists(), "claude is not even looked at");
}

#[test]
fn a_pass_that_nobody_checked_says_so_and_can_be_refused() {
    let world = answers("Hello.");
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert!(output.stderr.contains("passed, checked by nobody"), "{output}");
    let rows: [(&[&str], Env<'_>); 2] =
        [(&["run", "greet", "--require", "checks"], &[]), (&["run", "greet"], &[("CI", "true")])];
    for (args, env) in rows {
        let run = env.iter().fold(world.atlas(args), |run, (name, value)| run.env(name, value));
        let output = run.run().expect_code(5);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.contains("inconclusive"), "{output}");
    }
}

#[test]
fn an_unavailable_model_can_be_waived_but_is_never_a_plain_pass() {
    let world = World::scripted([rule().fails(Failure::unauthorized())]);
    world.greet();
    for flag in ["--ok-on=unavailable", "--if-available"] {
        let output = world.atlas(["run", "greet", flag, "--format=json"]).run().expect_code(0);
        assert!(output.stderr.contains("NOT CHECKED: "), "{output}");
        let result = output.json();
        expect_published(&result);
        let said = (&result["status"], &result["waived"]);
        assert_eq!(said, (&json!("unavailable"), &json!(true)));
    }
}

#[test]
fn a_missing_claude_can_be_waived_too() {
    let world = World::new();
    world.greet();
    let output = world.atlas(["run", "greet", "--if-available"]).run().expect_code(0);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("NOT CHECKED: "), "{output}");
    let args = ["run", "greet", "--ok-on=unavailable", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    expect_published(&result);
    let said = (&result["status"], &result["waived"], &result["exit_code"]);
    assert_eq!(said, (&json!("unavailable"), &json!(true), &json!(0)));
    world.atlas(["run", "greet", "--ok-on=limit"]).run().expect_code(7);
}

/// A contract whose answer has one field.
const VERDICT: &str = "\
output:
  type: object
  required: [passed]
  properties: { passed: { type: boolean } }
";

#[test]
fn a_schema_gets_a_structured_answer() {
    let world = World::scripted([
        rule().before_tool_result().returns(json!({"passed": true})),
        rule().says("That is all."),
    ]);
    world.greet_by(VERDICT);

    let output = world.atlas(["run", "greet"]).run().expect_code(0);

    assert_eq!(output.json(), json!({"passed": true}));
    let result = world.atlas(["run", "greet", "--format=json"]).run().expect_code(0).json();
    assert_eq!(result["output"], json!({"passed": true}));
    assert_eq!(result["proof"]["schema"], 1, "{result:#}");
}

#[test]
fn an_answer_without_the_structure_is_no_answer() {
    let world = World::scripted([rule().says("I would rather chat.")]);
    world.greet_by(VERDICT);
    let output = world.atlas(["run", "greet"]).run().expect_code(1);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("never answered by the schema"), "{output}");
    world.expect_valid_journal();
}

/// The real claude refuses such an answer itself, so a fake has to bring it.
#[test]
fn a_wrong_answer_is_sent_back_with_the_reason_and_repaired() {
    let wrong = [Step::Init, Step::Structured(json!({"passed": "perhaps"}))];
    let right = [Step::Init, Step::Structured(json!({"passed": false}))];
    let world = World::faked(&Script::plays(wrong).then(right));
    world.greet_by(VERDICT);

    let output = world.atlas(["run", "greet"]).run().expect_code(0);

    assert_eq!(output.json(), json!({"passed": false}));
    let [first, second] = &world.events("call_started")[..] else { panic!("two calls\n{output}") };
    assert_eq!(first["claude_session"], second["claude_session"], "the conversation goes on");
    assert_eq!(second["resumed"], true);
    let prompt = world.session().join("runs/1/steps/skill/2/prompt.md");
    let prompt = files::read(Path::new(&prompt));
    assert!(prompt.contains("\"perhaps\" is not of type \"boolean\""), "{prompt}");
}

/// Prose that goes into a file or another program needs bounds too; claude is not asked to fill in
/// a form for it.
#[test]
fn a_schema_about_a_text_is_held_against_the_answer_itself() {
    let world = World::scripted([
        rule().when_user("was not accepted").says("greetings, Ada\n"),
        rule().says("Hello, Ada."),
    ]);
    world.greet_by("output: { type: string, pattern: '^[a-z]' }");

    let output = world.atlas(["run", "greet", "--require=checks"]).run().expect_code(0);

    assert_eq!(output.stdout, "greetings, Ada\n");
    let [first, second] = &world.model().requests()[..] else { panic!("two requests\n{output}") };
    assert!(!first.tools().contains(&"StructuredOutput"), "{:?}", first.tools());
    assert!(second.user().contains("does not match"), "{}", second.user());
    assert!(output.stderr.contains("1 of 1 check"), "{output}");
}
