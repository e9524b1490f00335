//! What does not fit, and what must not be recorded.

use snapbox::str;

use super::{TIDY, alone, case, recorded, skill, world};
use crate::support::files;

#[test]
fn a_mended_typo_plays_and_is_told() {
    let world = recorded();
    world.personal_skill("tidy", &TIDY.replace("Tidy the", "Please tidy the"));
    let output = alone(&world, ["run", "tidy", "--replay"]).run().expect_code(0);
    world.check(
        &output.stderr,
        str![[r#"
tidy, sonnet, about 166 tokens, cap $2.00
note: skill: asking sonnet
warning: skill: the recording is stale: the skill's text changed since
ok: check output[..]
ok: skill, [TIME], $0.02
failed: hook tidied: no B, [TIME]
again: skill again: tidied: no B
note: skill: asking sonnet, attempt 2
warning: skill: the recording is stale: the skill's text changed since
ok: check output[..]
ok: skill, [TIME], $0.04
ok: hook tidied, [TIME]
note: replayed from [ROOT]/home/.claude/skills/tidy/recordings/first
note: the session is kept in [ROOT]/home/.cache/atlas/replays/[SESSION]
passed, 2 of 2 checks, nothing spent ($0.04 when recorded), [TIME], ...[SHORT]
note: changed 2 files, +1 -1
  A +0 -0 new.txt
  M +1 -1 old.txt

"#]],
    );
}

#[test]
fn another_input_is_another_question() {
    let world = recorded();
    let output = alone(&world, ["run", "tidy", "--replay", "-i", "who=new.txt"]).run();
    world.check(
        &output.expect_code(8).stderr,
        str![[r#"
tidy, sonnet, about 164 tokens, cap $2.00
note: skill: asking sonnet
failed: skill failed, [TIME], $0.00
note: replayed from [ROOT]/home/.claude/skills/tidy/recordings/first
note: the session is kept in [ROOT]/home/.cache/atlas/replays/[SESSION]
invalid, nothing spent, [TIME], ...[SHORT]
failed: the recording does not fit: another answer was asked for: the input `who` differs

"#]],
    );
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
    world.check(
        &output.stderr,
        str![[r#"
error: the skill `tidy` has no recording
caused by: there is no case in `[ROOT]/home/.claude/skills/tidy/recordings`
hint: make one with `atlas run tidy --record [ROOT]/home/.claude/skills/tidy/recordings/first`

"#]],
    );
}

#[test]
fn a_secret_in_the_repository_is_refused_before_anybody_is_asked() {
    let world = world();
    let key = ["ghp", "_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"].concat();
    world.write("notes.txt", format!("one\ntoken {key}\n")).repo().commit("second");
    let record = format!("--record={}", case(&world).display());
    let output = world.atlas(["run", "tidy", &record]).run().expect_code(8);
    world.check(
        &output.stderr,
        str![[r#"
tidy, sonnet, about 164 tokens, cap $2.00
error: the recording would hold what looks like a secret
caused by: `notes.txt`, line 2: a GitHub token
hint: nothing was written; take the secret out of the repository and record again

"#]],
    );
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
    world.check(
        &output.stderr,
        str![[r#"
error: `--record [ROOT]/repo/sub` cannot hold a recording
caused by: it holds other files
hint: name a folder that does not exist

"#]],
    );
    assert_eq!(world.read("sub/here.txt"), "x\n");
}

#[test]
fn a_large_repository_is_no_recording() {
    let world = world();
    world.write("large.txt", "x".repeat(1024 * 1024)).repo().commit("second");
    let record = format!("--record={}", case(&world).display());
    let output = world.atlas(["run", "tidy", &record]).run().expect_code(8);
    world.check(
        &output.stderr,
        str![[r#"
tidy, sonnet, about 164 tokens, cap $2.00
error: the repository is too large for a recording
caused by: 1048596 bytes, 1048576 are the most
hint: record in a small repository that shows what the skill does

"#]],
    );
    assert_eq!(world.model().requests().len(), 0);
}

/// The place of a replay is its own repository, whatever a recording says of it.
#[test]
fn a_folder_that_a_link_leads_out_of_is_none() {
    let world = recorded();
    std::os::unix::fs::symlink(world.dir(), case(&world).join("repo/out")).unwrap();
    let file = case(&world).join("case.yaml");
    let text = files::read(&file).replace("folder: \"\"", "folder: out");
    assert!(text.contains("folder: out"), "{text}");
    files::write(&file, &text);
    let output = alone(&world, ["run", "tidy", "--replay"]).run().expect_code(8);
    assert!(output.stderr.contains("its folder `out` is none of its repository"), "{output}");
}
