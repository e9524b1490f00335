use super::*;
use crate::model::{
    result::tests::plans::checked_plan as plan,
    value::{Span, Usd},
};

fn key_of(change: impl FnOnce(&mut Plan)) -> String {
    let mut plan = plan();
    change(&mut plan);
    key(&plan, &tree("a"), Some("2.1.0"))
}

fn tree(name: &str) -> TreeName {
    TreeName { tree: name.to_owned(), unstored: Vec::new() }
}

type Change = fn(&mut Plan);

#[test]
fn what_decides_about_the_verdict_makes_another_key() {
    let same = key_of(|_| {});
    let changes: [(&str, Change); 8] = [
        ("the skill", |plan| plan.skill.digest.push('x')),
        ("an input", |plan| drop(plan.inputs.insert("base".into(), "other".into()))),
        ("the prompt", |plan| plan.steps[0].prompt.push('x')),
        ("the model", |plan| plan.steps[0].agent.model.push('x')),
        ("the schema", |plan| plan.output = Some(serde_json::json!({"type": "string"}))),
        ("a hook", |plan| plan.hooks.clear()),
        ("what a pass needs", |plan| plan.require = crate::model::check::Require::Panel),
        ("the steps", |plan| plan.steps.clear()),
    ];
    for (what, change) in changes {
        assert_ne!(key_of(change), same, "{what}");
    }
    assert_ne!(key(&plan(), &tree("b"), Some("2.1.0")), same, "the tree");
    assert_ne!(key(&plan(), &tree("a"), Some("2.1.1")), same, "claude");
}

#[test]
fn what_earlier_runs_cost_and_where_a_run_ends_does_not() {
    let same = key_of(|_| {});
    let changes: [(&str, Change); 5] = [
        ("a price", |plan| plan.steps[0].reserve = Usd::from_micros(1)),
        ("a window", |plan| plan.steps[0].window = Some(7)),
        ("a limit", |plan| plan.limits.time = Span::seconds(7)),
        ("what was said where", |plan| plan.settings.clear()),
        ("the files that said it", |plan| plan.sources.clear()),
    ];
    for (what, change) in changes {
        assert_eq!(key_of(change), same, "{what}");
    }
}
