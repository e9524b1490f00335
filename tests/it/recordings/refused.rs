//! What does not fit, and what must not be recorded.

use snapbox::str;

use super::{TIDY, alone, case, recorded, skill, world};
use crate::support::files;

#[test]
fn a_mended_typo_plays_and_is_told() {
    let world = recorded();
    world.personal_skill("tidy", &TIDY.replace("Tidy the", "Please tidy the"));
    let output = alone(&world, ["run", "tidy", "--replay"]).run().expect_code(0);
    world.check(&output.stderr, str![[r#""#]]);
}

#[test]
fn another_input_is_another_question() {
    let world = recorded();
    let output = alone(&world, ["run", "tidy", "--replay", "-i", "who=new.txt"]).run();
    world.check(&output.expect_code(8).stderr, str![[r#""#]]);
}

#[test]
fn another_schema_is_another_question() {
    let world = recorded();
    let contract = files::read(&skill(&world).join("contract.yaml"));
    let other = contract.replace("integer", "number");
    files::write(&skill(&world).join("contract.yaml"), other);
    let output = alone(&world, ["run", "tidy", "--replay"]).run().expect_code(8);
    assert!(output.stderr.contains("the contract's part of the prompt differs"), "{output}");
}

#[test]
fn a_skill_without_a_recording_says_how_to_make_one() {
    let world = world();
    let output = alone(&world, ["run", "tidy", "--replay"]).run().expect_code(8);
    world.check(&output.stderr, str![[r#""#]]);
}

#[test]
fn a_secret_in_the_repository_is_refused_before_anybody_is_asked() {
    let world = world();
    let key = ["ghp", "_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"].concat();
    world.write("notes.txt", format!("one\ntoken {key}\n")).repo().commit("second");
    let record = format!("--record={}", case(&world).display());
    let output = world.atlas(["run", "tidy", &record]).run().expect_code(8);
    world.check(&output.stderr, str![[r#""#]]);
    assert!(!case(&world).exists());
    assert_eq!(world.model().requests().len(), 0);
}

#[test]
fn a_secret_in_what_claude_saw_is_refused() {
    let world = world();
    let key = ["ghp", "_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"].concat();
    // Ignored files are in no recording, but claude can read them.
    world.write(".gitignore", "old.txt\n").repo().git(["rm", "--cached", "-q", "-f", "old.txt"]);
    world.write("old.txt", format!("a\nb\n{key}\n")).repo().commit("second");
    files::write(&world.home().join(".config/atlas/config.yaml"), "isolation: none\n");
    let record = format!("--record={}", case(&world).display());
    let output = world.atlas(["run", "tidy", &record]).run().expect_code(8);
    assert!(output.stderr.contains("a GitHub token"), "{output}");
    assert!(!output.stderr.contains(&key), "{output}");
    assert!(!case(&world).exists());
}

#[test]
fn a_folder_with_other_files_is_no_place() {
    let world = world();
    let output = world.atlas(["run", "tidy", "--record=sub"]).run().expect_code(2);
    world.check(&output.stderr, str![[r#""#]]);
    assert_eq!(world.read("sub/here.txt"), "x\n");
}

#[test]
fn a_large_repository_is_no_recording() {
    let world = world();
    world.write("large.txt", "x".repeat(1024 * 1024)).repo().commit("second");
    let record = format!("--record={}", case(&world).display());
    let output = world.atlas(["run", "tidy", &record]).run().expect_code(8);
    world.check(&output.stderr, str![[r#""#]]);
    assert_eq!(world.model().requests().len(), 0);
}
