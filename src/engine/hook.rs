//! Runs one hook: what it is told, how it is started, what it said.

pub(crate) mod again;
mod ask;
pub(crate) mod edit;

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use serde::Serialize;

use super::{child_env::Child, judges, site::Site, tree::WorkTree, unit::Line};
use crate::model::{
    changes::{FileChange, TreeChanges},
    check::{Check, CheckKind, CheckStatus, Timing},
    judges::{JudgeFile, accuse},
    run::{Event, Plan, Point, path, plan::HookPlan},
};
use ask::{Question, ask, check_of};

/// One run of a hook.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The hook.
    pub hook: HookPlan,
    /// Where in the run.
    pub at: Point,
    /// What it is told of the work.
    pub work: Work,
    /// The files that judge the work, as they were before the first call.
    pub judges: Vec<JudgeFile>,
}

/// What a hook is told of the work.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    /// The file that holds the output.
    pub output_file: Option<PathBuf>,
    /// The conversation's stream.
    pub transcript: Option<PathBuf>,
    /// The conversation's id.
    pub claude_session: Option<String>,
    /// What this run changed; `None` where that is not known.
    pub changes: Option<TreeChanges>,
}

/// Runs the hook and tells what it said, unless the work changed what the hook runs.
pub(crate) async fn hook(site: Rc<Site>, line: Line, order: Order) {
    let own = only_its_own(&site, &order);
    let changed = judges::changed(&site.trees.at(&order.at).root, &own).await;
    let check = if let Some(reason) = accuse(&changed) {
        let check = check_of(&order.hook, CheckKind::Protection, CheckStatus::Failed);
        Check { blocking: true, ..check }.because(reason)
    } else {
        let nobody = site.writers.nobody();
        let check = check(&site, &order).await;
        let alone = nobody.is_some() && nobody == site.writers.nobody();
        tell_what_it_wrote(&site, &line, &order, alone).await;
        check
    };
    line.tell(Event::HookEnded { hook: order.hook.name, at: order.at, check });
}

/// Files that no other hook of this moment names, and that were there. Any other one may have
/// been written by a hook that runs beside this one; the look before all of them has seen it.
fn only_its_own(site: &Site, order: &Order) -> Vec<JudgeFile> {
    let hook = &order.hook;
    let beside = |file: &JudgeFile| {
        let mut others = site.plan.hooks.iter();
        others.any(|other| {
            other.timing == hook.timing && other.name != hook.name && file.is_named_by(&other.name)
        })
    };
    let alone = |file: &&JudgeFile| file.is_named_by(&hook.name) && file.existed() && !beside(file);
    order.judges.iter().filter(alone).cloned().collect()
}

/// A report that the hook names, or that was not there, is its own. While agents of other branches may
/// have written one that was there, it is not.
async fn tell_what_it_wrote(site: &Site, line: &Line, order: &Order, alone: bool) {
    let mut wrote = judges::changed(&site.trees.at(&order.at).root, &order.judges).await;
    wrote.retain(|file| (alone && file.is_named_by(&order.hook.name)) || !file.existed());
    if !wrote.is_empty() {
        let paths = wrote.into_iter().map(|file| file.path).collect();
        line.tell(Event::HookWrote { hook: order.hook.name.clone(), paths });
    }
}

async fn check(site: &Site, order: &Order) -> Check {
    let hook = &order.hook;
    let at = &order.at;
    let mut env = site.child_env(Child::Hook, &unit(order), at.step(), &hook.env);
    // The input says it too; a shell script can read this one without a parser.
    if let Some(file) = &order.work.output_file {
        env.push(("ATLAS_OUTPUT_FILE".into(), file.into()));
    }
    let tree = site.trees.at(at);
    let ground = Ground::of(site, &tree);
    let input = serde_json::to_vec(&told(ground, (hook, at), &order.work)).unwrap_or_default();
    let question =
        Question { hook: hook.clone(), env, cwd: tree.root.clone(), grace: site.plan.limits.grace };
    ask(&question, input, site.stop.clone()).await
}

fn unit(order: &Order) -> String {
    let name = &order.hook.name;
    match &order.at {
        Point::Pre => format!("hook/{name}"),
        Point::Mid { step, attempt } => format!("hook/{name}/{step}/{attempt}"),
        Point::Settled { step, attempt } => format!("hook/{name}/{step}/{attempt}/after"),
        Point::Skill { step, attempt } => format!("hook/{name}/{step}/{attempt}/end"),
        Point::Post { round } | Point::Panel { round, .. } | Point::Canary { round, .. } => {
            format!("hook/{name}/{round}")
        }
        Point::HandOver => format!("hook/{name}/end"),
    }
}

/// What stands at a hook's stdin: Claude Code's own keys, so that scripts made for it work
/// unchanged, and ours.
#[derive(Debug, Serialize)]
struct Told<'a> {
    hook_event_name: &'static str,
    session_id: Option<&'a str>,
    transcript_path: Option<&'a PathBuf>,
    cwd: &'a std::path::Path,
    timing: Timing,
    run: u32,
    skill: &'a str,
    step: Option<&'a str>,
    attempt: Option<u32>,
    inputs: &'a std::collections::BTreeMap<String, String>,
    output_file: Option<&'a PathBuf>,
    changed_files: &'a [FileChange],
    base: Option<&'a str>,
    /// The tree that `changed_files` tells of; none where nobody knows what changed.
    tree: Option<&'a str>,
}

/// Where a hook is asked, and in which run.
#[derive(Clone, Copy, Debug)]
struct Ground<'a> {
    root: &'a Path,
    run: u32,
    plan: &'a Plan,
    base: Option<&'a str>,
}

impl<'a> Ground<'a> {
    fn of(site: &'a Site, tree: &'a WorkTree) -> Self {
        Self { root: &tree.root, run: site.run, plan: &site.plan, base: tree.base() }
    }
}

fn told<'a>(ground: Ground<'a>, (hook, at): (&HookPlan, &'a Point), work: &'a Work) -> Told<'a> {
    let attempt = match at {
        Point::Mid { attempt, .. }
        | Point::Settled { attempt, .. }
        | Point::Skill { attempt, .. } => Some(*attempt),
        Point::Pre
        | Point::Post { .. }
        | Point::Panel { .. }
        | Point::Canary { .. }
        | Point::HandOver => None,
    };
    let whose = hook.within.as_deref().or(at.step()).unwrap_or(path::ROOT);
    let (skill, inputs) = (ground.plan.skill_of(whose), ground.plan.inputs_of(whose));
    Told {
        // The moments of Claude Code that come nearest.
        hook_event_name: match hook.timing {
            Timing::Pre => "SessionStart",
            Timing::Mid => "SubagentStop",
            Timing::Post => "Stop",
        },
        session_id: work.claude_session.as_deref(),
        transcript_path: work.transcript.as_ref(),
        cwd: ground.root,
        timing: hook.timing,
        run: ground.run,
        skill: &skill.name,
        step: at.step(),
        attempt,
        inputs,
        output_file: work.output_file.as_ref(),
        changed_files: work.changes.as_ref().map_or(&[], |seen| &seen.files),
        base: ground.base,
        tree: work.changes.as_ref().and_then(|seen| seen.tree.as_deref()),
    }
}
