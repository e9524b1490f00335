//! What is tried by git's own configuration, by commands and by processes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::{Attack, GREET, calls, expect_not_owned, world};
use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::processes::processes_with;
use crate::support::world::World;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "G61",
        tried: "commands in the repository's `.git/config`, attributes and hooks: fsmonitor, \
                filters, textconv, an external diff, a pager, hooks after the index changed",
        holds: "none runs, whatever atlas looks at or hands over",
        act: commands_of_gits_configuration,
    },
    Attack {
        id: "G61b",
        tried: "a repository without a work tree, laid inside another one, or a `.git` itself, where \
                the user stands",
        holds: "none of its commands runs",
        act: a_nested_bare_repository,
    },
    Attack {
        id: "G61c",
        tried: "an agent that plants such commands in `.git/config` while it works",
        holds: "none of them runs when atlas looks at the changes",
        act: planted_while_the_agent_works,
    },
    Attack {
        id: "G61d",
        tried: "a submodule whose path ends in a carriage return, with a link of that name to where \
                git keeps its hooks",
        holds: "no submodule is fetched, and no hook of it runs",
        act: a_submodule_with_a_carriage_return,
    },
    Attack {
        id: "G62",
        tried: "a hook's words with blanks, quotes, globs and `$(…)`, and inputs of that kind",
        holds: "each word arrives as it is; no shell sees it",
        act: words_that_a_shell_would_read,
    },
    Attack {
        id: "G63",
        tried: "a hook that looks at the files that are open in it",
        holds: "they are its three streams, and nothing of atlas's",
        act: open_files,
    },
    Attack {
        id: "G63b",
        tried: "a hook that kills its own group, and one that leaves a process of a session of its own",
        holds: "the check is an error and no pass, and nothing is left running",
        act: hooks_that_kill_and_stay,
    },
    Attack {
        id: "G63c",
        tried: "a hook that kills atlas itself",
        holds: "the run goes on where it stopped, and no call is made twice",
        act: a_hook_that_kills_atlas,
    },
    Attack {
        id: "G64",
        tried: "atlas in atlas without an end, and a budget that is negative or no number",
        holds: "the chain ends after three, the budget is refused",
        act: no_end_and_no_budget,
    },
    Attack {
        id: "G64b",
        tried: "fifty tries that a configuration allows, against a login that is refused for good, \
                with the real claude",
        holds: "it is asked once, and everything ends",
        act: crate::run_unavailable::a_refused_login_ends_everything_at_once,
    },
];

/// Everything by which git can be made to run a command.
fn plant(world: &World, git: &std::path::Path) {
    let own = format!("touch {}", world.root().join("owned").display());
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {own}\n\tpager = {own}\n\teditor = {own}\n\
         [filter \"own\"]\n\tclean = {own}\n\tsmudge = {own}\n\tprocess = {own}\n\trequired = true\n\
         [diff]\n\texternal = {own}\n[diff \"own\"]\n\ttextconv = {own}\n\tcommand = {own}\n\
         [merge \"own\"]\n\tdriver = {own}\n[pager]\n\tdiff = {own}\n"
    );
    let before = files::read(&git.join("config"));
    files::write(&git.join("config"), before + &config);
    for hook in ["post-index-change", "post-checkout", "pre-commit", "reference-transaction"] {
        let file = git.join("hooks").join(hook);
        files::write(&file, format!("#!/bin/sh\n{own}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn commands_of_gits_configuration() {
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Write { path: "b.txt".to_owned(), text: "new\n".to_owned() },
        Step::Success("Hello.".to_owned()),
    ]));
    world.personal_skill("greet", GREET);
    files::write(
        &world.home().join(".claude/skills/greet/contract.yaml"),
        "given: [diff, staged, status]\n",
    );
    world.write("a.txt", "one\n").repo().commit("first");
    world.write(".gitattributes", "* filter=own diff=own merge=own\n").write("a.txt", "two\n");
    plant(&world, &world.dir().join(".git"));
    for args in [
        &["run", "greet"][..],
        &["run", "greet", "--edit", "--apply"],
        &["session", "list"],
        &["doctor"],
        &["trust", "--yes"],
    ] {
        world.atlas(args).run();
        expect_not_owned(&world);
    }
    assert!(!calls(&world).is_empty(), "the runs went ahead");
}

fn a_nested_bare_repository() {
    let world = world();
    world.repo().commit("first");
    let bare = world.dir().join("docs/nested");
    let path = bare.to_str().unwrap().to_owned();
    world.repo().git(["init", "--quiet", "--bare", &path]);
    let own = world.dir().join(".git");
    for git in [bare, own] {
        plant(&world, &git);
        for args in [&["run", "greet"][..], &["doctor"], &["list"]] {
            world.atlas(args).cwd(&git).run();
            expect_not_owned(&world);
        }
    }
}

fn planted_while_the_agent_works() {
    let own = "[core]\n\tfsmonitor = touch ../owned\n[filter \"own\"]\n\tclean = touch ../owned\n\
               \tsmudge = touch ../owned\n[diff]\n\texternal = touch ../owned\n";
    let write =
        |path: &str, text: &str| Step::Write { path: path.to_owned(), text: text.to_owned() };
    let world = World::faked(&Script::plays([
        Step::Init,
        write(".git/config", own),
        write(".gitattributes", "* filter=own\n"),
        write("a.txt", "changed\n"),
        Step::Success("Hello.".to_owned()),
    ]));
    world.personal_skill("greet", GREET).user_config("isolation: none");
    world.write("a.txt", "one\n").repo().commit("first");
    world.atlas(["run", "greet", "--edit"]).run();
    expect_not_owned(&world);
    assert_eq!(world.read("a.txt"), "changed\n", "the agent did work");
}

/// As in CVE-2025-48384: git drops the CR when it reads the path back, and checks the submodule out
/// where the link leads.
fn a_submodule_with_a_carriage_return() {
    let world = World::faked(&Script::plays([
        Step::Init,
        Step::Write { path: "b.txt".to_owned(), text: "new\n".to_owned() },
        Step::Success("Hello.".to_owned()),
    ]));
    world.personal_skill("greet", GREET);
    world.write("a.txt", "one\n").repo().commit("first");
    let head = world.repo().git(["rev-parse", "HEAD"]);
    let head = head.trim_end();
    let evil = world.root().join("evil");
    world.repo().git(["clone", "--quiet", ".", evil.to_str().unwrap()]);
    plant(&world, &evil.join(".git"));
    let url = evil.display();
    let modules =
        format!("[submodule \"s\"]\n\tpath = \"sub\r\"\n\turl = {url}\n\tactive = true\n");
    world.write(".gitmodules", &modules);
    let link = format!("160000,{head},sub\r");
    world.repo().git(["update-index", "--add", "--cacheinfo", &link]);
    symlink(".git/modules/s/hooks", world.dir().join("sub")).unwrap();
    world.repo().git(["add", ".gitmodules", "sub"]);
    world.repo().git(["commit", "--quiet", "--message", "second"]);
    for args in [
        &["run", "greet"][..],
        &["run", "greet", "--edit", "--worktree", "--apply"],
        &["trust", "--yes"],
        &["doctor"],
    ] {
        world.atlas(args).run();
        expect_not_owned(&world);
        assert!(!world.dir().join(".git/modules").exists(), "nothing is fetched: {args:?}");
    }
    assert_eq!(calls(&world).len(), 2, "the runs went ahead");
}

fn words_that_a_shell_would_read() {
    let world = world();
    let words =
        r#"["$(touch ../owned)", "*", "a  b", "'q'", "; touch ../owned", "`touch ../owned`"]"#;
    let words: Vec<String> = serde_json::from_str(words).unwrap();
    let mut command = vec!["sh".to_owned(), "-c".to_owned()];
    command.push(r#"printf '%s\n' "$@" > ../words"#.to_owned());
    command.push("hook".to_owned());
    command.extend(words.clone());
    let command = serde_json::to_string(&command).unwrap();
    world.user_config(&format!("hooks: {{ w: {{ timing: post, command: {command} }} }}"));
    world.repo().commit("first");
    let inputs = ["-i", "a=; touch ../owned #", "-i", "b=$(touch ../owned)"];
    let args = ["run", "greet"].iter().chain(&inputs).chain(&["--", "`touch ../owned`"]);
    world.atlas(args).run().expect_code(0);
    assert_eq!(files::read(&world.root().join("words")), words.join("\n") + "\n");
    expect_not_owned(&world);
}

fn open_files() {
    let world = world();
    world.user_config(
        "hooks: { f: { timing: post, command: [sh, -c, 'ls -l /proc/self/fd > ../fd'] } }",
    );
    world.repo().commit("first");
    world.atlas(["run", "greet"]).run().expect_code(0);
    let inherited = world.program("/bin/sh".as_ref(), ["-c", "ls -l /proc/self/fd"]).run();
    let numbers = |listed: &str| -> Vec<String> {
        let links = listed.lines().filter_map(|line| line.split_once(" -> "));
        links.filter_map(|(left, _)| Some(left.rsplit_once(' ')?.1.to_owned())).collect()
    };
    let open = files::read(&world.root().join("fd"));
    let known = numbers(&inherited.stdout);
    assert!(numbers(&open).len() >= 4, "the streams, and the folder that is listed: {open}");
    // Whatever the tests themselves were started with has come all the way down here.
    assert!(numbers(&open).iter().all(|fd| known.contains(fd)), "{open}\n{inherited}");
}

fn hooks_that_kill_and_stay() {
    let world = world();
    world.user_config(
        "hooks:\n  kill: { timing: post, command: [sh, -c, 'kill -9 0'] }\n  \
         stay: { timing: post, command: [sh, -c, 'setsid sleep 600 >/dev/null 2>&1 &'] }\n",
    );
    world.repo().commit("first");
    let output = world.atlas(["run", "greet"]).run().expect_code(5);
    assert!(output.stderr.contains("kill"), "{output}");
    assert!(processes_with(&world.cookie()).is_empty(), "{:?}", processes_with(&world.cookie()));
}

fn a_hook_that_kills_atlas() {
    let world = world();
    world.user_config(
        "hooks: { kill: { timing: post, command: [sh, -c, \
         '[ -e ../once ] || { touch ../once; kill -9 $PPID; }'] } }",
    );
    world.repo().commit("first");
    let killed = world.atlas(["run", "greet"]).run();
    assert_eq!(killed.code, None, "{killed}");
    let output = world.atlas(["resume", "--wait=30s"]).run().expect_code(0);
    assert_eq!(calls(&world).len(), 1, "{output}");
    assert!(processes_with(&world.cookie()).is_empty(), "{:?}", processes_with(&world.cookie()));
}

fn no_end_and_no_budget() {
    let world = world();
    world.repo().commit("first");
    for (depth, code) in [("2", 0), ("3", 6), ("99999999999", 6), ("x", 6)] {
        world.atlas(["run", "greet"]).env("ATLAS_DEPTH", depth).run().expect_code(code);
    }
    let before = calls(&world).len();
    for usd in ["-1", "NaN", "inf", "1e999", "0x1"] {
        world.atlas(["run", "greet", &format!("--max-usd={usd}")]).run().expect_code(2);
    }
    assert_eq!(calls(&world).len(), before);
    let other = World::new();
    other.user_config("limits: { usd: -1 }").personal_skill("greet", GREET);
    other.atlas(["run", "greet"]).run().expect_code(8);
}
