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
    world.check(&test(&[]).run().expect_code(0).stdout, str![[r#""#]]);

    world.personal_skill("tidy", &TIDY.replace("Tidy the", "Please tidy the"));
    world.check(&test(&[]).run().expect_code(0).stdout, str![[r#""#]]);
    test(&["--strict"]).run().expect_code(4);
    world.personal_skill("tidy", TIDY);

    let contract = skill(&world).join("contract.yaml");
    let text = files::read(&contract);
    files::write(&contract, text.replace("grep -qx B", "grep -qx D"));
    world.check(&test(&[]).run().expect_code(4).stdout, str![[r#""#]]);

    files::write(&contract, text.replace("integer", "number"));
    world.check(&test(&[]).run().expect_code(8).stdout, str![[r#""#]]);
    let document = test(&["--format=json"]).run().expect_code(8).json();
    assert_eq!(document["cases"][0]["outcome"], "invalid");
}

#[test]
fn all_skills_with_recordings_are_tested() {
    let world = recorded();
    let output = alone(&world, ["test"]).run().expect_code(0);
    world.check(&output.stdout, str![[r#""#]]);
    std::fs::remove_dir_all(skill(&world).join("recordings")).unwrap();
    world.check(&alone(&world, ["test"]).run().expect_code(8).stderr, str![[r#""#]]);
}

#[test]
fn an_update_records_anew_through_claude() {
    let world = recorded();
    world.personal_skill("tidy", &TIDY.replace("Tidy the", "Please tidy the"));
    let before = world.model().requests().len();
    let output = world.atlas(["test", "tidy", "--update"]).run();
    assert!(world.model().requests().len() > before, "{output}");
    assert!(files::read(&case(&world).join("case.yaml")).contains("skill: tidy"));
    world.check(&output.stdout, str![[r#""#]]);
    let again = alone(&world, ["test", "tidy", "--strict"]).run();
    world.check(&again.stdout, str![[r#""#]]);
}
