//! `--config-from`: a change that somebody else proposed is judged by a revision that they cannot
//! write, whatever their checkout holds.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::model::{Gate, rule};
use crate::support::world::{GREET, World};

/// The skill as it is where nobody but a maintainer writes.
const SKILL: &str = "---\nname: judge\ndescription: d\n---\nSay the word of the base.\n";

/// The script of the repository's own gate; its rules lie beside it.
const HOUSE: &str = "rules=$(dirname \"$0\")/rules\n\
    ! grep -qf \"$rules\" ledger.txt || { echo house rule broken; exit 1; }\n";

/// A gate of each kind: of the repository, of the contract, and a schema. Each looks at what the
/// change holds, and one of them reads rules that lie beside its script.
fn furnish(world: &World) {
    world
        .write(
            ".claude/atlas.yaml",
            "hooks: { house: { timing: post, command: [sh, qc/house.sh, --rules=qc/rules] } }\n",
        )
        .write("qc/house.sh", HOUSE)
        .write("qc/rules", "stolen\n")
        .write(
            ".claude/skills/judge/contract.yaml",
            "output: word.json\nhooks: { own: { timing: post, command: [./gate, ledger.txt], may-change: [ledger.txt] } }\n",
        )
        .write(".claude/skills/judge/word.json", r#"{"type":"object","required":["word"]}"#)
        .write("gate", "#!/bin/sh\ntest ! -e bad || { echo own rule broken; exit 1; }\n")
        .write("ledger.txt", "earned\n");
    fs::set_permissions(world.dir().join("gate"), fs::Permissions::from_mode(0o755)).unwrap();
    world.skill("judge", SKILL).repo().commit("first");
    world.repo().git(["checkout", "--quiet", "-b", "proposed"]);
}

fn judged() -> World {
    let world = World::scripted([
        rule().when_prompt("word of the base").returns(serde_json::json!({"word": "base"})),
        rule().returns(serde_json::json!({"word": "proposed"})),
    ]);
    furnish(&world);
    world
}

/// The same with a claude that costs no time, where nobody asks what it was told.
fn judged_by_a_fake() -> World {
    let answer = serde_json::json!({"word": "base"});
    let world = World::faked(&Script::plays([Step::Init, Step::Structured(answer)]));
    furnish(&world);
    world
}

fn run(world: &World) -> crate::support::programs::Output {
    world.atlas(["run", "judge", "--config-from", "main", "--format=json"]).run()
}

#[test]
fn what_is_good_passes_without_anybodys_trust() {
    let world = judged();
    world.write("ledger.txt", "earned twice\n").repo().commit("good");
    let result = run(&world).expect_code(0).json();
    assert_eq!(result["output"]["word"], "base");
    let checks: Vec<&str> = result["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert!(checks.contains(&"house") && checks.contains(&"own"), "{checks:?}");
    assert!(!world.state_folder().join("trust").exists(), "nothing is stored");
    world.atlas(["run", "judge"]).run().expect_code(8);
}

type Change = fn(&World);

/// Each of them would let the change pass if the checkout had a say.
const CHANGES: &[(&str, Change)] = &[
    ("the contract", |world| {
        world.write(".claude/skills/judge/contract.yaml", "load: auto\n");
    }),
    ("a contract in its place", |world| {
        world.write(".claude/contracts/judge.yaml", "load: auto\n");
    }),
    ("the hook's script", |world| {
        world.write("gate", "#!/bin/sh\nexit 0\n").write("qc/house.sh", "exit 0\n");
    }),
    ("a link in its place", |world| {
        for script in ["gate", "qc/house.sh"] {
            fs::remove_file(world.dir().join(script)).unwrap();
            symlink("/bin/true", world.dir().join(script)).unwrap();
        }
    }),
    ("nothing in its place", |world| {
        fs::remove_file(world.dir().join("gate")).unwrap();
        fs::remove_dir_all(world.dir().join("qc")).unwrap();
    }),
    ("what the script reads", |world| {
        world.write("qc/rules", "nothing at all\n");
        world.write("gate", "#!/bin/sh\nexit 0\n");
    }),
    ("atlas.yaml", |world| {
        world.write(".claude/atlas.yaml", "hooks: {}\nretry: 0\n");
    }),
    ("all of `.claude`", |world| {
        fs::remove_dir_all(world.dir().join(".claude")).unwrap();
    }),
    ("the skill", |world| {
        world.skill("judge", &SKILL.replace("of the base", "of the proposal"));
    }),
    ("the schema", |world| {
        world.write(".claude/skills/judge/word.json", "{}");
    }),
    ("an alias", |world| {
        world.write(".claude/atlas.yaml", "aliases: { judge: other }\n").skill("other", GREET);
    }),
];

pub(crate) fn a_change_cannot_edit_its_own_gate() {
    for (what, change) in CHANGES {
        for (broken, path, text, said) in [
            ("own", "bad", "", "own rule broken"),
            ("house", "ledger.txt", "stolen\n", "house rule broken"),
        ] {
            let world = judged_by_a_fake();
            change(&world);
            world.write(path, text).repo().commit("bad");
            let output = run(&world);
            assert_eq!(output.code, Some(4), "{what}, {broken}: {output}");
            let reason = output.json()["reason"].as_str().unwrap().to_owned();
            assert!(reason.contains(said), "{what}, {broken}: {reason}");
        }
    }
}

#[test]
fn the_agent_is_told_what_the_base_says() {
    for (what, change) in CHANGES {
        let world = judged();
        change(&world);
        world.repo().commit("changed");
        let output = run(&world);
        assert_eq!(output.code, Some(0), "{what}: {output}");
        assert_eq!(output.json()["output"]["word"], "base", "{what}");
    }
}

/// claude's own settings lie in the checkout, and are as much its author's as the rest.
pub(crate) fn nothing_that_claude_would_heed_in_the_checkout_counts() {
    let world = judged();
    let mark = world.root().join("owned");
    let hook = serde_json::json!([{"hooks": [
        {"type": "command", "command": format!("touch {}", mark.display())}
    ]}]);
    world
        .write(
            ".claude/settings.json",
            serde_json::json!({"hooks": {"SessionStart": hook}}).to_string(),
        )
        .write("CLAUDE.md", "word-of-the-fork\n")
        .repo()
        .commit("changed");
    run(&world).expect_code(0);
    assert!(!mark.exists());
    for request in world.model().requests() {
        assert!(!request.body.to_string().contains("word-of-the-fork"));
    }
}

#[test]
fn what_cannot_be_taken_from_the_revision_is_refused() {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));
    world
        .write(
            ".claude/atlas.yaml",
            "hooks:\n  module: { timing: post, command: [python3, -m, qc.run] }\n  \
             gone: { timing: post, command: [./built.sh] }\n  \
             prose: { timing: post, command: [wc, README.md] }\n",
        )
        .write("qc/run.py", "")
        .write("README.md", "text\n")
        .greet();
    world.write("built.sh", "exit 0\n").write("README.md", "other text\n");
    let output = world.atlas(["run", "greet", "--config-from=main"]).run().expect_code(8);
    world.check(&output.stderr, str![[r#"
error: not all that judges can be taken from `main`
caused by: the hook module: it runs `qc/run.py` by another name than its path from the root
caused by: the hook gone: it runs `built.sh`, which the revision does not hold
caused by: the hook prose: it names `README.md`, which the checkout has otherwise: if that is what it looks at, list it in `may-change`
hint: name scripts by their path from the root, and programs so that `PATH` finds them
hint: `may-change` of a hook lists files that it only looks at

"#]]);
}

/// A hook works in the checkout's root, so a path from there would lead to the checkout's own file.
#[test]
fn a_script_that_names_its_rules_from_the_root_is_refused_where_they_changed() {
    let world = judged_by_a_fake();
    world.repo().git(["checkout", "--quiet", "main"]);
    let script = HOUSE.replace("$(dirname \"$0\")", "qc");
    world.write("qc/house.sh", script).repo().commit("by its path from the root");
    world.repo().git(["checkout", "--quiet", "-B", "proposed"]);
    run(&world).expect_code(0);
    world
        .write("qc/rules", "nothing at all\n")
        .write("ledger.txt", "stolen\n")
        .repo()
        .commit("bad");
    let output = run(&world).expect_code(8);
    assert!(output.stderr.contains("names `qc/rules` by its path from the root"), "{output}");
}

/// What nobody but the author of the change wrote must not tell the agent what to do.
#[test]
fn a_skill_of_the_checkout_is_refused_wherever_its_name_comes_from() {
    let world = World::faked(&Script::plays([Step::Init, Step::Result("Hello.".to_owned())]));
    furnish(&world);
    world.write("elsewhere/extra/SKILL.md", GREET.replace("greet", "extra")).repo().commit("new");
    let run = || world.atlas(["run", "extra", "--config-from=main"]);
    run().run().expect_code(8);
    let output = run().env("ATLAS_SKILLS_PATH", world.dir().join("elsewhere")).run();
    let output = output.expect_code(8);
    assert!(output.stderr.contains("lies in the checkout"), "{output}");
    let linked = world.home().join(".claude/skills");
    fs::create_dir_all(&linked).unwrap();
    symlink(world.dir().join("elsewhere/extra"), linked.join("extra")).unwrap();
    let output = run().run().expect_code(8);
    assert!(output.stderr.contains("lies in the checkout"), "{output}");
    let output =
        world.atlas(["run", "extra", "--config-from=main", "--skills-dir=elsewhere"]).run();
    assert_ne!(output.code, Some(0), "the revision has no such folder: {output}");
    world.repo().git(["branch", "--force", "main"]);
    let args = ["run", "extra", "--config-from=main", "--skills-dir=elsewhere", "--require=none"];
    world.atlas(args).run().expect_code(0);
}

#[test]
fn an_unknown_revision_is_a_clear_fault() {
    let world = judged_by_a_fake();
    let output = world.atlas(["run", "judge", "--config-from", "origin/main"]).run().expect_code(2);
    world.check(
        &output.stderr,
        str![[r#"
error: `--config-from origin/main` names no revision here
caused by: the configuration comes from there, or from nowhere
hint: fetch it first, such as by `git fetch origin main`, or fetch more of a shallow clone

"#]],
    );
    assert!(!world.dir().join(".claude/sessions").exists());
    let world = World::new();
    let output = world.atlas(["run", "judge", "--config-from=main"]).run().expect_code(2);
    assert!(output.stderr.contains("needs a git repository"), "{output}");
}

#[test]
fn a_pass_needs_checks_unless_the_revision_says_otherwise() {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));
    world.greet();
    let run = |args: &[&str]| {
        let args = ["run", "greet", "--config-from=main"].iter().chain(args);
        world.atlas(args).run().code
    };
    assert_eq!(run(&[]), Some(5));
    assert_eq!(run(&["--require=none"]), Some(0));
    world.write(".claude/atlas.yaml", "require: none\n");
    assert_eq!(run(&[]), Some(5), "the checkout says so, not the revision");
    world.repo().commit("second");
    assert_eq!(run(&[]), Some(0));
}

/// A cache may be emptied between a run and its resume, and a branch moves on.
#[test]
fn a_resume_goes_on_by_the_same_commit() {
    let gate = Gate::shut();
    let answer = || serde_json::json!({"word": "base"});
    let world = World::scripted([
        rule().times(1).says("al").held_after(3, &gate),
        rule().returns(answer()),
    ]);
    furnish(&world);
    let running = world.atlas(["run", "judge", "--config-from", "main"]).spawn();
    gate.wait_until_reached();
    running.signal(rustix::process::Signal::KILL);
    assert_eq!(running.wait().signal, Some(9));
    fs::remove_dir_all(world.home().join(".cache/atlas/revisions")).unwrap();
    world.write("gate", "#!/bin/sh\nexit 1\n").repo().commit("another gate");
    world.repo().git(["branch", "--force", "main"]);
    world.atlas(["resume", "--last", "--wait"]).run().expect_code(0);
}

/// Equal files have equal paths, and what somebody wrote into the folder is written anew.
#[test]
fn what_was_laid_out_is_looked_through_before_each_run() {
    let world = judged_by_a_fake();
    let home = world.home().join(".cache/atlas/revisions");
    world.write("bad", "").repo().commit("bad");
    run(&world).expect_code(4);
    let folders = || fs::read_dir(&home).unwrap().count();
    let before = folders();
    for entry in fs::read_dir(&home).unwrap() {
        let gate = entry.unwrap().path().join("gate");
        if gate.exists() {
            fs::remove_file(&gate).unwrap();
            files::write(&gate, "#!/bin/sh\nexit 0\n");
            fs::set_permissions(&gate, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    run(&world).expect_code(4);
    assert_eq!(folders(), before);
}
