//! What is tried to get at secrets, the environment and other users' files.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use super::{Attack, GREET, expect_not_owned, world};
use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::meeting::Meeting;
use crate::support::processes::{environ, processes_with};
use crate::support::world::{World, files_below};

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "F55",
        tried: "keys of clouds, registries and agents in the caller's environment, looked for in \
                claude, in the agent's shell and in every kept file, with a key of its own for claude",
        holds: "none is there",
        act: crate::run_isolation::secrets_of_the_caller_reach_nobody,
    },
    Attack {
        id: "F55b",
        tried: "the same keys, looked for in `/proc/*/environ` and `/proc/*/cmdline` while a hook \
                runs",
        holds: "no child has one, and no command line of any process",
        act: keys_while_a_hook_runs,
    },
    Attack {
        id: "F55c",
        tried: "`env:` in a contract that names a variable by which code is loaded",
        holds: "the contract is refused",
        act: variables_that_load_code,
    },
    Attack {
        id: "F56",
        tried: "no attack: an environment with so little in it that rustup, nvm, a virtual \
                environment or a proxy fail",
        holds: "a hook finds each of them as the user does",
        act: tools_are_found,
    },
    Attack {
        id: "F57",
        tried: "a umask of 000, and one of 077",
        holds: "folders are 0700 and files 0600, wherever atlas keeps something",
        act: modes_whatever_the_umask_is,
    },
    Attack {
        id: "F58",
        tried: "a crash in the midst of a call, where core dumps are allowed",
        holds: "neither atlas nor claude may leave one, and what atlas says of a bug of its own quotes \
                no prompt",
        act: a_crash,
    },
    Attack {
        id: "F60",
        tried: "a state folder that somebody else made before, with an answer in it",
        holds: "the answer is not believed",
        act: a_state_folder_of_somebody_else,
    },
];

/// What no child of atlas needs, each with the same value.
const KEYS: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "NPM_TOKEN",
    "SSH_AUTH_SOCK",
    "DATABASE_URL",
];
const CANARY: &str = "canary-4711";

fn keys_while_a_hook_runs() {
    let world = world();
    // A hook that has come so far when a pipe is written, and goes on when another one is.
    world.user_config(
        "hooks: { wait: { timing: post, command: [sh, -c, 'echo > ../come; cat ../go'] } }",
    );
    world.repo().commit("first");
    for pipe in ["come", "go"] {
        let pipe = world.root().join(pipe);
        world.program("mkfifo".as_ref(), [&pipe]).run().expect_code(0);
    }
    let run = world.atlas(["run", "greet"]).env("ANTHROPIC_API_KEY", CANARY);
    let running = KEYS.iter().fold(run, |run, name| run.env(name, CANARY)).spawn();

    files::read(&world.root().join("come"));
    let children = processes_with("ATLAS_UNIT=");
    let seen = |pid: rustix::process::Pid| environ(pid.as_raw_nonzero().get());
    let seen = |pid| String::from_utf8_lossy(&seen(pid)).into_owned();
    let ours = |pid: &&rustix::process::Pid| seen(**pid).contains(&world.cookie());
    let children: Vec<_> = children.iter().filter(ours).collect();
    assert!(!children.is_empty(), "the hook runs");
    for pid in children {
        assert!(!seen(*pid).contains(CANARY), "{}", seen(*pid));
    }
    for pid in processes_with(&world.cookie()) {
        assert!(!of(pid, "cmdline").contains(CANARY), "{}", of(pid, "cmdline"));
    }
    files::write(&world.root().join("go"), "");
    running.wait().expect_code(0);
    for folder in [world.session(), world.state_folder()] {
        for file in files_below(&folder) {
            assert!(!files::read(&folder.join(&file)).contains(CANARY), "{file}");
        }
    }
}

/// A file of a process; empty once it has ended.
fn of(pid: rustix::process::Pid, file: &str) -> String {
    let bytes = fs::read(format!("/proc/{}/{file}", pid.as_raw_nonzero())).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn a_crash() {
    let meeting = Meeting::new();
    let steps = [Step::Init, Step::Meet(meeting.address()), Step::Hang];
    let world = World::faked(&Script::plays(steps));
    world.personal_skill("greet", GREET).repo().commit("first");
    let allowed = r#"ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@""#;
    let run = world.atlas(["run", "greet", CANARY]).under("/bin/sh".as_ref(), ["-c", allowed]);
    let running = run.spawn();
    let guest = meeting.wait_for_guest();

    let processes = processes_with(&world.cookie());
    assert!(processes.contains(&running.pid()) && processes.len() >= 2, "{processes:?}");
    for pid in processes {
        let limits = of(pid, "limits");
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(line.split_whitespace().nth(4), Some("1"), "{line}");
    }
    running.signal(Signal::ABORT);
    let ended = running.wait();
    assert!(guest.wait_until_dead(Duration::from_secs(5)), "claude is gone");

    assert!(!ended.stderr.contains(CANARY), "{ended}");
    let dumps = files_below(&world.dir()).into_iter().filter(|file| file.starts_with("core"));
    assert_eq!(dumps.count(), 0);
}

fn variables_that_load_code() {
    for name in ["LD_PRELOAD", "GIT_DIR", "NODE_OPTIONS", "BASH_ENV", "PYTHONPATH", "CLAUDECODE"] {
        let world = world();
        world.greet_by(&format!("env: [{name}]"));
        let output = world.atlas(["run", "greet", "--trust"]).run();
        let personal = world.home().join(".claude/skills/greet/contract.yaml");
        files::write(&personal, format!("env: [{name}]"));
        let own = world.atlas(["run", "greet"]).env(name, "x").run().expect_code(8);
        assert!(own.stderr.contains("never passed on"), "{name}: {own}\n{output}");
    }
}

fn tools_are_found() {
    let names = [
        "RUSTUP_HOME",
        "CARGO_HOME",
        "RUSTUP_TOOLCHAIN",
        "NVM_DIR",
        "VIRTUAL_ENV",
        "JAVA_HOME",
        "PYENV_ROOT",
        "HTTPS_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
    ];
    let world = world();
    let bin = world.root().join("tools/bin");
    files::write(&bin.join("node"), "#!/bin/sh\nenv > ../seen\n");
    fs::set_permissions(bin.join("node"), Permissions::from_mode(0o755)).unwrap();
    world.user_config("hooks: { node: { timing: post, command: [node] } }").repo().commit("a");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let run = world.atlas(["run", "greet"]).env("PATH", path);
    names
        .iter()
        .fold(run, |run, name| run.env(name, format!("value-of-{name}")))
        .run()
        .expect_code(0);
    let seen = files::read(&world.root().join("seen"));
    for name in names {
        assert!(seen.contains(&format!("{name}=value-of-{name}\n")), "{name}: {seen}");
    }
}

fn modes_whatever_the_umask_is() {
    for umask in ["000", "077"] {
        let world = world();
        world.write(".claude/atlas.yaml", "hooks: { a: { timing: pre, command: ['true'] } }");
        world.repo().commit("first");
        for args in [&["trust", "--yes"][..], &["run", "greet"], &["run", "greet", "--edit"]] {
            under(umask, &world, args);
        }
        let mut wrong = BTreeMap::new();
        for folder in [world.state_folder(), world.dir().join(".claude/sessions")] {
            look_at_modes(&folder, &mut wrong);
        }
        assert_eq!(wrong, BTreeMap::new(), "umask {umask}");
    }
}

/// Runs atlas with another umask, which a shell has to set.
fn under(umask: &str, world: &World, args: &[&str]) {
    let atlas = world.atlas(args);
    let script = format!("umask {umask}; exec \"$0\" \"$@\"");
    atlas.through("/bin/sh", ["-c", &script]).run().expect_code(0);
}

fn look_at_modes(path: &Path, wrong: &mut BTreeMap<String, String>) {
    let found = fs::symlink_metadata(path).unwrap();
    if found.is_symlink() {
        return;
    }
    let expected = if found.is_dir() { 0o700 } else { 0o600 };
    let mode = found.permissions().mode() & 0o777;
    // What git itself wants to be read-only is no more open than that.
    if mode & !expected != 0 {
        wrong.insert(path.display().to_string(), format!("{mode:o}"));
    }
    if found.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            look_at_modes(&entry.unwrap().path(), wrong);
        }
    }
}

fn a_state_folder_of_somebody_else() {
    let world = world();
    world.write(".claude/atlas.yaml", "hooks: { a: { timing: pre, command: [touch, ../owned] } }");
    world.repo().commit("first");
    world.atlas(["trust", "--always", "--yes"]).run().expect_code(0);
    let folder = world.state_folder().join("trust");
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    world.atlas(["run", "greet"]).run().expect_code(8);
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(&folder, Some(4711), None).unwrap();
        world.atlas(["run", "greet"]).run().expect_code(8);
    }
    expect_not_owned(&world);
}
