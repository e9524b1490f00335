//! `atlas doctor`.

use snapbox::str;

use super::{REVIEW, transcript};
use crate::support::{claude::version, files, world::World};

#[test]
fn without_a_claude() {
    let world = World::new();
    world.skill("review", REVIEW);
    world.repo().commit("first");
    world.check(
        &transcript(&world, &["doctor"]),
        str![[r#"
$ atlas doctor
✗ claude: ATLAS_CLAUDE names `[ROOT]/no-claude`: there is no such file
  hint: name an executable claude, or unset ATLAS_CLAUDE to search for one
✓ keys: ANTHROPIC_API_KEY is kept out of the agent's shell
✓ configuration: none at [ROOT]/home/.config/atlas/config.yaml
✓ folders: state is kept in [ROOT]/home/.local/state/atlas
✓ git: [ROOT]/repo on branch main
✓ skills: 1 skill, and 6 that come with atlas
! trust: 1 file nobody trusted yet: runs are isolated
  hint: `atlas trust` shows them and stores your answer
✓ sessions: none yet; their folder will ignore itself
--- exit 7

"#]],
    );
}

#[test]
fn with_the_real_claude() {
    let world = World::scripted([]);
    world.skill("review", REVIEW);
    world.repo().commit("first");
    let output = world.atlas(["doctor"]).run().expect_code(0);
    assert!(output.stdout.contains(&format!("✓ claude: {} at ", version())), "{output}");
    assert!(output.stdout.contains("✓ login: api_key at firstParty"), "{output}");
    let output = world.atlas(["doctor"]).without_env("ANTHROPIC_API_KEY").run().expect_code(7);
    assert!(output.stdout.contains("✗ login: claude is not logged in"), "{output}");
    assert!(world.model().requests().is_empty(), "no model is asked");
}

#[test]
fn as_a_document() {
    let world = World::new();
    world.write(".claude/atlas.yaml", "hooks: 3\n").repo();
    let output = world.atlas(["doctor", "--format=json"]).run().expect_code(8);
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["status"], "invalid", "what is faulty counts before what is missing");
    let checks = document["checks"].as_array().unwrap();
    let failed: Vec<_> = checks.iter().filter(|it| it["status"] == "fail").collect();
    let names: Vec<_> = failed.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["claude", "project"], "{output}");
}

#[test]
fn fix_makes_folders_that_nobody_else_enters_and_removes_only_stale_keys() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let keys = world.home().join("atlas/state/keys");
    files::write(&keys.join("call-old/key"), "sk-old");
    files::write(&keys.join("call-new/key"), "sk-new");
    let old = world.program("touch".as_ref(), ["-d", "2 days ago"]).args([keys.join("call-old")]);
    old.run().expect_code(0);
    let fix = |args: &[&str]| {
        world.atlas(args).env("ATLAS_HOME", world.home().join("atlas")).run().expect_code(7)
    };
    let found = fix(&["doctor"]);
    assert!(found.stdout.contains("1 left behind"), "{found}");
    let mended = fix(&["doctor", "--fix"]);
    assert!(!keys.join("call-old").exists() && keys.join("call-new").exists(), "{mended}");
    for folder in ["config", "cache"] {
        let made = world.home().join("atlas").join(folder).metadata().unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o700, "{folder}");
    }
    assert!(!fix(&["doctor", "--fix"]).stdout.contains("mended"));
}

#[test]
fn repositories_that_cannot_be_tracked_are_explained() {
    let world = World::new();
    let outside = world.atlas(["doctor"]).run().expect_code(7);
    assert!(outside.stdout.contains("! git: this folder is in no repository"), "{outside}");
    world
        .program("git".as_ref(), ["init", "--quiet", "--object-format=sha256"])
        .run()
        .expect_code(0);
    let sha256 = world.atlas(["doctor"]).run().expect_code(7);
    assert!(sha256.stdout.contains("! git: the repository uses SHA-256 object names"), "{sha256}");
    world.atlas(["list"]).run().expect_code(0);
}

#[test]
fn what_stops_runs_is_told_with_its_place() {
    let world = World::new();
    world
        .skill("review", REVIEW)
        .write(".claude/skills/review/contract.yaml", "agent:\n  edits: true\n")
        .write(".claude/atlas.yaml", "hooks: { t: { timing: pre, command: [make] } }\n");
    world.repo();
    let output = world.atlas(["doctor"]).run().expect_code(8);
    for said in ["contract.yaml:2: unknown key `edits`", "runs refuse (exit 8)"] {
        assert!(output.stdout.contains(said), "{said} in {output}");
    }
    files::write(&world.home().join(".config/atlas/config.yaml"), "jobs: many\n");
    let faulty = world.atlas(["doctor"]).run().expect_code(8);
    assert_eq!(faulty.stdout.matches("config.yaml:1: ").count(), 1, "{faulty}");
    assert!(!faulty.stdout.contains("trust: "), "{faulty}");
}

#[test]
fn fix_puts_completions_where_the_shell_looks_and_leaves_those_that_are_there() {
    let world = World::new();
    let doctor = |args: &[&str], shell: &str| {
        world.atlas([&["doctor"], args].concat()).env("SHELL", shell).run().expect_code(7).stdout
    };
    let own = world.home().join(".config/fish/completions/atlas.fish");
    assert!(doctor(&[], "/usr/bin/fish").contains("! completions: fish has none of atlas"));
    assert!(!own.exists(), "only asked for is done");
    assert!(doctor(&["--fix"], "/usr/bin/fish").contains("mended: put the completions of fish"));
    assert!(doctor(&["--fix"], "/usr/bin/fish").contains("✓ completions: "));
    files::write(&own, "# mine\n");
    let found = doctor(&["--fix"], "/usr/bin/fish");
    assert!(found.contains("is not that of this version"), "{found}");
    assert_eq!(files::read(&own), "# mine\n");
    assert!(!doctor(&["--fix"], "/bin/dash").contains("completions"), "it looks nowhere");
}

#[test]
fn fix_closes_folders_and_forgets_a_claude_that_is_gone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.write(".claude/sessions/x", "").write("src/open", "");
    world.repo().commit("first");
    let state = world.home().join(".local/state/atlas");
    let cache = world.home().join(".cache/atlas");
    let answer = cache.join("claude-0123456789abcdef.json");
    files::write(&answer, "{}");
    files::write(&cache.join("notes.json"), "{}");
    files::write(&state.join("notes.json"), "{}");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let open = [state, cache.clone(), world.dir().join(".claude/sessions")];
    for folder in open.iter().chain([&world.dir().join("src")]) {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let found = world.atlas(["doctor"]).run().expect_code(7);
    for said in ["others can enter", "and 2 more", "! cache: 1 answer of a claude that is gone"] {
        assert!(found.stdout.contains(said), "{said} in {found}");
    }
    let fixed = world.atlas(["doctor", "--fix"]).run().expect_code(7);
    assert_eq!(fixed.stdout.matches("mended: closed").count(), 3, "{fixed}");
    assert!(open.iter().all(|folder| mode(folder) == 0o700), "{fixed}");
    assert_eq!(mode(&world.dir().join("src")), 0o755, "not ours to close");
    assert!(!answer.exists() && cache.join("notes.json").exists(), "{fixed}");
    let again = world.atlas(["doctor", "--fix"]).run().expect_code(7);
    assert!(!again.stdout.contains("mended"), "{again}");
}
