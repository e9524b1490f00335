//! Random trees of steps, and plans made of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    plans::{asks, bare},
    reference::Facts,
};
use crate::model::{
    contract::{Join, Retry, RetryOn},
    run::{
        Plan, path,
        plan::{CommandPlan, Does, Items, Node, PacePlan, SkillPlan, Stagger},
    },
    value::Span,
};

/// A tree whose steps have no names yet.
pub(super) fn tree() -> impl Strategy<Value = Vec<Node>> {
    let leaf = (prop_oneof![Just(Does::Call), Just(Does::Run)], modifiers()).prop_map(node);
    let any =
        leaf.prop_recursive(4, 24, 4, |inner| {
            let some = proptest::collection::vec(inner, 1..4);
            let max = proptest::option::of(1u32..4);
            let join = prop_oneof![Just(Join::All), Just(Join::Any)];
            let does =
                prop_oneof![
                    some.clone().prop_map(Does::Sequence),
                    (max.clone(), join, some.clone())
                        .prop_map(|(max, join, steps)| Does::Parallel { max, join, steps }),
                    (max, some.clone()).prop_map(|(max, steps)| Does::Each {
                        items: Items::Expression("x".into()),
                        name: "x".into(),
                        max,
                        steps
                    }),
                    some.clone().prop_map(|steps| Does::Route {
                        on: "x".into(),
                        cases: (0..steps.len()).map(|case| case.to_string()).collect(),
                        steps
                    }),
                    some.clone().prop_map(Does::Skill),
                    some.prop_map(Does::Fallback),
                ];
            (does, modifiers()).prop_map(node)
        });
    proptest::collection::vec(any, 1..4)
}

fn modifiers() -> impl Strategy<Value = (bool, Option<u8>)> {
    (proptest::bool::weighted(0.2), proptest::option::weighted(0.3, 0u8..3))
}

fn node((does, (when, times)): (Does, (bool, Option<u8>))) -> Node {
    let retry = times.map(|times| Retry {
        times,
        on: vec![RetryOn::Failed, RetryOn::Rejected],
        backoff: Span::millis(1),
    });
    Node { when: when.then(|| "x".into()), retry, ..Node::plain("", does) }
}

/// Gives every step a name of its own.
fn name(nodes: &mut [Node], next: &mut u32) {
    for node in nodes {
        node.id = format!("n{next}");
        *next += 1;
        match &mut node.does {
            Does::Call | Does::Run => {}
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Each { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps)
            | Does::Skill(steps) => name(steps, next),
        }
    }
}

/// What such a tree does in a run.
pub(super) fn plan(mut tree: Vec<Node>, jobs: u32, facts: Facts) -> Plan {
    name(&mut tree, &mut 0);
    let (mut steps, mut commands, mut skills) = (Vec::new(), Vec::new(), Vec::new());
    let apart = if facts.branches_write() { branches(&tree) } else { BTreeSet::new() };
    Node::walk(&tree, path::ROOT, &mut |path, _, node| match node.does {
        Does::Call => steps.push(asks(path)),
        Does::Run => commands.push(CommandPlan {
            id: path.to_owned(),
            argv: vec!["true".into()],
            parse: None,
            output: None,
            timeout: None,
            env: Vec::new(),
        }),
        Does::Skill(_) => skills.push(SkillPlan {
            id: path.to_owned(),
            skill: bare().skill,
            inputs: BTreeMap::new(),
            typed: BTreeMap::new(),
            output: None,
            repair: String::new(),
            retry: Retry { times: 0, on: vec![RetryOn::Rejected], backoff: Span::millis(1) },
        }),
        Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Each { .. }
        | Does::Route { .. }
        | Does::Fallback(_) => {}
    });
    let pace = PacePlan { jobs, stagger: Stagger::Off, wait: None };
    Plan { root: Some("/r".into()), steps, commands, skills, tree, apart, pace, ..bare() }
}

/// All branches.
fn branches(tree: &[Node]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    Node::walk(tree, path::ROOT, &mut |path, _, node| match &node.does {
        Does::Parallel { steps, .. } => {
            found.extend(steps.iter().map(|step| path::child(path, &step.id)));
        }
        Does::Each { .. } => drop(found.insert(format!("{path}[]"))),
        Does::Call
        | Does::Run
        | Does::Sequence(_)
        | Does::Route { .. }
        | Does::Fallback(_)
        | Does::Skill(_) => {}
    });
    found
}
