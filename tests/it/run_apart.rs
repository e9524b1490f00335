//! Branches that write side by side: each on a copy of the tree, merged once all have passed.

use rustix::process::Signal;
use serde_json::{Value, json};
use snapbox::str;

use crate::support::files;
use crate::support::model::{Gate, Rule, rule};
use crate::support::world::{World, files_below};

const SKILL: &str = "---\nname: fix\ndescription: Mends things.\n---\nMend what you are told.\n";

const BOTH: &str = "steps:\n  - id: fixes\n    parallel:\n      - { id: top, prompt: Mend the top. }\n      \
     - { id: end, prompt: Mend the end. }\n";

/// The agent that is told so makes one edit, then says that it is done.
fn edits(told: &str, old: &str, new: &str) -> [Rule; 3] {
    let read = json!({"file_path": "list.txt"});
    let edit = json!({
        "file_path": "list.txt", "old_string": old, "new_string": new, "replace_all": false,
    });
    [
        rule().when_prompt(told).times(1).calls("Read", read),
        rule().when_prompt(told).times(1).calls("Edit", edit),
        rule().when_prompt(told).says("Done."),
    ]
}

/// A list of ten lines, in a repository whose user lets agents work in the tree.
fn world(contract: &str, rules: impl IntoIterator<Item = Rule>) -> World {
    let world = World::scripted(rules);
    let lines: Vec<String> = (1..=10).map(|n| format!("line {n}\n")).collect();
    world.user_config("isolation: none").write("list.txt", lines.concat());
    world.skill("fix", SKILL).write(".claude/skills/fix/contract.yaml", contract);
    world.repo().commit("first");
    world
}

/// The worktrees that git knows of, beside the user's own.
fn copies(world: &World) -> usize {
    let listed = world.repo().git(["worktree", "list", "--porcelain"]);
    listed.lines().filter(|line| line.starts_with("worktree ")).count() - 1
}

pub(crate) fn two_branches_edit_one_file_and_both_edits_are_in_it() {
    let rules =
        [edits("Mend the top", "line 1\n", "first\n"), edits("Mend the end", "line 10", "last")];
    let world = world(BOTH, rules.into_iter().flatten());

    let output = world.atlas(["run", "fix", "--edit", "--format=json", "--no-stagger"]).run();

    let result = output.expect_code(0).json();
    let text = world.read("list.txt");
    assert!(text.starts_with("first\nline 2\n") && text.ends_with("line 9\nlast\n"), "{text}");
    let files = result["changes"]["files"].as_array().unwrap();
    let told: Vec<&Value> = files.iter().map(|file| &file["path"]).collect();
    assert_eq!(told, ["list.txt"], "{result:#}");
    assert_eq!(copies(&world), 0, "no copy is left");
}

pub(crate) fn what_does_not_go_together_fails_and_nothing_is_lost() {
    let rules = [edits("Mend the top", "line 5", "five"), edits("Mend the end", "line 5", "FIVE")];
    let world = world(BOTH, rules.into_iter().flatten());

    let output = world.atlas(["run", "fix", "--edit", "--jobs=1"]).run().expect_code(1);

    world.check(
        &output.stderr,
        str![[r#"
fix, sonnet, about 357 tokens, cap $2.00
note: fixes/top: asking sonnet
ok: fixes/top, [TIME], $0.02
note: fixes/end: asking sonnet
ok: fixes/end, [TIME], $0.02
failed: `fixes/end` cannot be merged: list.txt (both changed it, and the changes do not go together); settle it in [ROOT]/home/.cache/atlas/worktrees/[SESSION]-1+4d7c4b21ca1b
failed: fixes failed
failed, $0.04, [TIME], ...[SHORT]
failed: fixes failed, 2 of 2 steps, [TIME], $0.04
ok:   top, [TIME], $0.02
ok:   end, [TIME], $0.02
failed: `fixes/end` cannot be merged: list.txt (both changed it, and the changes do not go together); settle it in [ROOT]/home/.cache/atlas/worktrees/[SESSION]-1+4d7c4b21ca1b
note: output, not accepted: [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/output.json

"#]],
    );
    assert!(world.read("list.txt").contains("line 5\n"), "nothing of it is in the tree");
    assert_eq!(copies(&world), 2, "and nothing is lost");
    // The run can go on once the user has settled it where the message says.
    let worktrees = world.home().join(".cache/atlas/worktrees");
    for copy in std::fs::read_dir(worktrees).unwrap() {
        let list = copy.unwrap().path().join("list.txt");
        let text = files::read(&list).replace("FIVE", "five");
        files::write(&list, text);
    }
    world.atlas(["resume", "--last"]).run().expect_code(0);
    assert!(world.read("list.txt").contains("five\n"));
    assert_eq!(copies(&world), 0, "no copy is left");
}

#[test]
fn each_thing_has_a_copy_and_a_command_of_its_branch_sees_it() {
    let contract = "steps:\n  - id: files\n    each:\n      in: '*.txt'\n      as: file\n      do:\n        \
         - { id: mend, prompt: 'Mend {{ file }}.' }\n        \
         - { id: look, run: [sh, -c, 'ls *.new'] }\n  - { id: all, run: [sh, -c, 'echo *.new'] }\n";
    let writes = |name: &str| {
        let write = json!({"file_path": format!("{name}.new"), "content": "new\n"});
        [
            rule().when_user(&format!("{name}.txt")).times(1).calls("Write", write),
            rule().when_prompt(&format!("{name}.txt")).says("Done."),
        ]
    };
    let world = world(contract, [writes("list"), writes("more")].into_iter().flatten());
    world.write("more.txt", "more\n").repo().commit("second");

    let args = ["run", "fix", "--edit", "--format=json", "--trust", "--no-stagger"];
    let result = world.atlas(args).run().expect_code(0).json();

    assert_eq!(result["output"], "list.new more.new\n", "{result:#}");
    let looks: Vec<Value> = world
        .events("command_ended")
        .into_iter()
        .filter(|event| event["step"].as_str().unwrap().ends_with("/look"))
        .map(|event| event["output"]["text"].clone())
        .collect();
    assert!(
        looks.contains(&json!("list.new\n")) && looks.contains(&json!("more.new\n")),
        "{looks:?}"
    );
}

#[test]
fn a_run_on_a_copy_has_copies_of_it() {
    let rules =
        [edits("Mend the top", "line 1\n", "first\n"), edits("Mend the end", "line 10", "last")];
    let world = world(BOTH, rules.into_iter().flatten());

    world.atlas(["run", "fix", "--edit", "--worktree", "--apply"]).run().expect_code(0);

    let text = world.read("list.txt");
    assert!(text.starts_with("first\n") && text.ends_with("last\n"), "{text}");
    assert_eq!(copies(&world), 0, "no copy is left");
}

pub(crate) fn after_a_kill_a_branch_goes_on_in_its_copy_and_nothing_is_paid_twice() {
    let gate = Gate::shut();
    let [read, edit, done] = edits("Mend the end", "line 10", "last");
    let rules = edits("Mend the top", "line 1\n", "first\n").into_iter().chain([
        read,
        edit,
        rule().when_prompt("Mend the end").times(1).says("Do").says("ne.").held_after(3, &gate),
        done,
    ]);
    let world = world(BOTH, rules);
    let running = world.atlas(["run", "fix", "--edit", "--jobs=1"]).spawn();
    gate.wait_until_reached();
    running.signal(Signal::KILL);
    running.wait();
    assert_eq!(copies(&world), 2, "the copies stay");
    let top = || {
        let requests = world.model().requests();
        requests.iter().filter(|it| it.body.to_string().contains("Mend the top")).count()
    };
    let before = top();

    world.atlas(["resume", "--last", "--wait"]).run().expect_code(0);

    assert_eq!(top(), before, "what had passed is not asked again");
    let text = world.read("list.txt");
    assert!(text.starts_with("first\n") && text.ends_with("last\n"), "{text}");
    assert_eq!(copies(&world), 0, "no copy is left");
}

pub(crate) fn of_branches_of_which_the_first_counts_only_that_one_is_merged() {
    let gate = Gate::shut();
    let contract = BOTH.replace("parallel:", "join: any\n    parallel:");
    let [read, edit, _] = edits("Mend the end", "line 10", "last");
    let rules = edits("Mend the top", "line 1\n", "first\n").into_iter().chain([
        read,
        edit,
        rule().when_prompt("Mend the end").says("Done.").held_after(0, &gate),
    ]);
    let world = world(&contract, rules);

    world.atlas(["run", "fix", "--edit", "--no-stagger"]).run().expect_code(0);

    let text = world.read("list.txt");
    assert!(text.starts_with("first\n") && text.ends_with("line 10\n"), "{text}");
    assert_eq!(copies(&world), 0, "no copy is left");
}

/// The end is mended, and then a command of the same branch says no.
fn end_that_ends(with: &str) -> World {
    let contract = format!(
        "steps:\n  - id: fixes\n    parallel:\n      - {{ id: top, prompt: Mend the top. }}\n      \
         - id: end\n        steps: [{{ id: mend, prompt: Mend the end. }}, {with}]\n"
    );
    let rules =
        [edits("Mend the top", "line 1\n", "first\n"), edits("Mend the end", "line 10", "last")];
    world(&contract, rules.into_iter().flatten())
}

pub(crate) fn beside_a_failure_nothing_is_merged_and_nothing_is_lost() {
    for (ends, code, left) in [
        ("{ id: no, run: ['false'] }", 1, 2),
        // Such a run has ended for good, and nobody goes on in the copies.
        ("{ id: no, run: [echo, '{}'], parse: json, output: { required: [n] } }", 4, 0),
    ] {
        let world = end_that_ends(ends);
        world.atlas(["run", "fix", "--edit", "--trust", "--jobs=1"]).run().expect_code(code);
        assert!(!world.read("list.txt").contains("first"), "{ends}");
        assert_eq!(copies(&world), left, "{ends}");
        let patches = files_below(&world.session().join("runs/1"));
        let patches = patches.iter().filter(|file| file.starts_with("branches/")).count();
        assert_eq!(patches, if left == 0 { 2 } else { 0 }, "{ends}");
    }
}

pub(crate) fn a_branch_that_holds_branches_is_merged_with_what_they_did() {
    let contract = "steps:\n  - id: all\n    parallel:\n      - id: fixes\n        parallel:\n          \
         - { id: top, prompt: Mend the top. }\n          - { id: end, prompt: Mend the end. }\n      \
         - { id: other, prompt: Mend the rest. }\n";
    let rules = [
        edits("Mend the top", "line 1\n", "first\n"),
        edits("Mend the end", "line 10", "last"),
        edits("Mend the rest", "line 5", "middle"),
    ];
    let world = world(contract, rules.into_iter().flatten());

    world.atlas(["run", "fix", "--edit", "--no-stagger"]).run().expect_code(0);

    let text = world.read("list.txt");
    let changed: Vec<&str> = text.lines().filter(|line| !line.starts_with("line")).collect();
    assert_eq!(changed, ["first", "middle", "last"]);
    let merged: Vec<Value> =
        world.events("branch_merged").into_iter().map(|event| event["step"].clone()).collect();
    assert_eq!(merged, ["all/fixes/top", "all/fixes/end", "all/fixes", "all/other"]);
    assert_eq!(copies(&world), 0, "no copy is left");
}

/// What the agent that is told so does the first time, and what the second time.
fn twice(told: &str, first: [Rule; 3], second: [Rule; 3]) -> impl Iterator<Item = Rule> {
    let [read, edit, _] = first;
    let done = rule().when_prompt(told).times(1).says("Done.");
    [read, edit, done].into_iter().chain(second)
}

pub(crate) fn a_branch_that_begins_again_has_the_tree_as_it_is_then() {
    // By a retry of what holds it.
    let mark = "test -e $ATLAS_SESSION/mark || { touch $ATLAS_SESSION/mark; exit 1; }";
    let contract = format!(
        "steps:\n  - id: fixes\n    retry: {{ times: 1, backoff: 1ms }}\n    parallel:\n      \
         - id: top\n        steps:\n          - {{ id: mend, prompt: Mend the top. }}\n          \
         - {{ id: look, run: [sh, -c, '{mark}'] }}\n      - {{ id: end, prompt: Look. }}\n"
    );
    let edit = || edits("Mend the top", "line 1\n", "first\n");
    let rules = twice("Mend the top", edit(), edit()).chain([rule().says("Done.")]);
    let world = world(&contract, rules);
    world.atlas(["run", "fix", "--edit", "--trust", "--jobs=1"]).run().expect_code(0);
    assert!(world.read("list.txt").starts_with("first\nline 2\n"));
    let began = world.events("branch_began");
    assert_eq!(began.iter().filter(|event| event["step"] == "fixes/top").count(), 2);

    // By a repair of the whole work, after it was merged.
    let hook = "hooks: { better: { timing: post, command: [grep, -q, better, list.txt] } }\n";
    let contract = format!("{hook}retry: {{ times: 1 }}\n{BOTH}");
    let end = |old: &str, new: &str| edits("Mend the end", old, new);
    let rules = edits("Mend the top", "line 1\n", "first\n").into_iter().chain(twice(
        "Mend the end",
        end("line 10", "last"),
        end("last", "better"),
    ));
    let world = self::world(&contract, rules);
    world.atlas(["run", "fix", "--edit", "--trust", "--jobs=1"]).run().expect_code(0);
    let text = world.read("list.txt");
    assert!(text.starts_with("first\n") && text.ends_with("line 9\nbetter\n"), "{text}");
    assert_eq!(copies(&world), 0, "no copy is left");
}

#[test]
fn a_judge_that_git_ignores_is_nobodys_change_in_a_branch() {
    // The contract itself is ignored, so no copy has it.
    let contract = format!("hooks: {{ looks: {{ timing: mid, command: ['true'] }} }}\n{BOTH}");
    let rules =
        [edits("Mend the top", "line 1\n", "first\n"), edits("Mend the end", "line 10", "last")];
    let world = world("", rules.into_iter().flatten());
    world.write(".gitignore", ".claude/\n");
    world.repo().git(["rm", "--quiet", "-r", "--cached", ".claude"]);
    world.repo().commit("second");
    world.write(".claude/skills/fix/contract.yaml", contract);

    world.atlas(["run", "fix", "--edit", "--trust", "--jobs=1"]).run().expect_code(0);

    assert!(world.read("list.txt").starts_with("first\n"));
}

#[test]
fn a_session_whose_branches_left_work_is_kept() {
    let world = end_that_ends("{ id: no, run: ['false'] }");
    world.atlas(["run", "fix", "--edit", "--trust", "--jobs=1"]).run().expect_code(1);
    let session = world.session();
    let id = session.file_name().unwrap().to_str().unwrap();
    let refused = world.atlas(["session", "rm", id]).run().expect_code(2);
    assert!(refused.stderr.contains("left work in a copy"), "{refused}");
    world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert!(session.is_dir(), "what its copies are made of is in the session");
    assert_eq!(copies(&world), 2);
    world.atlas(["session", "rm", "--discard", id]).run().expect_code(0);
    assert_eq!((copies(&world), session.is_dir()), (0, false));
}

#[test]
fn a_branch_that_cannot_have_a_copy_is_refused_before_anything_is_spent() {
    let world = World::scripted([]);
    world.skill("fix", SKILL).write(".claude/skills/fix/contract.yaml", BOTH);
    let output = world.atlas(["run", "fix", "--edit"]).run().expect_code(8);
    world.check(
        &output.stderr,
        str![[r#"
error: the step `fixes/end` may change files beside others
caused by: each branch works on a copy of the tree, and only a repository can be copied
 --> .claude/skills/fix/contract.yaml:2:5
  |
1 | steps:
2 |   - id: fixes
  |     ^^^^^^^^^ these may write side by side
3 |     parallel:
  |
hint: run `git init` first, or give it `max: 1`, or take the right to write from the agent

"#]],
    );
}

#[test]
fn a_skill_that_stays_in_the_tree_cannot_write_beside_others() {
    let contract = "steps:\n  - parallel:\n      - { id: one, skill: stays }\n      - { id: two, prompt: Look. }\n";
    let world = world(contract, []);
    world.skill("stays", &SKILL.replace("name: fix", "name: stays"));
    world.write(".claude/skills/stays/contract.yaml", "isolation: none\nagent: { edit: true }\n");
    let output = world.atlas(["run", "fix", "--trust"]).run().expect_code(8);
    world.check(
        &output.stderr,
        str![[r#"
error: the step `step-1/one/skill` may change files beside others
caused by: each branch works on a copy of the tree, which the contract of `stays` forbids by `isolation: none`
 --> .claude/skills/fix/contract.yaml:2:5
  |
1 | steps:
2 |   - parallel:
  |     ^^^^^^^^^ these may write side by side
3 |       - { id: one, skill: stays }
  |
hint: give it `max: 1`, or take the right to write from the agent

"#]],
    );
}

#[test]
fn a_recording_of_branches_is_played_with_the_same_result() {
    let rules =
        [edits("Mend the top", "line 1\n", "first\n"), edits("Mend the end", "line 10", "last")];
    let world = world(BOTH, rules.into_iter().flatten());
    let case = world.root().join("case");
    let run = |how: &str| {
        let how = format!("--{how}={}", case.display());
        world.atlas(["run", "fix", "--edit", "--format=json", "--jobs=1", &how]).run()
    };
    let recorded = run("record").expect_code(0).json();
    let asked = world.model().requests().len();

    let played = run("replay").expect_code(0).json();

    assert_eq!(world.model().requests().len(), asked, "nobody is asked");
    for part in ["status", "output", "steps"] {
        let plain = |result: &Value| {
            let mut part = result[part].clone();
            for step in part.as_array_mut().into_iter().flatten() {
                for differs in ["duration_ms", "claude_session"] {
                    step.as_object_mut().unwrap().remove(differs);
                }
            }
            part
        };
        assert_eq!(plain(&played), plain(&recorded), "{part}");
    }
    assert_eq!(played["changes"]["files"], recorded["changes"]["files"]);
    assert_eq!(copies(&world), 0, "no copy is left");
}
