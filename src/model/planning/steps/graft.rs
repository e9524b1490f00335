//! The plan of another skill becomes a part of this one.
//!
//! It was made as if that skill were run by itself, so its contract means here what it means there.
//! Only the paths of its steps are longer, and the names of its hooks and the files of its sections
//! are its own.

use super::{Grown, SkillPlan};
use crate::model::{
    contract::Fact,
    judges::{Judge, JudgeFile},
    run::{
        path,
        plan::{CommandPlan, Does, HookPlan, Node, Plan, StepPlan},
    },
    skill::stages::Stages,
};

/// Whether a run gets to a step, as far as the plan can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// If nothing goes wrong before it.
    Surely,
    /// Only the run can tell.
    Perhaps,
}

/// Puts the plan of another skill in the place of the step `id` below `parent`.
///
/// What it requires is looked at before the run; but a fact that is empty is no reason to begin
/// nothing where the skill may not run at all.
pub(super) fn graft(
    (id, parent): (&str, &str),
    other: &Plan,
    reached: Reached,
    grown: &mut Grown,
) -> Node {
    let at = &path::child(parent, id);
    let steps = other.steps.iter().map(|step| self::step(at, step));
    grown.steps.extend(steps);
    let below = |id: &str| path::child(at, id);
    let command = |command: &CommandPlan| CommandPlan { id: below(&command.id), ..command.clone() };
    grown.commands.extend(other.commands.iter().map(command));
    let parts = &mut grown.parts;
    parts.skills.push(SkillPlan {
        id: at.to_owned(),
        skill: other.skill.clone(),
        inputs: other.inputs.clone(),
        typed: other.typed.clone(),
        output: other.output.clone(),
        repair: if other.repair.is_empty() { String::new() } else { below(&other.repair) },
        retry: other.retry.clone(),
    });
    parts.skills.extend(other.skills.iter().map(|inner| SkillPlan {
        id: below(&inner.id),
        repair: if inner.repair.is_empty() { String::new() } else { below(&inner.repair) },
        ..inner.clone()
    }));
    parts.hooks.extend(other.hooks.iter().map(|hook| self::hook(at, hook)));
    parts.judges.extend(other.judges.iter().map(|file| self::judge(at, file)));
    parts.facts.extend(other.facts.iter().cloned());
    let mut requires = other.requires.clone();
    let needs = match reached {
        Reached::Surely => Vec::new(),
        Reached::Perhaps => std::mem::take(&mut requires.given),
    };
    parts.requires = std::mem::take(&mut parts.requires).and(requires);
    parts.skipped.extend(other.skipped.iter().cloned());
    for source in &other.sources {
        if !parts.sources.contains(source) {
            parts.sources.push(source.clone());
        }
    }
    let mut tree = other.tree.clone();
    retries(&mut tree, other);
    Node { lacks: lacks(&needs, other), ..Node::plain(id, Does::Skill(tree)) }
}

/// Which of these facts are empty.
fn lacks(needs: &[Fact], other: &Plan) -> Option<String> {
    let of = |need: &Fact| other.facts.iter().find(|known| known.fact == *need);
    let empty = needs.iter().filter_map(|need| Some((need, of(need)?.empty.as_ref()?)));
    let told: Vec<String> = empty.map(|(need, why)| format!("needs {need}: {why}")).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// How often an agent of another skill is asked again is that skill's own matter.
fn retries(nodes: &mut [Node], other: &Plan) {
    for node in nodes {
        match &mut node.does {
            Does::Call => drop(node.retry.get_or_insert_with(|| other.retry.clone())),
            Does::Run | Does::Skill(_) => {}
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Each { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps) => retries(steps, other),
        }
    }
}

/// The files of all staged skills lie in one folder.
fn step(at: &str, step: &StepPlan) -> StepPlan {
    let mut stages: Stages = step.stages.clone();
    for file in &mut stages.files {
        file.name = format!("{}-{}", at.replace('/', "-"), file.name);
    }
    StepPlan { id: path::child(at, &step.id), stages, ..step.clone() }
}

fn hook(at: &str, hook: &HookPlan) -> HookPlan {
    let below = |id: &String| path::child(at, id);
    HookPlan {
        name: below(&hook.name),
        needs: hook.needs.iter().map(below).collect(),
        steps: hook.steps.as_ref().map(|steps| steps.iter().map(below).collect()),
        within: Some(hook.within.as_ref().map_or_else(|| at.to_owned(), below)),
        ..hook.clone()
    }
}

fn judge(at: &str, file: &JudgeFile) -> JudgeFile {
    let of = file.of.iter().map(|judge| match judge {
        Judge::Hook(name) => Judge::Hook(path::child(at, name)),
        Judge::Definition(name) => Judge::Definition(path::child(at, name)),
        Judge::Evidence(name) => Judge::Evidence(path::child(at, name)),
        Judge::Step(id) => Judge::Step(path::child(at, id)),
        Judge::Contract => Judge::Contract,
        Judge::Schema => Judge::Schema,
    });
    JudgeFile { of: of.collect(), ..file.clone() }
}
