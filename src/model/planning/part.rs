//! A part of a contract's steps: one of them, or one and what comes after it.
//!
//! What does not run has made nothing, so a step that names what such a one makes is refused before
//! anything begins.

use std::collections::BTreeSet;

use crate::model::{
    Fault, Part, Result,
    check::{Check, CheckKind, CheckStatus, Timing},
    expression::{self, Steps},
    run::{
        Plan, path,
        plan::{Does, HookPlan, Index, Items, Node},
    },
    suggest::nearest,
};

/// The plan of that part.
///
/// # Errors
/// There is no such step, or one that runs needs what one makes that does not.
pub(super) fn cut(mut plan: Plan, part: &Part) -> Result<Plan> {
    let (id, flag) = match part {
        Part::Step(id) => (id, "--step"),
        Part::From(id) => (id, "--from"),
    };
    let all = ids(&plan.tree);
    let Some(target) = found(&plan, id) else {
        let fault = Fault::usage(format!("no step is called `{id}`"))
            .because(format!("`{flag}` names a step of the contract"));
        return Err(match nearest(id, all.iter().map(String::as_str)).first() {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    };
    let way: Vec<&str> = target.split('/').collect();
    keep(&mut plan.tree, &way, part);
    let mut paths = BTreeSet::new();
    Node::walk(&plan.tree, path::ROOT, &mut |path, _, _| {
        paths.insert(path.to_owned());
    });
    plan.steps.retain(|step| paths.contains(&step.id));
    plan.commands.retain(|command| paths.contains(&command.id));
    plan.skills.retain(|skill| paths.contains(&skill.id));
    plan.hooks.retain(|hook| hook.within.as_ref().is_none_or(|skill| paths.contains(skill)));
    if !paths.contains(&plan.repair) {
        plan.repair = plan.steps.last().map(|step| step.id.clone()).unwrap_or_default();
    }
    plan.index = Index::default();
    let kept = ids(&plan.tree);
    let gone: BTreeSet<&String> = all.difference(&kept).collect();
    expect_whole(&plan, &gone, flag)?;
    Ok(match part {
        Part::From(_) => plan,
        Part::Step(id) => without_the_end(plan, id),
    })
}

/// A step by its id, or by its whole path.
fn found(plan: &Plan, id: &str) -> Option<String> {
    let known = plan.nameable(path::ROOT);
    let by_id = known.into_iter().find(|(_, own)| own == id).map(|(path, _)| path);
    by_id.or_else(|| plan.node(id).map(|_| id.to_owned()))
}

fn ids(tree: &[Node]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    Node::walk(tree, path::ROOT, &mut |_, _, node| {
        ids.insert(node.id.clone());
    });
    ids
}

/// Leaves of each list on the way to a step what the part asks for.
fn keep(nodes: &mut Vec<Node>, way: &[&str], part: &Part) {
    let Some((id, rest)) = way.split_first() else { return };
    let at = nodes.iter().position(|node| node.id == *id).unwrap_or_default();
    nodes.drain(..at);
    if matches!(part, Part::Step(_)) {
        nodes.truncate(1);
    }
    let Some(node) = nodes.first_mut().filter(|_| !rest.is_empty()) else { return };
    match &mut node.does {
        Does::Call | Does::Run => {}
        Does::Sequence(steps) | Does::Skill(steps) | Does::Each { steps, .. } => {
            keep(steps, rest, part);
        }
        // Of what runs beside or instead of it nothing comes after it.
        Does::Parallel { steps, .. } | Does::Fallback(steps) => only(steps, rest, part),
        Does::Route { steps, .. } => {
            let mut steps = std::mem::take(steps);
            only(&mut steps, rest, part);
            node.does = Does::Sequence(steps);
        }
    }
}

fn only(steps: &mut Vec<Node>, way: &[&str], part: &Part) {
    steps.retain(|step| way.first() == Some(&step.id.as_str()));
    keep(steps, way, part);
}

/// Every step that needs what another one makes, where that one does not run, together.
fn expect_whole(plan: &Plan, gone: &BTreeSet<&String>, flag: &str) -> Result<()> {
    let mut missing = Vec::new();
    Node::walk(&plan.tree, path::ROOT, &mut |path, _, node| {
        for id in needs(plan, path, node).into_iter().filter(|id| gone.contains(id)) {
            missing.push(format!("`{path}` needs what `{id}` makes, which does not run"));
        }
    });
    let Some(first) = missing.first() else { return Ok(()) };
    let mut fault = Fault::usage(format!("`{flag}` leaves out what is needed")).because(first);
    if missing.len() > 1 {
        fault.causes = missing;
    }
    Err(fault.hint("begin with an earlier step"))
}

/// The steps whose outputs it looks at.
fn needs(plan: &Plan, path: &str, node: &Node) -> Vec<String> {
    let templates = plan.command(path).into_iter().flat_map(|command| &command.argv);
    let template = plan.step(path).and_then(|step| step.template.as_ref());
    let key = node.cache.as_ref().and_then(|cache| cache.key.as_ref());
    let on = match &node.does {
        Does::Each { items: Items::Expression(of), .. } | Does::Route { on: of, .. } => Some(of),
        Does::Each { items: Items::Glob(_), .. }
        | Does::Call
        | Does::Run
        | Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Fallback(_)
        | Does::Skill(_) => None,
    };
    let read = node.when.iter().chain(on).map(|text| expression::names(text));
    let written = templates.chain(template).chain(key);
    let read = read.chain(written.map(|text| expression::names_in_template(text)));
    let named = read.flatten().filter_map(|names| match names.steps {
        Steps::Named(ids) => Some(ids),
        Steps::Any => None,
    });
    named.flatten().collect()
}

/// One step is not the work: what judges that in the end has nothing to look at.
fn without_the_end(mut plan: Plan, id: &str) -> Plan {
    let why = format!("only the step `{id}` runs");
    let ends = |hook: &HookPlan| hook.timing == Timing::Post && hook.within.is_none();
    let (after, other): (Vec<HookPlan>, _) = plan.hooks.into_iter().partition(ends);
    plan.hooks = other;
    plan.skipped.extend(after.into_iter().map(|hook| {
        let skipped = Check::blocking(hook.name, CheckKind::Hook, CheckStatus::Skipped);
        Check { timing: Some(Timing::Post), blocking: hook.blocking, ..skipped.because(&why) }
    }));
    let skipped =
        |name: &str, kind| Check::blocking(name, kind, CheckStatus::Skipped).because(&why);
    if plan.panel.take().is_some() {
        plan.skipped.push(skipped("panel", CheckKind::Panel));
    }
    if plan.output.take().is_some() {
        plan.skipped.push(skipped("output", CheckKind::Schema));
    }
    plan
}
