//! Hooks outside of a run: again on the work of one that is over, or one hook on words of one's
//! own.
//!
//! What a hook is, and whether it may run, is read anew: a journal is a file of the repository, and
//! nothing in it is executed. Only what hooks are told comes from there.

use std::{collections::BTreeMap, ffi::OsStr, path::Path};

use serde_json::Value;
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;

use super::{
    Ground, Work,
    ask::{Question, ask},
    told,
};
use crate::{
    engine::{
        child_env::{Child, child_env},
        made,
        prepare::Around,
    },
    model::{
        check::{Check, Timing},
        run::{
            Effect, Event, Plan, Point, State, leaves::Leaf, next::hooks_at, path, plan::HookPlan,
        },
    },
    store::session::SessionDir,
    sys::{signals::Stop, sweep::COOKIE},
};

/// A run that is over, and the hooks as they are now.
#[derive(Debug)]
pub struct Again<'a> {
    /// What was planned, with the hooks of today.
    pub plan: &'a Plan,
    /// What came of it.
    pub state: &'a State,
    /// Where it is kept.
    pub session: &'a SessionDir,
}

impl Again<'_> {
    /// Runs all hooks of one timing, side by side except where one needs another. The checks come
    /// in the order of the files that name the hooks.
    ///
    /// Mid hooks look at the last attempt of each step.
    pub async fn run(
        &self,
        timing: Timing,
        around: &Around,
        stop: &watch::Receiver<Stop>,
    ) -> Vec<Check> {
        let mut checks = Vec::new();
        for at in self.points(timing) {
            checks.extend(self.run_at(timing, &at, (around, stop)).await);
        }
        checks
    }

    fn points(&self, timing: Timing) -> Vec<Point> {
        match timing {
            Timing::Pre => vec![Point::Pre],
            Timing::Post => vec![Point::Post { round: self.state.round }],
            Timing::Mid => {
                let leaves = self.plan.leaves(self.state).into_iter().filter(Leaf::is_call);
                let begun = leaves.filter_map(|leaf| {
                    let attempt = self.state.step(&leaf.path)?.attempt;
                    Some(Point::Mid { step: leaf.path, attempt })
                });
                begun.collect()
            }
        }
    }

    /// The rules of a run decide which hook may start; here nothing came before.
    async fn run_at(
        &self,
        timing: Timing,
        at: &Point,
        (around, stop): (&Around, &watch::Receiver<Stop>),
    ) -> Vec<Check> {
        let mut state = State::default();
        let mut running: JoinSet<Event> = JoinSet::new();
        loop {
            let effects = match hooks_at(self.plan, &state, timing, at) {
                Ok(checks) => return checks,
                Err(effects) => effects,
            };
            let decided = effects.iter().any(|effect| matches!(effect, Effect::Record(_)));
            for effect in effects {
                match effect {
                    Effect::Record(event) => state.apply(&event),
                    Effect::RunHook { hook, at } => {
                        state.apply(&Event::HookStarted { hook: hook.clone(), at: at.clone() });
                        let hook = self.plan.hook(&hook).expect("the plan asked for it");
                        running.spawn(self.asking(hook, at, (around, stop.clone())));
                    }
                    Effect::Freeze
                    | Effect::Check { .. }
                    | Effect::Decide { .. }
                    | Effect::Branch { .. }
                    | Effect::Merge { .. }
                    | Effect::Run { .. }
                    | Effect::Cancel { .. }
                    | Effect::Plant { .. }
                    | Effect::TakeWork { .. }
                    | Effect::Call { .. }
                    | Effect::Stop(_)
                    | Effect::AwaitQuota { .. } => {
                        unreachable!("hooks of one point start hooks only")
                    }
                }
            }
            if decided {
                continue;
            }
            let ended = running.join_next().await.expect("no hook waits for itself by others");
            state.apply(&ended.expect("asking a hook does not panic"));
        }
    }

    fn asking(
        &self,
        hook: &HookPlan,
        at: Point,
        (around, stop): (&Around, watch::Receiver<Stop>),
    ) -> impl Future<Output = Event> + use<> {
        let (question, input) = self.question(hook, &at, around);
        async move {
            let check = ask(&question, input, stop).await;
            Event::HookEnded { hook: question.hook.name, at, check }
        }
    }

    fn question(&self, hook: &HookPlan, at: &Point, around: &Around) -> (Question, Vec<u8>) {
        let work = self.work(at);
        let ground = Ground {
            root: self.plan.hook_dir(),
            run: self.state.run,
            plan: self.plan,
            base: self.state.changes_at(at).and_then(|seen| seen.base.as_deref()),
        };
        let told = serde_json::to_vec(&told(ground, (hook, at), &work)).unwrap_or_default();
        let session = self.session.path.as_os_str();
        let run = self.state.run.to_string();
        let skill = self.plan.skill_of(hook.within.as_deref().or(at.step()).unwrap_or(path::ROOT));
        let mut ours = vec![
            ("ATLAS_SESSION", session),
            ("ATLAS_RUN", OsStr::new(&run)),
            ("ATLAS_SKILL", OsStr::new(&skill.name)),
            ("ATLAS_SKILL_DIR", skill.dir.as_os_str()),
        ];
        ours.extend(at.step().map(|step| ("ATLAS_STEP", OsStr::new(step))));
        ours.extend(work.output_file.as_ref().map(|file| ("ATLAS_OUTPUT_FILE", file.as_os_str())));
        (question(hook, (self.plan.hook_dir(), around), &ours), told)
    }

    /// What a hook is told: of the step it looks at, or of the last one.
    fn work(&self, at: &Point) -> Work {
        let (speaker, spoke);
        let step = match at {
            Point::Pre
            | Point::Settled { .. }
            | Point::Panel { .. }
            | Point::Canary { .. }
            | Point::HandOver => {
                return Work::default();
            }
            Point::Mid { step, .. } => Some(step),
            Point::Skill { step, .. } => {
                spoke = self.plan.made_by(self.state, step).speaker().map(str::to_owned);
                spoke.as_ref()
            }
            Point::Post { .. } => {
                speaker = self.plan.speaker(self.state);
                speaker.as_ref()
            }
        };
        let changes = self.state.changes_at(at).cloned();
        let Some((step, known)) = step.and_then(|step| Some((step, self.state.step(step)?))) else {
            let made = made::by_run(self.session, self.plan, self.state).unwrap_or_default();
            let output_file = made.file.filter(|file| file.is_file());
            return Work { output_file, changes, ..Work::default() };
        };
        let dir = self.session.attempt_dir(self.state.run, step, known.attempt);
        let files = ["output.json", "output.md"].map(|name| dir.join(name));
        Work {
            output_file: files.into_iter().find(|file| file.is_file()),
            transcript: Some(dir.join("stream.jsonl")).filter(|file| file.is_file()),
            claude_session: known.conversation.clone(),
            changes,
        }
    }
}

/// Asks one hook with these words at its stdin.
pub async fn ask_once(
    hook: &HookPlan,
    (root, around): (&Path, &Around),
    input: Vec<u8>,
    stop: watch::Receiver<Stop>,
) -> Check {
    let told: BTreeMap<String, Value> = serde_json::from_slice(&input).unwrap_or_default();
    let output = told.get("output_file").and_then(Value::as_str);
    let skill = told.get("skill").and_then(Value::as_str);
    let ours: Vec<(&str, &OsStr)> = [("ATLAS_OUTPUT_FILE", output), ("ATLAS_SKILL", skill)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, OsStr::new(value?))))
        .collect();
    ask(&question(hook, (root, around), &ours), input, stop).await
}

fn question(
    hook: &HookPlan,
    (root, around): (&Path, &Around),
    ours: &[(&str, &OsStr)],
) -> Question {
    let cookie = format!("hooks/{}/{}", Uuid::new_v4().simple(), hook.name);
    let mut ours = ours.to_vec();
    ours.push((COOKIE, OsStr::new(&cookie)));
    Question {
        env: child_env(&around.env, Child::Hook, &hook.env, &ours),
        hook: hook.clone(),
        cwd: root.to_owned(),
        grace: crate::model::config::defaults::GRACE,
    }
}
