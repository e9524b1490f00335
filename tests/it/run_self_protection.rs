//! The work cannot change its judge: attempts to, and what is no attempt.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::support::fake::{Script, Step};
use crate::support::model::rule;
use crate::support::world::World;

mod called;

fn write(path: &str, text: &str) -> Step {
    Step::Write { path: path.to_owned(), text: text.to_owned() }
}

fn done() -> Step {
    Step::Success("Hello.".to_owned())
}

/// A script that refuses everything, and says so outside of the tree.
const STRICT: &str = "echo strict >> ../ran; echo not good enough >&2; exit 1\n";

/// A script that an agent would like in its place.
const MILD: &str = "echo mild >> ../ran; exit 0\n";

/// A contract whose post hook runs the strict script.
const CONTRACT: &str = "hooks: { qc: { timing: post, command: [sh, qc/check.sh] } }\n";

/// A skill under that contract, in a repository where everything is committed.
fn guarded(script: &Script, contract: &str) -> World {
    let world = World::faked(script);
    world.greet_by(contract).write("qc/check.sh", STRICT);
    world.repo().commit("all");
    world
}

fn ran(world: &World) -> String {
    std::fs::read_to_string(world.root().join("ran")).unwrap_or_default()
}

fn n_calls(world: &World) -> usize {
    world.fake().starts().iter().filter(|start| start["print"] == true).count()
}

/// A way to get past the check: contract, what the agent does, the file that gives it away.
type Attack<'a> = (&'a str, &'a str, Vec<Step>, &'a str);

fn attacks() -> Vec<Attack<'static>> {
    let link = |path: &str, to: &str| Step::Link { path: path.to_owned(), to: to.to_owned() };
    let skill = ".claude/skills/greet";
    vec![
        ("rewrites the script", CONTRACT, vec![write("qc/check.sh", MILD)], "qc/check.sh"),
        ("deletes it", CONTRACT, vec![Step::Delete("qc/check.sh".into())], "qc/check.sh"),
        (
            "puts a link in its place",
            CONTRACT,
            vec![write("mild.sh", MILD), link("qc/check.sh", "../mild.sh")],
            "qc/check.sh",
        ),
        (
            "puts a link to an equal file in its place, to be changed later",
            CONTRACT,
            vec![write("same.sh", STRICT), link("qc/check.sh", "../same.sh")],
            "qc/check.sh",
        ),
        (
            "empties the contract",
            CONTRACT,
            vec![write(&format!("{skill}/contract.yaml"), "")],
            ".claude/skills/greet/contract.yaml",
        ),
        (
            "adds a file that the hook names",
            "hooks: { qc: { timing: post, command: [sh, qc/check.sh, --rules=qc/rules.txt] } }\n",
            vec![write("qc/rules.txt", "allow all\n")],
            "qc/rules.txt",
        ),
        (
            "changes a script that a shell command names",
            "hooks: { qc: { timing: post, command: [sh, -c, 'cd qc && . ./check.sh'] } }\n",
            vec![write("qc/check.sh", MILD)],
            "qc/check.sh",
        ),
        (
            "changes the script of an advisory hook",
            "hooks: { qc: { timing: post, blocking: false, command: [sh, ./qc/check.sh] } }\n",
            vec![write("qc/check.sh", MILD)],
            "qc/check.sh",
        ),
        (
            "changes the script of a mid hook",
            "hooks: { qc: { timing: mid, command: [sh, qc/check.sh] } }\n",
            vec![write("qc/check.sh", MILD)],
            "qc/check.sh",
        ),
        (
            "changes a script of its skill",
            "hooks: { qc: { timing: post, command: [sh, -c, '. \"$ATLAS_SKILL_DIR\"/qc.sh'] } }\n",
            vec![write(&format!("{skill}/qc.sh"), MILD)],
            "[ROOT]/repo/.claude/skills/greet/qc.sh",
        ),
    ]
}

#[test]
fn an_agent_that_changes_its_judge_is_rejected_at_once() {
    for (what, contract, steps, path) in attacks() {
        let steps = steps.into_iter().chain([done()]);
        let world = guarded(&Script::plays(steps), contract);
        let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
        let told = output.stderr.replace(world.root().to_str().unwrap(), "[ROOT]");
        let expected = format!("the work changed its own check {path} (");
        assert!(told.contains(&expected), "{what}: {output}");
        assert_eq!(n_calls(&world), 1, "{what}: there is no second try\n{output}");
        assert_eq!(ran(&world), "", "{what}: no script runs after that\n{output}");
    }
}

#[test]
fn the_definition_of_a_hook_is_its_judge_too() {
    let world = World::faked(&Script::plays([write(".claude/atlas.yaml", "hooks: {}\n"), done()]));
    world
        .greet()
        .write(".claude/atlas.yaml", "hooks: { qc: { timing: post, command: [touch, ../ran] } }\n");
    world.repo().commit("all");

    let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);

    assert_eq!(ran(&world), "");
    world.check(&output.stderr, snapbox::str![[r#"
greet, sonnet, about [..] tokens, cap $2.00
note: skill: asking sonnet
failed: check self-protection: the work changed its own check .claude/atlas.yaml (it defines the hook `qc`; if it may, list it in `hooks.qc.may-change`)
failed: skill rejected, [TIME], $0.0027
rejected, 0 of 1 check, $0.0027, [TIME], ...[SHORT]
failed: check self-protection: the work changed its own check .claude/atlas.yaml (it defines the hook `qc`; if it may, list it in `hooks.qc.may-change`)
note: changed 1 file, +1 -1
  M +1 -1 .claude/atlas.yaml
note: output, not accepted: [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/steps/skill/1/output.md

"#]]);
    let result = world.atlas(["run", "greet", "--trust", "--format=json"]).run().json();
    assert_eq!(result["status"], "passed", "what is defined now is another judge");
}

#[test]
fn a_schema_is_judged_by_as_it_was_and_must_stay_so() {
    let schema = ".claude/skills/greet/answer.schema.json";
    let strict = json!({"type": "object", "required": ["greeting"]}).to_string();
    let answer = Step::Structured(json!({}));
    let world = World::faked(&Script::plays([
        write(schema, "{}"),
        Step::Init,
        Step::Answer(String::new()),
        answer,
    ]));
    world.greet_by("output: answer.schema.json\n").write(schema, &strict);
    world.repo().commit("all");
    let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
    let expected = format!("the work changed its own check {schema} (the schema of an output)");
    assert!(output.stderr.contains(&expected), "{output}");
    assert_eq!(n_calls(&world), 1, "{output}");
}

/// Where a program is looked up by name, the work must not put another one before it.
#[test]
fn a_program_planted_on_the_path_is_no_judge() {
    let world = guarded(
        &Script::plays([write("tools/check-it", "#!/bin/sh\nexit 0\n"), done()]),
        "hooks: { qc: { timing: post, command: [check-it] } }\n",
    );
    let honest = world.root().join("honest");
    std::fs::create_dir(&honest).unwrap();
    symlink("/bin/false", honest.join("check-it")).unwrap();
    let path = format!("{}/tools:{}:/usr/bin:/bin", world.dir().display(), honest.display());
    let run = world.atlas(["run", "greet", "--trust"]).env("PATH", path);
    let output = run.run().expect_code(4);
    assert!(output.stderr.contains("its own check"), "{output}");
    assert!(output.stderr.contains("tools/check-it ("), "{output}");
}

#[test]
fn the_target_of_a_link_is_a_judge_as_the_link_is() {
    let world = guarded(
        &Script::plays([write("lib/real.sh", MILD), done()]),
        "hooks: { qc: { timing: post, command: [sh, check.sh] } }\n",
    );
    world.write("lib/real.sh", STRICT);
    symlink("lib/real.sh", world.dir().join("check.sh")).unwrap();
    world.repo().commit("linked");
    let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
    assert!(output.stderr.contains("the work changed its own check check.sh ("), "{output}");
}

/// A judge changed only after an honest first try, when the reasons are known.
#[test]
fn a_repair_cannot_change_the_judge_either() {
    let script = Script::plays([done()]).then([write("qc/check.sh", MILD), done()]);
    let world = guarded(&script, CONTRACT);
    let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
    assert!(output.stderr.contains("again: skill again: qc: not good enough"), "{output}");
    assert!(output.stderr.contains("the work changed its own check qc/check.sh"), "{output}");
    assert_eq!(ran(&world), "strict\n");
}

/// In a copy of the tree the judges are those of the copy, since those are what the agent reaches.
#[test]
fn a_copy_of_the_tree_holds_judges_of_its_own() {
    let script = Script::plays([write("qc/check.sh", MILD), done()]);
    let world = guarded(&script, CONTRACT);
    let output = world.atlas(["run", "greet", "--trust", "--edit", "--apply"]).run().expect_code(4);
    assert!(output.stderr.contains("the work changed its own check qc/check.sh"), "{output}");
    assert_eq!(world.read("qc/check.sh"), STRICT, "nothing is applied");
}

/// No hash sees what is undone before anybody looks, and it changes no verdict.
#[test]
fn a_judge_that_is_changed_and_put_back_judges_as_before() {
    let steps = [write("qc/check.sh", MILD), write("qc/check.sh", STRICT), done()];
    let world = guarded(&Script::plays(steps), CONTRACT);
    let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
    assert!(output.stderr.contains("qc: not good enough"), "{output}");
    assert_eq!(ran(&world), "strict\nstrict\n");
}

#[test]
fn what_a_hook_lists_may_change() {
    let lists = |globs: &str| {
        format!(
            "hooks: {{ qc: {{ timing: post, may-change: [{globs}], command: [sh, qc/check.sh] }} }}"
        )
    };
    for globs in ["qc/check.sh", "'qc/*'", "./qc/check.sh"] {
        let world = guarded(&Script::plays([write("qc/check.sh", MILD), done()]), &lists(globs));
        world.atlas(["run", "greet", "--trust"]).run().expect_code(0);
        assert_eq!(ran(&world), "mild\n");
    }
    let world = guarded(&Script::plays([write("qc/check.sh", MILD), done()]), &lists("qc/other"));
    world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
}

/// A second hook that names the same file has its own say.
#[test]
fn a_file_that_one_hook_lets_go_of_stays_the_judge_of_another() {
    let contract = "hooks:\n  \
        a: { timing: post, may-change: [qc/check.sh], command: [sh, qc/check.sh] }\n  \
        b: { timing: post, command: [sh, -n, qc/check.sh] }\n";
    let world = guarded(&Script::plays([write("qc/check.sh", MILD), done()]), contract);
    let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
    assert!(output.stderr.contains("the hook `b` runs it"), "{output}");
}

/// What a hook looks at is what the agent was asked for, and not what it is judged by.
#[test]
fn data_of_a_hook_may_change() {
    for command in ["[grep, -q, done, NEWS.md]", "[sh, -c, 'test \"$(cat NEWS.md)\" = done']"] {
        let contract = format!("hooks: {{ qc: {{ timing: post, command: {command} }} }}");
        for there in [true, false] {
            let world = guarded(&Script::plays([write("NEWS.md", "done"), done()]), &contract);
            if there {
                world.write("NEWS.md", "to do").repo().commit("news");
            }
            world.atlas(["run", "greet", "--trust"]).run().expect_code(0);
        }
    }
}

/// While a hook runs no agent does: the report is the hook's own, also for one that reads it.
#[test]
fn a_report_that_a_hook_writes_is_no_attack() {
    let contract = "retry: 2\nhooks:\n  \
        tests: { timing: post, command: [sh, -c, 'date +%N >> qc/report.txt'] }\n  \
        cover: { timing: post, needs: [tests], command: [sh, qc/check.sh, qc/report.txt] }\n";
    let world = guarded(&Script::plays([done()]), contract);
    let lenient =
        "wc -l < $1 > ../lines; test $(cat ../lines) -ge 2 || { cat ../lines >&2; exit 1; }\n";
    world.write("qc/check.sh", lenient).repo().commit("lenient");
    world.atlas(["run", "greet", "--trust"]).run().expect_code(0);
    assert_eq!(n_calls(&world), 2);
    assert_eq!(world.events("hook_wrote")[0]["paths"], json!(["qc/report.txt"]));
}

#[test]
fn what_a_pre_hook_builds_may_judge() {
    let contract = "hooks:\n  \
        build: { timing: pre, command: [sh, -c, 'mkdir -p out && echo exit 0 > out/qc.sh'] }\n  \
        qc: { timing: post, command: [sh, out/qc.sh] }\n";
    for edit in ["--edit", "--max-turns=5"] {
        let world = guarded(&Script::plays([done()]), contract);
        world.write(".gitignore", "out\n").repo().commit("ignored");
        world.atlas(["run", "greet", "--trust", edit]).run().expect_code(0);
    }
    let script = Script::plays([write("out/qc.sh", "exit 0 # mine\n"), done()]);
    let world = guarded(&script, contract);
    world.atlas(["run", "greet", "--trust"]).run().expect_code(4);
}

/// With the real tools of the real claude: nothing asks before a script is overwritten.
#[test]
fn the_real_agent_that_edits_its_check_is_rejected() {
    let world = World::scripted([
        rule().before_tool_result().calls("Bash", json!({"command": "echo exit 0 > qc/check.sh"})),
        rule().says("Hello."),
    ]);
    world.greet_by(CONTRACT).write("qc/check.sh", STRICT);
    world.repo().commit("all");
    let run = world.atlas(["run", "greet", "--trust", "--edit", "--allow=Bash"]);
    let output = run.run().expect_code(4);
    assert!(output.stderr.contains("the work changed its own check qc/check.sh"), "{output}");
    let result = world.session();
    assert!(result.join("journal.jsonl").exists());
    let frozen = &world.events("judges_frozen")[0]["files"];
    let paths: Vec<&str> =
        frozen.as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".claude/skills/greet/contract.yaml", "qc/check.sh"]);
    assert_eq!(world.events("hook_started").len(), 0);
}
