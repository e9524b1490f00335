//! Runs one hook: what it is told, how it is started, what it said.

use std::{ffi::OsString, path::PathBuf, rc::Rc, time::Duration};

use serde::Serialize;

use super::{child_env::Child, judges, site::Site, unit::Line};
use crate::{
    model::{
        changes::{FileChange, TreeChanges},
        check::{Check, CheckKind, CheckStatus, Timing},
        hook_answer::{self, HookEnd},
        judges::{JudgeFile, accuse},
        run::{Event, Point, plan::HookPlan},
    },
    sys::{
        capture::KEEP_BYTES,
        process::{End, Exit, Program, RunLimits, run},
        sweep::sweep,
    },
};

/// How long something that a hook started may hold its pipes after it.
const LEAK_GRACE: Duration = Duration::from_millis(200);

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
    let changed = judges::changed(&site.tree.root, &own).await;
    let check = if let Some(reason) = accuse(&changed) {
        let check = of(&order.hook, CheckKind::Protection, CheckStatus::Failed);
        Check { blocking: true, ..check }.because(reason)
    } else {
        let check = check(&site, &order).await;
        tell_what_it_wrote(&site, &line, &order).await;
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

/// While a hook runs no agent does, so a report that it names, or that was not there, is its own.
async fn tell_what_it_wrote(site: &Site, line: &Line, order: &Order) {
    let mut wrote = judges::changed(&site.tree.root, &order.judges).await;
    wrote.retain(|file| file.is_named_by(&order.hook.name) || !file.existed());
    if !wrote.is_empty() {
        let paths = wrote.into_iter().map(|file| file.path).collect();
        line.tell(Event::HookWrote { hook: order.hook.name.clone(), paths });
    }
}

fn of(hook: &HookPlan, kind: CheckKind, status: CheckStatus) -> Check {
    Check {
        name: hook.name.clone(),
        kind,
        timing: Some(hook.timing),
        blocking: hook.blocking,
        status,
        reason: None,
        ms: 0,
    }
}

async fn check(site: &Site, order: &Order) -> Check {
    let hook = &order.hook;
    let started = std::time::Instant::now();
    let limits = RunLimits {
        timeout: hook.timeout.0,
        grace: site.plan.limits.grace.0,
        keep_bytes: KEEP_BYTES,
        leak_grace: LEAK_GRACE,
    };
    let input = serde_json::to_vec(&told(site, order)).unwrap_or_default();
    let program = program(site, order);
    let (end, stdout, stderr) = match run(&program, input, limits, site.stop.clone()).await {
        Ok(done) => (ending(done.end), done.stdout.text(), done.stderr.text()),
        Err(error) => (HookEnd::NotStarted(error.to_string()), String::new(), String::new()),
    };
    let answer = hook_answer::read(&end, &stdout, &stderr);
    leftovers(site, order).await;
    Check {
        reason: answer.reason.or(match answer.status {
            CheckStatus::Passed => answer.context,
            CheckStatus::Failed | CheckStatus::Error | CheckStatus::Skipped => None,
        }),
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..of(hook, CheckKind::Hook, answer.status)
    }
}

fn ending(end: End) -> HookEnd {
    match end {
        End::Exited(Exit::Code(code)) => HookEnd::Code(code),
        End::Exited(Exit::Signal(signal)) => HookEnd::Signal(signal),
        End::TimedOut => HookEnd::TimedOut,
        End::Stopped => HookEnd::Stopped,
    }
}

fn program(site: &Site, order: &Order) -> Program {
    let step = match &order.at {
        Point::Mid { step, .. } => Some(step.as_str()),
        Point::Pre | Point::Post { .. } | Point::Panel { .. } | Point::HandOver => None,
    };
    let mut command = order.hook.command.iter();
    let mut env = site.child_env(Child::Hook, &unit(order), step, &order.hook.env);
    // The input says it too; a shell script can read this one without a parser.
    if let Some(file) = &order.work.output_file {
        env.push(("ATLAS_OUTPUT_FILE".into(), file.into()));
    }
    Program {
        path: command.next().map(PathBuf::from).unwrap_or_default(),
        args: command.map(OsString::from).collect(),
        cwd: site.tree.root.clone(),
        env,
    }
}

fn unit(order: &Order) -> String {
    let name = &order.hook.name;
    match &order.at {
        Point::Pre => format!("hook/{name}"),
        Point::Mid { step, attempt } => format!("hook/{name}/{step}/{attempt}"),
        Point::Post { round } | Point::Panel { round, .. } => format!("hook/{name}/{round}"),
        Point::HandOver => format!("hook/{name}/end"),
    }
}

/// A hook is over when its program is; what it left behind must not work on.
async fn leftovers(site: &Site, order: &Order) {
    let cookie = site.cookie(&unit(order));
    let grace = site.plan.limits.grace.0;
    let _nobody_left = tokio::task::spawn_blocking(move || sweep(&[cookie], grace)).await;
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

fn told<'a>(site: &'a Site, order: &'a Order) -> Told<'a> {
    let (step, attempt) = match &order.at {
        Point::Mid { step, attempt } => (Some(step.as_str()), Some(*attempt)),
        Point::Pre | Point::Post { .. } | Point::Panel { .. } | Point::HandOver => (None, None),
    };
    Told {
        // The moments of Claude Code that come nearest.
        hook_event_name: match order.hook.timing {
            Timing::Pre => "SessionStart",
            Timing::Mid => "SubagentStop",
            Timing::Post => "Stop",
        },
        session_id: order.work.claude_session.as_deref(),
        transcript_path: order.work.transcript.as_ref(),
        cwd: &site.tree.root,
        timing: order.hook.timing,
        run: site.run,
        skill: &site.plan.skill.name,
        step,
        attempt,
        inputs: &site.plan.inputs,
        output_file: order.work.output_file.as_ref(),
        changed_files: order.work.changes.as_ref().map_or(&[], |seen| &seen.files),
        base: site.tree.base(),
        tree: order.work.changes.as_ref().and_then(|seen| seen.tree.as_deref()),
    }
}
