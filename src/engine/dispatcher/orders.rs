//! What units are given for their work: all of it is in the plan and in what is known.

use std::rc::Rc;

use super::Dispatcher;
use crate::{
    engine::{brief, call, frame, hook, panel},
    model::{
        Result,
        check::{Check, Timing},
        panel::Sitting,
        run::{
            Event, Point,
            event::Output,
            next,
            plan::StepPlan,
            state::{Opening, Stage, StepState},
        },
        value::{Span, Usd},
    },
};

impl Dispatcher<'_> {
    /// What an agent is told beyond the plan; a sub-agent nothing but why it was refused.
    pub(super) fn told_beyond(&self, step: &StepPlan, reasons: Vec<String>) -> Result<call::Told> {
        if step.sub_agent.is_some() {
            return Ok(call::Told { reasons, ..call::Told::nothing() });
        }
        Ok(call::Told {
            opening: self.opening(&step.id, &reasons),
            brief: brief::brief(&self.site, &self.state, step)?,
            meanwhile: frame::meanwhile(&self.state, step),
            half_done: frame::before_half_done(&self.site, &self.state, step),
            reasons,
        })
    }

    /// A conversation that an earlier run had does not know the task. Whether a call that was broken
    /// off heard it, nobody knows, so it is said again.
    fn opening(&self, step: &str, reasons: &[String]) -> Opening {
        let known = self.state.step(step).filter(|_| reasons.is_empty());
        known.map(|known| known.opening).unwrap_or_default()
    }

    /// What may still be spent: of every limit, what earlier calls have not used; of the money, what
    /// was set aside.
    pub(super) fn left(
        &self,
        step: &StepPlan,
        resume: Option<&str>,
        grant: Option<Usd>,
    ) -> call::Left {
        let (limits, ledger) = (&self.site.plan.limits, &self.state.ledger);
        let turns = limits.turns.saturating_sub(ledger.turns);
        call::Left {
            usd: grant,
            tokens: limits.tokens.map(|limit| limit.0.saturating_sub(ledger.tokens.counted())),
            turns: step.sub_agent.as_ref().map_or(turns, |own| own.turns.min(turns)),
            conversation_cost: resume.map(|id| ledger.conversation(id)).unwrap_or_default(),
            window: self.state.window(&self.site.plan, step),
        }
    }

    pub(super) fn shape(&self, at: &Point) -> Option<(Option<Output>, serde_json::Value)> {
        let plan = &self.site.plan;
        match at {
            Point::Pre | Point::HandOver | Point::Panel { .. } | Point::Canary { .. } => None,
            Point::Mid { step, .. } => {
                let known = self.state.step(step).filter(|known| known.succeeded())?;
                let schema = plan.step(step)?.output.clone()?;
                Some((known.output.clone(), schema))
            }
            Point::Post { .. } => {
                let last = self.state.step(&plan.steps.last()?.id)?;
                Some((last.output.clone(), plan.output.clone()?))
            }
        }
    }

    /// What a step gave, as soon as it is looked at.
    pub(super) fn output(&self, at: &Point) -> Option<Output> {
        match at {
            Point::Mid { step, .. } => self.state.step(step)?.output.clone(),
            Point::Pre
            | Point::Post { .. }
            | Point::Panel { .. }
            | Point::Canary { .. }
            | Point::HandOver => None,
        }
    }

    /// Asks a reviewer: it knows nothing but the work, which it is told when it is asked.
    pub(super) async fn review(
        &mut self,
        step: &str,
        attempt: u32,
        (after, grant): (Span, Option<Usd>),
    ) -> Result<()> {
        let plan = self.site.plan.call(step).expect("the plan asked for it").clone();
        self.append(Event::StepStarted { step: step.to_owned(), attempt, grant }).await?;
        let left = self.left(&plan, None, grant);
        let order = call::Order {
            step: plan,
            attempt,
            resume: None,
            told: call::Told::nothing(),
            judges: self.state.judges.files().to_vec(),
            after,
            left,
        };
        let (site, line) = (Rc::clone(&self.site), self.line.clone());
        let work = self.work_before(self.sitting(step));
        self.units.spawn_local(panel::review(site, line, order, work));
        Ok(())
    }

    /// The work as a panel judges it.
    pub(super) fn finished_work(&self) -> panel::Work {
        let last = self.site.plan.steps.last().and_then(|step| self.state.step(&step.id));
        let said = |check: &&Check| matches!(check.timing, Some(Timing::Mid | Timing::Post));
        panel::Work {
            round: self.state.round,
            planted: None,
            output: last.and_then(|known| known.output.clone()),
            checks: next::standing_checks(&self.state).filter(said).cloned().collect(),
        }
    }

    fn sitting(&self, call: &str) -> Sitting {
        let panel = self.site.plan.panel.as_ref();
        panel.and_then(|panel| panel.reviewer(call)).map_or(Sitting::Work, |(sitting, _)| sitting)
    }

    /// The work that a sitting is about.
    fn work_before(&self, sitting: Sitting) -> panel::Work {
        let planted = self.state.canary().and_then(|canary| canary.fault.clone());
        panel::Work {
            planted: planted.filter(|_| sitting == Sitting::Canary),
            ..self.finished_work()
        }
    }

    /// What the first `asked` reviewers said.
    pub(super) fn hearing(&self, at: Point, asked: u32) -> panel::Hearing {
        let panel = self.site.plan.panel.as_ref().expect("the plan asked for a panel");
        let sitting = at.sitting();
        let calls = panel.calls(sitting).into_iter().zip(&panel.reviewers);
        let heard = calls.take(asked as usize).filter_map(|(call, reviewer)| {
            match self.state.step(&call.id)? {
                StepState { call: Stage::Ended(outcome), output, .. } => {
                    Some((reviewer.name().to_owned(), outcome.clone(), output.clone()))
                }
                _ => None,
            }
        });
        panel::Hearing {
            at,
            work: self.work_before(sitting),
            judges: self.state.judges.files().to_vec(),
            heard: heard.collect(),
        }
    }

    /// What a hook is told: of the step it looks at, or of the last one.
    pub(super) fn work(&self, at: &Point) -> hook::Work {
        let plan = &self.site.plan;
        let step = match at {
            Point::Pre | Point::HandOver | Point::Panel { .. } | Point::Canary { .. } => {
                return hook::Work::default();
            }
            Point::Mid { step, .. } => step,
            Point::Post { .. } => match plan.steps.last() {
                Some(step) => &step.id,
                None => return hook::Work::default(),
            },
        };
        let Some(known) = self.state.step(step) else { return hook::Work::default() };
        let dir = self.site.session.stored().attempt_dir(self.site.run, step, known.attempt);
        hook::Work {
            output_file: self.site.output_file(step, known),
            transcript: plan.work.is_none().then(|| dir.join("stream.jsonl")),
            claude_session: known.conversation.clone(),
            changes: self.state.changes.clone(),
        }
    }
}
