//! What runs right now, on a terminal: one line for each step and hook under way.

use std::{collections::BTreeMap, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{look::Look, words, wrap};
use crate::model::{
    Activity,
    run::{Event, Point},
};

/// The lines of everything that runs.
pub struct LiveView {
    progress: MultiProgress,
    rows: BTreeMap<Row, ProgressBar>,
    look: Look,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Step(String),
    Hook(Point, String),
}

/// A name longer than this would leave no room for what happens.
const WIDEST_NAME: usize = 24;

const TICK: Duration = Duration::from_millis(120);

impl LiveView {
    /// Draws there.
    pub fn new(progress: MultiProgress, look: Look) -> Self {
        Self { progress, rows: BTreeMap::new(), look }
    }

    /// What began gets a line, what ended loses it.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::StepStarted { step, .. } => self.begin(Row::Step(step.clone()), step, "starts"),
            Event::CommandStarted { step, .. } => {
                self.begin(Row::Step(step.clone()), step, "runs");
            }
            Event::CommandEnded(command) => self.end_row(&Row::Step(command.step.clone())),
            Event::CallStarted(call) => self.says(&call.step, "asks"),
            Event::CallRetrying { step, after, .. } => {
                self.begin(Row::Step(step.clone()), step, &format!("waits {after}"));
            }
            Event::CallRefused { step, .. } => self.says(step, "was refused, and asks again"),
            Event::CallEnded(call)
                if call.step.starts_with("panel/") || call.step.starts_with("canary/") =>
            {
                self.end_row(&Row::Step(call.step.clone()));
            }
            Event::CallEnded(call) => self.says(&call.step, "is being looked at"),
            Event::StepEnded { step, .. } | Event::Retry { step, .. } => {
                self.end_row(&Row::Step(step.clone()));
            }
            Event::HookStarted { hook, at } => {
                self.begin(Row::Hook(at.clone(), hook.clone()), &format!("hook {hook}"), "");
            }
            Event::HookEnded { hook, at, .. } => {
                self.end_row(&Row::Hook(at.clone(), hook.clone()));
            }
            Event::Interrupted { .. } => {
                for row in self.rows.values() {
                    row.set_message("is being ended");
                }
            }
            Event::RunStarted { .. }
            | Event::Plan { .. }
            | Event::Reused(_)
            | Event::RunResumed { .. }
            | Event::Decided { .. }
            | Event::Cancelled { .. }
            | Event::StepCached(_)
            | Event::ChecksStarted { .. }
            | Event::ChecksEnded { .. }
            | Event::JudgesFrozen { .. }
            | Event::HookWrote { .. }
            | Event::Vote { .. }
            | Event::Finding { .. }
            | Event::Verdict { .. }
            | Event::CanaryPlanted { .. }
            | Event::CanaryJudged { .. }
            | Event::WorkTaken(_)
            | Event::EditChecked { .. }
            | Event::Changes { .. }
            | Event::LimitReached { .. }
            | Event::CallAnswered { .. }
            | Event::Unavailable { .. }
            | Event::QuotaAwaited { .. }
            | Event::QuotaReset
            | Event::RunEnded { .. }
            | Event::Unknown => {}
        }
    }

    /// What the agent does comes last in the line, because a narrow terminal cuts it there.
    pub fn activity(&mut self, activity: &Activity) {
        let mut parts = vec![format!("{} tokens", activity.tokens)];
        if let Some(usd) = activity.usd_estimate {
            parts.push(format!("{} {usd}", self.look.about()));
        }
        parts.push(words::first_line(&activity.doing, self.look));
        self.says(&activity.step, &parts.join(self.look.separator()));
    }

    /// Nothing runs any more.
    pub fn end(self) {
        for row in self.rows.into_values() {
            row.finish_and_clear();
        }
        // A terminal that is gone has nothing left to clear.
        let _gone = self.progress.clear();
    }

    fn begin(&mut self, row: Row, name: &str, message: &str) {
        let name = wrap::cut(&words::first_line(name, self.look), WIDEST_NAME, "…");
        let bar = self.rows.entry(row).or_insert_with(|| {
            let bar = self.progress.add(ProgressBar::new_spinner().with_style(style()));
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_prefix(name);
        bar.set_message(message.to_owned());
        bar.tick();
    }

    fn says(&mut self, step: &str, message: &str) {
        if let Some(bar) = self.rows.get(&Row::Step(step.to_owned())) {
            bar.set_message(message.to_owned());
        }
    }

    fn end_row(&mut self, row: &Row) {
        if let Some(bar) = self.rows.remove(row) {
            bar.finish_and_clear();
            self.progress.remove(&bar);
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}")
        .expect("the template is a constant")
        .tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "])
}
