use proptest::prelude::*;

use super::*;
use crate::model::{panel::answer::Review, result::Severity};

const CHANGE: &str = "--- a/src/cart.py\n+++ b/src/cart.py\n@@ -1,2 +1,4 @@ def mean(items):\n def mean(items):\n\
     +    if not items:\n+        return None\n     return sum(items) / len(items)\n";

const PROSE: &str = "# Release notes\n\nThe cart no longer divides by zero where nothing is in it, which issue \
     asked for.\n\nThe importer reads dates in the form that the older one wrote, and refuses all others.\n";

fn of_change(change: &str) -> Option<Planted> {
    plant(&Material { change: Some(change), reviewers: 3, ..Material::default() })
}

fn of_output(output: &str) -> Option<Planted> {
    plant(&Material { output: Some(output), reviewers: 3, ..Material::default() })
}

#[test]
fn a_line_is_turned_into_its_contrary_or_another_number() {
    let rows = [
        ("if a == b:", Some("if a != b:")),
        ("while n < limit {", Some("while n >= limit {")),
        ("if a <= b {", Some("if a > b {")),
        ("It is not safe to retry.", Some("It is safe to retry.")),
        ("\"passed\": true", Some("\"passed\": false")),
        ("The structure of untrue trues", None),
        ("found 12 files", Some("found 13 files")),
        ("see v1.2.3, abc12 and 007", None),
        ("0 findings", Some("1 findings")),
        ("nothing to see", None),
    ];
    for (line, expected) in rows {
        let planted = of_output(line);
        assert_eq!(planted.as_ref().map(|fault| fault.after.as_str()), expected, "{line}");
        if let Some(planted) = planted {
            assert_eq!((planted.line, planted.before.as_str()), (1, line));
            assert_eq!(planted.in_output(line).as_deref(), expected);
        }
    }
}

#[test]
fn a_fault_in_a_change_is_one_of_its_added_lines() {
    let planted = of_change(CHANGE).unwrap();
    assert_eq!(planted.file.as_deref(), Some("src/cart.py"));
    assert_eq!(planted.line, 2);
    let faulty = planted.in_change(CHANGE).unwrap();
    assert_eq!(faulty, CHANGE.replace(&planted.before, &planted.after));
    assert_eq!(planted.in_output(CHANGE), None, "it is not in the output");
    let file = "def mean(items):\n    if not items:\n        return None\n";
    let faulty = planted.in_file("./src/cart.py", file).unwrap();
    assert_eq!(faulty, file.replace(&planted.before, &planted.after));
    assert_eq!(planted.in_file("src/other.py", file), None);
    assert_eq!(planted.in_file("src/cart.py", "another file\n"), None);
}

#[test]
fn prose_can_lose_a_paragraph_where_two_could_miss_it() {
    let prose =
        Material { output: Some(PROSE), is_prose: true, reviewers: 2, ..Material::default() };
    let planted = plant(&prose).unwrap();
    assert_eq!(planted.kind, FaultKind::Paragraph);
    let faulty = planted.in_output(PROSE).unwrap();
    assert!(!faulty.contains(&planted.before), "{faulty}");
    assert_eq!(faulty.matches("\n\n").count(), PROSE.matches("\n\n").count() - 1, "{faulty}");
    assert_eq!(plant(&Material { reviewers: 1, ..prose }), None, "one alone proves no omission");
    assert_eq!(plant(&Material { is_prose: false, ..prose }), None, "a form needs all its parts");
    let alone = "One paragraph that is long enough to be missed, and there is no other one.\n";
    assert_eq!(plant(&Material { output: Some(alone), ..prose }), None, "nothing would be left");
}

fn issue(kind: FindingKind, file: Option<&str>, line: Option<u64>, quote: Option<&str>) -> Issue {
    Issue {
        severity: Severity::Major,
        kind,
        claim: "it is the wrong way round".to_owned(),
        file: file.map(str::to_owned),
        line,
        quote: quote.map(str::to_owned),
        command: None,
        expect: None,
    }
}

#[test]
fn an_issue_has_to_point_at_the_fault() {
    use FindingKind::{Missing, Wrong};
    let file = Some("src/cart.py");
    let planted = of_change(CHANGE).unwrap();
    let rows = [
        (issue(Wrong, file, None, Some("if items:")), true),
        (issue(Wrong, Some("./src/cart.py"), Some(3), Some("return None")), true),
        (issue(Wrong, file, None, Some("items")), true),
        (issue(Wrong, file, Some(90), Some("import os")), false),
        (issue(Wrong, None, Some(2), Some("if items:")), false),
        (issue(Wrong, Some("src/b.py"), Some(2), Some("if items:")), false),
        (issue(Wrong, file, None, None), false),
    ];
    for (issue, meant) in rows {
        assert_eq!(planted.is_meant_by(&issue), meant, "{issue:?}");
    }
    let gone = Planted { kind: FaultKind::Paragraph, file: None, after: String::new(), ..planted };
    assert!(gone.is_meant_by(&issue(Missing, None, None, None)));
    assert!(!gone.is_meant_by(&issue(Wrong, None, Some(2), None)));
}

fn ask(said: Vec<Said>) -> (Vec<Asked>, Vec<String>) {
    let named = |(number, said)| Asked { reviewer: format!("r{number}"), said };
    let asked: Vec<Asked> = (1..).zip(said).map(named).collect();
    let models = vec!["haiku".to_owned(); asked.len()];
    (asked, models)
}

/// What each reviewer answers about the copy, whether quotes stand, and what that amounts to.
#[test]
fn a_panel_has_seen_the_fault_only_if_it_would_refuse_because_of_it() {
    let planted = of_change(CHANGE).unwrap();
    let file = Some("src/cart.py");
    let answer = |issues: Vec<Issue>| Said::Answer { review: Review { passed: false, issues } };
    let saw = || answer(vec![issue(FindingKind::Wrong, file, Some(2), Some("if items:"))]);
    let other = || answer(vec![issue(FindingKind::Wrong, file, Some(90), Some("import os"))]);
    let content = || Said::Answer { review: Review { passed: true, issues: Vec::new() } };
    let died = || Said::Died { reason: "killed".to_owned() };
    let rows = [
        (vec![saw(), saw(), content()], true, true, vec![true, true, false]),
        (vec![saw(), other(), content()], true, true, vec![true, false, false]),
        (vec![other(), other(), other()], true, false, vec![false; 3]),
        (vec![saw(), content(), content()], true, false, vec![true, false, false]),
        (vec![saw(), saw(), saw()], false, false, vec![false; 3]),
        (vec![content(), content(), content()], true, false, vec![false; 3]),
        (vec![saw(), saw(), died()], true, true, vec![true, true]),
        (vec![died(), died(), died()], true, false, vec![]),
    ];
    for (said, stand, caught, by) in rows {
        let (asked, models) = ask(said);
        let quotes = asked.iter().map(|asked| (asked.reviewer.clone(), vec![stand]));
        let evidence = Evidence { quotes: quotes.collect(), ..Evidence::default() };
        let judged = judge(&planted, (&asked, &models), &evidence, 2);
        let seen: Vec<bool> = judged.by.iter().map(|catch| catch.caught).collect();
        assert_eq!((judged.caught, seen), (caught, by), "{asked:?}, quotes stand: {stand}");
    }
}

/// Lines of which some can be turned around.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,30}",
        "if [a-z]{1,4} (==|<|>=) [0-9]{1,3}:",
        "[a-z]{3,9} [0-9]{1,4} [a-z@`]{0,9}",
        Just(String::new()),
        "[\\PC]{0,40}",
    ]
}

proptest! {
    /// The copy differs from the work in the fault and nothing else, and the same work always gets
    /// the same fault.
    #[test]
    fn a_copy_differs_in_the_fault_and_nothing_else(
        lines in proptest::collection::vec(line(), 0..20),
        is_prose in any::<bool>(),
        end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), end]).collect();
        let material =
            Material { output: Some(&text), is_prose, reviewers: 3, ..Material::default() };
        let planted = plant(&material);
        prop_assert_eq!(&planted, &plant(&material));
        let Some(planted) = planted else { return Ok(()) };
        let faulty = planted.in_output(&text).expect("a fault fits the work that it was made for");
        prop_assert_ne!(&faulty, &text);
        let same = text.lines().zip(faulty.lines()).take_while(|(one, other)| one == other).count();
        prop_assert!(same + 2 >= planted.line, "{planted:?}");
        if planted.kind != FaultKind::Paragraph {
            prop_assert_eq!(faulty.lines().count(), text.lines().count());
            let differing = text.lines().zip(faulty.lines()).filter(|(one, other)| one != other);
            prop_assert_eq!(differing.count(), 1);
        }
    }
}
