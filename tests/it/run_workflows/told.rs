//! What is said of a tree of steps once it has run.

use snapbox::{IntoData as _, str};

use super::{offline, run};

const CONTRACT: &str = "steps:\n  \
    - { id: list, run: [echo, '[1,2,3,4,5,6]'], parse: json }\n  \
    - id: both\n    parallel:\n      \
    - { id: left, run: ['true'] }\n      \
    - { id: right, when: 'false', steps: [{ id: deep, run: ['true'] }] }\n  \
    - id: all\n    each: { in: steps.list.output, as: n, do: [\n      \
    { id: one, run: ['true'] }, { id: two, run: [sh, -c, '[ $1 != 6 ]', sh, '{{ n }}'] }] }\n    \
    max: 1\n  \
    - { id: last, run: ['true'] }\n";

/// The lines of the tree alone, without times. What happened is told first, each step by its path;
/// the tree begins with the same step.
fn tree(args: &[&str]) -> String {
    let world = offline(CONTRACT);
    let told = run(&world, args).expect_code(1).stderr;
    let (_, tree) = told.rsplit_once("ok: list").expect("the first step is told twice");
    let time = regex::Regex::new(", [0-9.]+ m?s\\b").unwrap();
    let tree = tree.lines().take_while(|line| !line.starts_with("failed: exit code"));
    let tree = tree.map(|line| time.replace(line, "").into_owned() + "\n");
    format!("ok: list{}", tree.collect::<String>())
}

#[test]
fn a_tree_is_told_as_a_tree_and_what_passed_is_folded() {
    snapbox::assert_data_eq!(
        tree(&[]),
        str![[r#"
ok: list
ok: both
ok:   left
note:   right skipped
failed: all failed, 11 of 12 steps
ok:   [0], 2 of 2 steps
ok:     one
ok:     two
ok:   [1], 2 of 2 steps
ok:     one
ok:     two
ok:   [2], 2 of 2 steps
ok:     one
ok:     two
failed:   [5] failed, 1 of 2 steps
ok:     one
failed:     two failed
note:   and 2 more that passed
note: last not begun

"#]]
        .raw()
    );
}

#[test]
fn whoever_wants_everything_gets_each_thing() {
    let all = tree(&["-v"]);
    let things: Vec<&str> = all.lines().filter(|line| line.contains('[')).collect();
    assert_eq!(things.len(), 6, "{all}");
}
