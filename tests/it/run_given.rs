//! Facts of the repository in the prompt, and hooks that come with atlas, for any skill.

use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::world::{GREET, World};

fn faked() -> World {
    World::faked(&Script::plays([Step::Success("Hello.".to_owned())]))
}

#[test]
fn a_dry_run_shows_what_the_agent_would_be_given() {
    let world = faked();
    world.write("logo.png", [0_u8, 1, 2]).greet_by("given: [diff, staged, status, hooks]");
    world.write("a.txt", "a\n").write("logo.png", [3_u8, 0]);
    let output = world.atlas(["run", "greet", "--dry-run"]).run().expect_code(0);
    let given: Vec<&str> = output
        .stdout
        .lines()
        .map(str::trim)
        .filter(|line| {
            line.starts_with("given ") && !line.contains('[') || line.starts_with("not ")
        })
        .collect();
    world.check(
        &given.join("\n"),
        str![[r#"
given diff: 2 files against HEAD, ≈ 84 tokens
not given: logo.png (binary)
given staged: nothing is staged
given status: 2 files differ, ≈ 42 tokens
given hooks: what the pre hooks say
"#]],
    );
}

#[test]
fn an_empty_fact_blocks_only_where_it_is_required() {
    let world = faked();
    world.greet_by("given: [staged, status]");
    world.atlas(["run", "greet"]).run().expect_code(0);

    let world = faked();
    world.greet_by("given: [status]\nrequires: { given: [status] }");
    let output = world.atlas(["run", "greet"]).run().expect_code(3);
    assert!(output.stderr.contains("status: the work tree is clean"), "{output}");

    let world = faked();
    world.greet_by("given: [diff]\nrequires: { given: [staged] }");
    let output = world.atlas(["run", "greet"]).run().expect_code(8);
    assert!(output.stderr.contains("write `given: [staged]`"), "{output}");
}

#[test]
fn a_bundled_hook_that_does_not_exist_is_told_with_a_suggestion() {
    let world = faked();
    world.user_config("hooks: { q: { timing: post, use: quote-stands } }").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(8);
    assert!(output.stderr.contains("did you mean `quotes-stand`?"), "{output}");
}

#[test]
fn a_bundled_hook_that_cannot_look_is_no_pass() {
    let world = faked();
    world.user_config("hooks: { q: { timing: pre, use: clean-tree } }");
    world.personal_skill("greet", GREET);
    let output = world.atlas(["run", "greet"]).run().expect_code(3);
    assert!(output.stderr.contains("there is no git repository here"), "{output}");
}
