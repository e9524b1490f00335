//! What units are given for their work: all of it is in the plan and in what is known.

use std::{path::PathBuf, rc::Rc};

use super::Dispatcher;
use crate::{
    engine::{brief, call, frame, hook, made, panel, scope},
    model::{
        Result,
        check::{Check, Timing},
        contract::Conversation,
        panel::Sitting,
        prompt,
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
    /// What an agent is told beyond the plan; a sub-agent nothing but the question that a contract
    /// asks it, and why it was refused. What a template asks for and is not there is the step's own
    /// failure.
    pub(super) fn told_beyond(
        &self,
        step: &StepPlan,
        reasons: Vec<String>,
    ) -> Result<Result<call::Told, String>> {
        if step.sub_agent.is_some() {
            let asked = scope::words(&self.site, &self.state, &step.id);
            let brief = asked.map(|words| words.map(|words| prompt::own_task(&words)));
            return Ok(brief.map(|brief| call::Told {
                reasons,
                brief: brief.unwrap_or_default(),
                ..call::Told::nothing()
            }));
        }
        let brief = match brief::brief(&self.site, &self.state, step)? {
            Ok(brief) => brief,
            Err(why) => return Ok(Err(why)),
        };
        Ok(Ok(call::Told {
            opening: self.opening(step, &reasons),
            brief,
            meanwhile: frame::meanwhile(&self.state, step),
            half_done: frame::before_half_done(&self.site, &self.state, step),
            reasons,
        }))
    }

    /// A conversation that an earlier run had does not know the task. Whether a call that was broken
    /// off heard it, nobody knows, so it is said again.
    fn opening(&self, step: &StepPlan, reasons: &[String]) -> Opening {
        if step.conversation == Conversation::Continue && reasons.is_empty() {
            return Opening::Task;
        }
        let known = self.state.step(&step.id).filter(|_| reasons.is_empty());
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
        let own = &step.limits;
        let own_turns = own.turns.or(step.sub_agent.as_ref().map(|own| own.turns));
        let turns = limits.turns.saturating_sub(ledger.turns);
        call::Left {
            usd: grant.into_iter().chain(own.usd).min(),
            turns: own_turns.map_or(turns, |own| own.min(turns)),
            conversation_cost: resume.map(|id| ledger.conversation(id)).unwrap_or_default(),
            window: self.state.window(&self.site.plan, step),
        }
    }

    pub(super) fn shape(&self, at: &Point) -> Result<Option<(Option<Output>, serde_json::Value)>> {
        let plan = &self.site.plan;
        Ok(match at {
            Point::Pre
            | Point::Settled { .. }
            | Point::HandOver
            | Point::Panel { .. }
            | Point::Canary { .. } => None,
            Point::Mid { step, .. } => {
                let known = self.state.step(step).filter(|known| known.succeeded());
                let schema = plan.step(step).and_then(|step| step.output.clone());
                known.zip(schema).map(|(known, schema)| (known.output.clone(), schema))
            }
            Point::Skill { step, .. } => {
                match plan.skill_step(step).and_then(|skill| skill.output.clone()) {
                    Some(schema) => Some((self.made(at)?.0, schema)),
                    None => None,
                }
            }
            Point::Post { .. } => match plan.output.clone() {
                Some(schema) => Some((self.made(at)?.0, schema)),
                None => None,
            },
        })
    }

    /// What a step gave, as soon as it is looked at.
    pub(super) fn output(&self, at: &Point) -> Option<Output> {
        match at {
            Point::Mid { step, .. } => self.state.step(step)?.output.clone(),
            Point::Pre
            | Point::Settled { .. }
            | Point::Skill { .. }
            | Point::Post { .. }
            | Point::Panel { .. }
            | Point::Canary { .. }
            | Point::HandOver => None,
        }
    }

    /// What was made by then, and the file that holds it.
    fn made(&self, at: &Point) -> Result<(Option<Output>, Option<PathBuf>)> {
        let of = match at {
            Point::Skill { step, attempt } => made::Of::Skill(step, *attempt),
            Point::Pre
            | Point::Mid { .. }
            | Point::Settled { .. }
            | Point::Post { .. }
            | Point::Panel { .. }
            | Point::Canary { .. }
            | Point::HandOver => made::Of::Run,
        };
        made::for_judges(&self.site, &self.state, of)
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
            stop: self.site.stop.clone(),
        };
        let (site, line) = (Rc::clone(&self.site), self.line.clone());
        let work = self.work_before(self.sitting(step))?;
        self.units.spawn_local(panel::review(site, line, order, work));
        Ok(())
    }

    /// The work as a panel judges it.
    pub(super) fn finished_work(&self) -> Result<panel::Work> {
        let said = |check: &&Check| matches!(check.timing, Some(Timing::Mid | Timing::Post));
        Ok(panel::Work {
            round: self.state.round,
            planted: None,
            output: made::for_judges(&self.site, &self.state, made::Of::Run)?.0,
            speaker: self.site.plan.speaker(&self.state),
            checks: next::standing_checks(&self.state).filter(said).cloned().collect(),
        })
    }

    fn sitting(&self, call: &str) -> Sitting {
        let panel = self.site.plan.panel.as_ref();
        panel.and_then(|panel| panel.reviewer(call)).map_or(Sitting::Work, |(sitting, _)| sitting)
    }

    /// The work that a sitting is about.
    fn work_before(&self, sitting: Sitting) -> Result<panel::Work> {
        let planted = self.state.canary().and_then(|canary| canary.fault.clone());
        Ok(panel::Work {
            planted: planted.filter(|_| sitting == Sitting::Canary),
            ..self.finished_work()?
        })
    }

    /// What the first `asked` reviewers said.
    pub(super) fn hearing(&self, at: Point, asked: u32) -> Result<panel::Hearing> {
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
        Ok(panel::Hearing {
            at,
            work: self.work_before(sitting)?,
            judges: self.state.judges.files().to_vec(),
            judged: self.state.judged().map(str::to_owned),
            heard: heard.collect(),
        })
    }

    /// What a hook is told: of the step it looks at, or of the last one.
    pub(super) fn work(&self, at: &Point) -> Result<hook::Work> {
        let changes = self.state.changes_at(at).cloned();
        let step = match at {
            Point::Pre
            | Point::Settled { .. }
            | Point::HandOver
            | Point::Panel { .. }
            | Point::Canary { .. } => {
                return Ok(hook::Work::default());
            }
            Point::Mid { step, .. } => Some(step.clone()),
            Point::Skill { step, .. } => {
                self.site.plan.made_by(&self.state, step).speaker().map(str::to_owned)
            }
            Point::Post { .. } => self.site.plan.speaker(&self.state),
        };
        let known = step.and_then(|step| Some((self.state.step(&step)?, step)));
        let Some((known, step)) = known else {
            let (_, output_file) = self.made(at)?;
            return Ok(hook::Work { output_file, changes, ..hook::Work::default() });
        };
        let step = step.as_str();
        let dir = self.site.session.stored().attempt_dir(self.site.run, step, known.attempt);
        let plan = &self.site.plan;
        let calls = plan.work.is_none() && plan.command(step).is_none();
        Ok(hook::Work {
            output_file: self.site.output_file(step, known),
            transcript: calls.then(|| dir.join("stream.jsonl")),
            claude_session: known.conversation.clone(),
            changes,
        })
    }
}
