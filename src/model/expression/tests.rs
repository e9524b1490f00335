use proptest::prelude::*;
use serde_json::json;

use super::*;

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.set(INPUTS, json!({"base": "main", "deep": true, "count": 3}));
    scope.set(
        STEPS,
        json!({
            "kinds": {"output": {"kind": "bug", "files": ["a.rs", "b.rs"], "score": 0.5}},
            "two-words": {"output": "text"},
            "skipped": {"output": null},
        }),
    );
    scope
}

/// An expression, and what it comes to: JSON, or the beginning of why not.
fn check(expression: &str, expected: &str) {
    let told = match value(expression, &scope()) {
        Ok(value) => value.to_string(),
        Err(why) => format!("! {why}"),
    };
    assert!(told.starts_with(expected), "{expression}: {told}");
}

#[test]
fn expressions_keep_types_and_are_strict() {
    check("inputs.count + 1", "4");
    check("inputs.deep", "true");
    check("steps.kinds.output.files", r#"["a.rs","b.rs"]"#);
    check("steps.kinds.output.files | length > 1", "true");
    check("steps.kinds.output.kind == 'bug' and inputs.deep", "true");
    check("steps['two-words'].output", r#""text""#);
    check("steps.skipped.output", "null");
    check("steps.kinds.output.missing", "! `steps.kinds.output.missing` is not there");
    check("steps.nobody.output", "! undefined value");
    check("inputs.base ==", "! syntax error");
    check("range(100000000) | list", "! ");
}

#[test]
fn an_expression_that_never_ends_is_ended() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    assert!(argument(endless, &scope()).unwrap_err().contains("fuel"));
}

#[test]
fn names_are_found() {
    let names =
        names("steps.a.output.x and steps['b-c'].output or inputs.base in files and range(3)");
    let names = names.unwrap();
    assert_eq!(names.steps, Steps::Named(["a".to_owned(), "b-c".to_owned()].into()));
    assert_eq!(names.inputs, ["base".to_owned()].into());
    assert_eq!(names.others, ["files".to_owned()].into());
    assert!(!names.scratch && names.is_late());
    assert_eq!(super::names("steps[inputs.base].output").unwrap().steps, Steps::Any);
    assert!(super::names("scratch.x").unwrap().scratch);
    let template =
        names_in_template("a {{ steps.x.output }} {% for f in files %}{{ f }}{% endfor %}");
    assert_eq!(template.unwrap().others, ["files".to_owned()].into());
}

#[test]
fn what_comes_into_an_argument_is_one_text_and_into_a_prompt_is_fenced() {
    assert_eq!(argument("--kind={{ steps.kinds.output.kind }}", &scope()).unwrap(), "--kind=bug");
    assert_eq!(argument("{{ steps.kinds.output.files }}", &scope()).unwrap(), r#"["a.rs","b.rs"]"#);
    let told = words("Judge {{ steps['two-words'].output }} in {{ inputs.count }}.", &scope());
    assert_eq!(told.unwrap(), "Judge \n```\ntext\n```\n in 3.");
}

proptest! {
    /// Whatever a step made, it stays one value: it closes no fence, opens no template, names no
    /// file, and as an argument it is itself.
    #[test]
    fn a_value_is_never_more_than_a_value(text in "\\PC{0,40}|[`@{}% \n]{0,40}") {
        let mut scope = Scope::default();
        scope.set("x", json!(text));
        prop_assert_eq!(argument("{{ x }}", &scope).unwrap(), text.clone());
        let told = words("before {{ x }}after", &scope).unwrap();
        prop_assert!(told.ends_with("after"));
        let fence: String = told.lines().nth(1).unwrap().chars().take_while(|c| *c == '`').collect();
        let ends = told.lines().filter(|line| line.trim_end_matches("after") == fence).count();
        prop_assert!(ends == 2 || text.is_empty() || text.contains('\r'), "{told:?}");
        prop_assert!(!told.replace("\\@", "").contains('@'));
    }
}
