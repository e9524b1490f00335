//! `atlas test`.

use snapbox::str;

use super::{TIDY, alone, case, recorded, skill};
use crate::support::files;

#[test]
fn a_case_passes_goes_stale_and_differs() {
    let world = recorded();
    let test = |args: &[&str]| {
        let all: Vec<&str> = ["test", "tidy"].iter().chain(args).copied().collect();
        world.atlas(all).env("ATLAS_CLAUDE", "/no-claude").env("CI", "true")
    };
    world.check(
        &test(&[]).run().expect_code(0).stdout,
        str![[r#"
✓ tidy/first

"#]],
    );

    world.personal_skill("tidy", &TIDY.replace("Tidy the", "Please tidy the"));
    world.check(
        &test(&[]).run().expect_code(0).stdout,
        str![[r#"
! tidy/first is stale
  the recording is stale: the skill's text changed since

"#]],
    );
    test(&["--strict"]).run().expect_code(4);
    world.personal_skill("tidy", TIDY);

    let contract = skill(&world).join("contract.yaml");
    let written = files::read(&contract);
    files::write(&contract, written.replace("grep -qx B", "grep -qx D"));
    world.check(
        &test(&[]).run().expect_code(4).stdout,
        str![[r#"
✗ tidy/first differs
  status: expected "passed", got "rejected"
  exit_code: expected 0, got 4
  reason: expected nothing, got "tidied: no B"
  checks[1].status: expected "passed", got "failed"
  checks[1].reason: expected nothing, got "no B"
  proof.commands: expected 1, got 0

"#]],
    );

    files::write(&contract, written.replace("integer", "number"));
    world.check(&test(&[]).run().expect_code(8).stdout, str![[r#"
✗ tidy/first cannot be played
  the recording does not fit: another answer was asked for: the contract's part of the prompt differs

"#]]);
    let document = test(&["--format=json"]).run().expect_code(8).json();
    assert_eq!(document["cases"][0]["outcome"], "invalid");
}

#[test]
fn all_skills_with_recordings_are_tested() {
    let world = recorded();
    let output = alone(&world, ["test"]).run().expect_code(0);
    world.check(
        &output.stdout,
        str![[r#"
✓ tidy/first
✓ audit-dependencies/first
✓ commit-message/first
✓ fix-failing-test/first
✓ release-notes/first
✓ review-diff/first
✓ triage/first

"#]],
    );
}

#[test]
fn an_update_records_anew_through_claude() {
    let world = recorded();
    world.personal_skill("tidy", &TIDY.replace("Tidy the", "Please tidy the"));
    let before = world.model().requests().len();
    let output = world.atlas(["test", "tidy", "--update"]).run();
    assert!(world.model().requests().len() > before, "{output}");
    assert!(files::read(&case(&world).join("case.yaml")).contains("skill: tidy"));
    world.check(
        &output.stdout,
        str![[r#"
↻ tidy/first recorded anew
  steps[0].spend.usd_known: expected 0.038568, got 0.038586
  steps[0].spend.input_tokens: expected 18534, got 18543
  spend.usd_known: expected 0.038568, got 0.038586
  spend.usd_charged: expected 0.038568, got 0.038586
  spend.input_tokens: expected 18534, got 18543
  context.peak_fraction: expected 0.003392, got 0.003396

"#]],
    );
    let again = alone(&world, ["test", "tidy", "--strict"]).run();
    world.check(
        &again.stdout,
        str![[r#"
✓ tidy/first

"#]],
    );
}
