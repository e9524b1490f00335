//! Hooks, prerequisites and trust, from outside.

use serde_json::json;
use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::model::rule;
use crate::support::world::World;

/// A fake whose every call goes well.
fn faked() -> World {
    World::faked(&Script::plays([Step::Success("Hello.".to_owned())]))
}

/// How many times claude was asked to work.
fn n_calls(world: &World) -> usize {
    if !world.root().join("bin/claude.calls").exists() {
        return 0;
    }
    world.fake().starts().iter().filter(|start| start["print"] == true).count()
}

#[test]
fn a_pre_hook_that_says_no_blocks_the_run_before_anything_is_spent() {
    let world = World::scripted([rule().says("never asked")]);
    world.user_config(
        "hooks: { clean: { timing: pre, command: [sh, -c, 'echo the tree is dirty >&2; exit 1'] } }",
    );
    world.greet();

    let output = world.atlas(["run", "greet"]).run().expect_code(3);

    assert_eq!(world.model().all().len(), 0, "nobody was asked");
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
failed: hook clean: the tree is dirty, [TIME]
blocked, 0 of 1 check, nothing spent, [TIME], ...[SHORT]
failed: hook clean: the tree is dirty, [TIME]

"#]],
    );
    world.check(
        &world.event_types().join("\n"),
        str![[r#"
run_started
plan
hook_started
hook_ended
run_ended
"#]],
    );
}

#[test]
fn a_pre_hook_that_cannot_run_blocks_too() {
    let world = faked();
    world.user_config("hooks: { clean: { timing: pre, command: [./no-such-program] } }").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(3);
    assert!(output.stderr.contains("clean"), "{output}");
    assert_eq!(n_calls(&world), 0);
}

#[test]
fn all_missing_prerequisites_are_told_together() {
    let world = faked();
    world.greet_by(
        "requires: { files: [Cargo.toml, .git], commands: [sh, no-such-program], env: [GH_TOKEN] }",
    );
    let run = world.atlas(["run", "greet", "--trust"]);
    let output = run.run().expect_code(3);
    for missing in ["Cargo.toml", "no-such-program", "GH_TOKEN"] {
        assert!(output.stderr.contains(missing), "{missing}: {output}");
    }
    assert_eq!(n_calls(&world), 0);
    let result = world.atlas(["run", "greet", "--trust", "--format=json"]).run().json();
    let status = |name: &str| {
        let checks = result["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["kind"], "requires");
        check["status"].as_str().unwrap().to_owned()
    };
    assert_eq!([".git", "sh"].map(status), ["passed", "passed"]);
    assert_eq!(["Cargo.toml", "GH_TOKEN"].map(status), ["failed", "failed"]);
}

#[test]
fn work_that_a_hook_refuses_is_repaired_in_the_same_conversation() {
    let world = World::scripted([
        rule().when_user("was not accepted").says("Hello, Ada."),
        rule().says("Hello."),
    ]);
    world.user_config(
        "hooks: { polite: { timing: post, command: [sh, -c, \
         'grep -q Ada \"$(sed \"s/.*output_file\\\":\\\"//; s/\\\".*//\")\" || { echo name her >&2; exit 1; }'] } }",
    );
    world.greet();

    let output = world.atlas(["run", "greet"]).run().expect_code(0);

    assert_eq!(output.stdout, "Hello, Ada.\n");
    let [first, second] = &world.model().requests()[..] else { panic!("two requests\n{output}") };
    assert_eq!(first.session, second.session, "the conversation goes on");
    assert!(second.user().contains("polite: name her"), "{}", second.user());
    assert!(second.prompt().contains("Hello."), "it knows what it said: {}", second.prompt());
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0046
failed: hook polite: name her, [TIME]
again: skill again: polite: name her
note: skill: asking sonnet, attempt 2
ok: skill, [TIME], $0.0093
ok: hook polite, [TIME]
passed, 1 of 1 check, $0.0093, [TIME], ...[SHORT]

"#]],
    );
}

#[test]
fn work_that_a_hook_refuses_twice_alike_is_rejected() {
    let world = faked();
    world.user_config(
        "hooks: { tests: { timing: post, command: [sh, -c, 'echo 2 tests failed; exit 1'] } }",
    );
    world.greet();

    let output = world.atlas(["run", "greet"]).run().expect_code(4);

    assert_eq!(output.stdout, "", "what was refused is no result");
    assert_eq!(n_calls(&world), 2);
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0027
failed: hook tests: 2 tests failed, [TIME]
again: skill again: tests: 2 tests failed
note: skill: asking sonnet, attempt 2
ok: skill, [TIME], $0.0027
failed: hook tests: 2 tests failed, [TIME]
rejected, 0 of 1 check, $0.0027, [TIME], ...[SHORT]
failed: hook tests: 2 tests failed, [TIME]
note: output, not accepted: [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/steps/skill/2/output.md

"#]],
    );
}

#[test]
fn a_hook_that_cannot_look_makes_a_run_inconclusive_and_pays_for_no_second_try() {
    for timing in ["mid", "post"] {
        let world = faked();
        let hook =
            format!("hooks: {{ tests: {{ timing: {timing}, command: [./no-such-program] }} }}");
        world.user_config(&hook).greet();
        let output = world.atlas(["run", "greet"]).run().expect_code(5);
        assert!(output.stderr.contains("tests could not run"), "{output}");
        assert_eq!(n_calls(&world), 1);
    }
}

#[test]
fn a_hook_whose_program_is_nowhere_costs_nothing() {
    let world = faked();
    world.user_config("hooks: { tests: { timing: post, command: [no-such-program] } }").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(3);
    assert!(output.stderr.contains("no-such-program: not found on PATH"), "{output}");
    assert_eq!(n_calls(&world), 0);
}

#[test]
fn an_advisory_hook_decides_nothing_and_proves_nothing() {
    let world = faked();
    world.user_config(
        "hooks: { lint: { timing: post, blocking: false, command: [sh, -c, 'echo long lines; exit 1'] } }",
    );
    world.greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert!(output.stderr.contains("hook lint (advisory): long lines"), "{output}");
    world.atlas(["run", "greet", "--require=checks"]).run().expect_code(5);
}

/// What a hook of Claude Code expects at stdin, and what we add.
#[test]
fn a_hook_is_told_of_the_work() {
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Write { path: "new.txt".to_owned(), text: "a\nb\n".to_owned() },
        Step::Result("Hello.".to_owned()),
    ]));
    world.user_config(
        "isolation: none\n\
         hooks: { tell: { timing: post, command: [sh, -c, 'cat > ../told.json; pwd > ../where; env > ../env'] } }",
    );
    world.greet();
    let sub = world.dir().join("sub");
    std::fs::create_dir(&sub).unwrap();

    world.atlas(["run", "greet", "--edit", "hello"]).cwd(&sub).run().expect_code(0);

    let told: serde_json::Value = serde_json::from_str(&world.read("../told.json")).unwrap();
    assert_eq!(told["hook_event_name"], "Stop");
    assert_eq!(told["skill"], "greet");
    assert_eq!(told["cwd"], json!(world.dir()));
    assert_eq!(world.read("../where").trim(), world.dir().to_str().unwrap());
    assert_eq!(told["changed_files"][0]["path"], "sub/new.txt", "{told:#}");
    let output = std::path::Path::new(told["output_file"].as_str().unwrap()).to_owned();
    // With the end of its last line, which a shell needs.
    assert_eq!(std::fs::read_to_string(output).unwrap(), "Hello.\n");
    assert!(world.read("../env").contains("ATLAS_SKILL=greet\n"));
}

/// A contract that asks for a command.
const CHECKED: &str = "hooks: { look: { timing: post, command: [touch, ../looked] } }\n";

#[test]
fn a_contract_that_would_run_a_command_needs_trust() {
    let world = faked();
    world.greet_by(CHECKED);

    let output = world.atlas(["run", "greet"]).run().expect_code(8);

    assert_eq!(n_calls(&world), 0);
    assert!(!world.root().join("looked").exists());
    assert!(!world.dir().join(".claude/sessions").exists(), "no session is made");
    let digest = regex::Regex::new("[0-9a-f]{64}").unwrap();
    world.check(
        &digest.replace_all(&output.stderr, "[DIGEST]"),
        str![[r#"
error: [ROOT]/repo is not trusted
caused by: hook look would run `touch ../looked` (.claude/skills/greet/contract.yaml:1)
hint: `atlas trust` shows what can execute here, and stores your answer
hint: `--trust=[DIGEST]` trusts exactly this content, for this run
hint: `--untrusted` runs without it, and shows each as a skipped check

"#]],
    );
    let digest = digest.find(&output.stderr).unwrap().as_str().to_owned();

    world.atlas(["run", "greet", &format!("--trust={digest}")]).run().expect_code(0);
    assert!(world.root().join("looked").exists(), "the hook ran");
    world.write("scripts/other", "").write(".claude/atlas.yaml", "limits: { usd: 1 }");
    let output = world.atlas(["run", "greet", &format!("--trust={digest}")]).run().expect_code(8);
    assert!(output.stderr.contains("another content"), "{output}");
}

#[test]
fn without_trust_a_check_is_skipped_and_shown() {
    let world = faked();
    world.greet_by(CHECKED);
    let output = world.atlas(["run", "greet", "--untrusted"]).run().expect_code(0);
    assert!(!world.root().join("looked").exists());
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0027
passed, checked by nobody, $0.0027, [TIME], ...[SHORT]
note: hook look skipped: nobody trusted it
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml

"#]],
    );
    let result = world.atlas(["run", "greet", "--untrusted", "--format=json"]).run().json();
    assert_eq!(result["checks"].as_array().unwrap().last().unwrap()["status"], "skipped");
    assert_eq!(result["proof"]["commands"], 0, "{result:#}");
}

#[test]
fn with_trust_a_contracts_hook_is_proof() {
    let world = faked();
    world.greet_by(CHECKED);
    let args = ["run", "greet", "--trust", "--require=checks", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    assert_eq!(result["proof"]["commands"], 1, "{result:#}");
    assert!(world.root().join("looked").exists());
}

#[test]
fn hooks_apply_where_their_filters_fit() {
    for (filter, applies) in [
        ("skills: ['gr*']", true),
        ("skills: [other]", false),
        ("skills: [other, greet]", true),
        ("repos: ['**/repo']", true),
        ("repos: [/elsewhere]", false),
    ] {
        let world = faked();
        let hook = format!("hooks: {{ h: {{ timing: pre, command: ['false'], {filter} }} }}");
        world.user_config(&hook).greet();
        let code = if applies { 3 } else { 0 };
        world.atlas(["run", "greet"]).run().expect_code(code);
    }
}
