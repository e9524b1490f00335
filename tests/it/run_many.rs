//! One skill over many repositories: each a run of its own, one table, one document, one exit code.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::Value;
use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::model::{Gate, rule};
use crate::support::processes::{processes_with, wait_until_one_stands_still};
use crate::support::programs::Running;
use crate::support::world::{GREET, World};

/// A repository beside the world's own, with the skill `greet` and this contract.
fn repository(world: &World, name: &str, contract: &str) -> PathBuf {
    let folder = world.dir().join(name);
    files::write(&folder.join(".claude/skills/greet/SKILL.md"), GREET);
    files::write(&folder.join(".claude/skills/greet/contract.yaml"), contract);
    let git = |args: &[&str]| {
        world.program(Path::new("/usr/bin/git"), args).cwd(&folder).run().expect_code(0);
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["-c", "user.name=Ada", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "first"]);
    folder
}

const GOOD: &str = "hooks: { look: { timing: post, command: [\"true\"] } }\n";
const BAD: &str =
    "hooks: { look: { timing: post, command: [sh, -c, 'echo no; exit 1'] } }\nretry: 0\n";

/// Three repositories of which one rejects and one is not trusted.
fn three() -> World {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));
    for (name, contract) in [("good", GOOD), ("bad", BAD), ("strange", GOOD)] {
        let folder = repository(&world, name, contract);
        if name != "strange" {
            world.atlas(["trust", "--always", "--yes"]).cwd(folder).run().expect_code(0);
        }
    }
    world
}

const ALL: [&str; 6] = ["--repo", "good", "--repo", "bad/", "--repo", "strange"];

fn names(document: &Value) -> Vec<&str> {
    let results = document["results"].as_array().unwrap().iter();
    results.map(|result| result["repository"].as_str().unwrap()).collect()
}

#[test]
fn each_is_a_run_of_its_own_and_the_worst_decides() {
    let world = three();
    let run =
        |more: &[&str]| world.atlas(["run", "greet", "-j1"].iter().chain(&ALL).chain(more)).run();
    let output = run(&["--format=json"]).expect_code(8);
    let document = output.json();
    assert_eq!(
        names(&document),
        ["good", "bad", "strange"],
        "in the order in which they are named"
    );
    let statuses: Vec<&Value> =
        document["results"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, ["passed", "rejected", "invalid"]);
    assert_eq!(document["exit_code"], 8);
    assert_eq!(document["not_begun"], Value::Array(Vec::new()));
    for (name, sessions) in [("good", 1), ("bad", 1), ("strange", 0)] {
        let folder = world.dir().join(name).join(".claude/sessions");
        let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let found = found.filter(|entry| entry.path().join("journal.jsonl").exists()).count();
        assert_eq!(found, sessions, "{name}");
    }
    let output = run(&[]).expect_code(8);
    world.check(&output.stdout, str![[r#"
repository  status    checks  spend          session  why
good        passed    1/1     $0.0027        [..]
bad         rejected  0/1     $0.0027        [..]     look: no
strange     invalid           nothing spent           [ROOT]/repo/strange is not trusted: hook look would run `true` (.claude/skills/greet/contract.yaml:1)

"#]]);
    for line in output.stderr.lines() {
        let named = ["good: ", "bad: ", "strange: "].iter().any(|name| line.starts_with(name));
        assert!(named, "each line names whose it is: {line:?}");
    }
    assert_eq!(run(&["--ok-on=invalid,rejected"]).code, Some(0));
    let output = run(&["--ok-on=invalid,rejected"]);
    assert_eq!(output.stdout.matches("NOT CHECKED").count(), 2, "{output}");
}

#[test]
fn a_list_is_read_from_its_own_folder_and_names_each_once() {
    let world = three();
    world.write("lists/mine.txt", "# mine\n../good\n\n../good/\n../bad\n");
    let args = ["run", "greet", "--repos=lists/mine.txt", "--format=json", "-o", "out.json"];
    let output = world.atlas(args).run().expect_code(4);
    assert_eq!(output.stdout, "");
    let document: Value = serde_json::from_str(&world.read("out.json")).unwrap();
    assert_eq!(names(&document), ["../good", "../bad"]);
}

#[test]
fn shares_divide_the_list() {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned())]));
    let all = ["a", "b", "c", "d", "e", "f"];
    for name in all {
        repository(&world, name, "load: auto\n");
    }
    let share = |shard: &str| {
        let repositories = all.iter().flat_map(|name| ["--repo", name]);
        let args = ["run", "greet", "--format=json", "--shard", shard].into_iter();
        let document = world.atlas(args.chain(repositories)).run().expect_code(0).json();
        names(&document).into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let [first, second] = ["1/2", "2/2"].map(share);
    assert!(!first.is_empty() && !second.is_empty(), "{first:?} {second:?}");
    let mut both: Vec<String> = first.into_iter().chain(second).collect();
    both.sort();
    assert_eq!(both, all);
}

#[test]
fn fail_fast_begins_no_other() {
    let world = three();
    let args = ["run", "greet", "-j1", "--fail-fast", "--format=json"];
    let repositories = ["--repo=bad", "--repo=good", "--repo=strange"];
    let document = world.atlas(args.iter().chain(&repositories)).run().expect_code(4).json();
    assert_eq!(names(&document), ["bad"]);
    assert_eq!(document["not_begun"], serde_json::json!(["good", "strange"]));
}

/// A run over these repositories, made for it, two of them at a time.
fn two_at_once(world: &World, names: &[&str]) -> Running {
    for name in names {
        repository(world, name, "load: auto\n");
    }
    let repositories = names.iter().flat_map(|name| ["--repo", name]);
    let args = ["run", "greet", "-j2", "--format=json"].into_iter().chain(repositories);
    world.atlas(args).spawn()
}

#[test]
fn several_run_at_once_and_a_signal_ends_them_all() {
    let gate = Gate::shut();
    let world = World::scripted([rule().says("Hello.").held_by(&gate)]);
    let names = ["a", "b", "c", "d"];
    let running = two_at_once(&world, &names);
    // Neither is answered, so both have to be under way.
    world.model().wait_for_requests(2);
    running.signal(Signal::TERM);
    let output = running.wait().expect_code(143);
    let document = output.json();
    assert_eq!(self::names(&document), ["a", "b"]);
    assert_eq!(document["not_begun"], serde_json::json!(["c", "d"]));
    for result in document["results"].as_array().unwrap() {
        assert_eq!(result["status"], "interrupted");
    }
}

/// The processes that the runs in this repository started.
fn started_in(world: &World, repository: &str) -> Vec<Pid> {
    let sessions = std::fs::read_dir(world.dir().join(repository).join(".claude/sessions"));
    let names = sessions.unwrap().map(|entry| entry.unwrap().file_name());
    names.flat_map(|name| processes_with(&format!("ATLAS_UNIT={}/", name.display()))).collect()
}

#[test]
fn all_stand_still_together_and_go_on_together() {
    let gate = Gate::shut();
    let world = World::scripted([rule().says("Hello.").held_by(&gate)]);
    let names = ["a", "b"];
    let running = two_at_once(&world, &names);
    world.model().wait_for_requests(2);

    running.signal(Signal::TSTP);

    let soon = Duration::from_secs(5);
    assert!(wait_until_one_stands_still(&[running.pid()], soon), "atlas stands still");
    for name in names {
        let started = started_in(&world, name);
        assert!(wait_until_one_stands_still(&started, soon), "claude stands still in {name}");
    }
    running.signal(Signal::CONT);
    gate.open();

    running.wait().expect_code(0);
}

#[test]
fn what_is_not_there_is_told_before_anything_runs() {
    let world = three();
    let args = ["run", "greet", "--repo=good", "--repo=gone", "--repo=missing"];
    let output = world.atlas(args).run().expect_code(2);
    assert!(output.stderr.contains("gone") && output.stderr.contains("missing"), "{output}");
    assert_eq!(world.atlas(["run", "greet", "--fail-fast"]).run().code, Some(2));
    assert_eq!(world.atlas(["run", "greet", "--repo=good", "--shard=3/2"]).run().code, Some(2));
    assert_eq!(world.atlas(["run", "greet", "--repo=good", "--replay"]).run().code, Some(2));
    world.write("empty.txt", "# nobody\n");
    assert_eq!(world.atlas(["run", "greet", "--repos=empty.txt"]).run().code, Some(2));
    assert!(!world.dir().join("good/.claude/sessions").exists());
}
