//! What runs right now, on a terminal: one line for each step and hook under way, below
//! the steps that hold it.

mod rows;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{look::Look, words, wrap};
use crate::model::{
    Activity,
    run::{Event, Plan, State},
};
use rows::{Kind, Line, Place, Rows};

/// The lines of everything that runs.
pub struct LiveView {
    progress: MultiProgress,
    rows: Rows,
    /// What is known of each row, whether or not it is shown.
    known: BTreeMap<Place, Known>,
    /// The lines that are drawn.
    drawn: BTreeMap<Place, ProgressBar>,
    /// Where each running step stands.
    places: BTreeMap<String, Place>,
    look: Look,
}

/// What is known of a row.
struct Known {
    since: Instant,
    message: String,
}

/// A name longer than this would leave no room for what happens.
const WIDEST_NAME: usize = 24;

const TICK: Duration = Duration::from_millis(120);

/// A step that holds another stands so far to the left of it, in columns.
const INDENT: usize = 2;

impl LiveView {
    /// Draws there.
    pub fn new(progress: MultiProgress, look: Look) -> Self {
        Self {
            progress,
            rows: Rows::default(),
            known: BTreeMap::new(),
            drawn: BTreeMap::new(),
            places: BTreeMap::new(),
            look,
        }
    }

    /// What began gets a line, what ended loses it.
    pub fn event(&mut self, plan: &Plan, state: &State, event: &Event) {
        match event {
            Event::StepStarted { step, .. } => self.begin_step(plan, step, "starts"),
            Event::CommandStarted { step, .. } => self.begin_step(plan, step, "runs"),
            Event::CommandEnded(command) => self.end_step(&command.step),
            Event::CallStarted(call) => self.says(&call.step, "asks"),
            Event::CallRetrying { step, after, .. } => {
                self.begin_step(plan, step, &format!("waits {after}"));
            }
            Event::CallRefused { step, .. } => self.says(step, "was refused, and asks again"),
            Event::CallEnded(call)
                if call.step.starts_with("panel/") || call.step.starts_with("canary/") =>
            {
                self.end_step(&call.step);
            }
            Event::CallEnded(call) => self.says(&call.step, "is being looked at"),
            Event::StepEnded { step, .. } | Event::Retry { step, .. } => self.end_step(step),
            Event::HookStarted { hook, at } => {
                self.begin(Place::of_other(&format!("{hook} {at:?}")), &format!("hook {hook}"), "");
            }
            Event::HookEnded { hook, at, .. } => {
                self.end_row(&Place::of_other(&format!("{hook} {at:?}")));
            }
            Event::Interrupted { .. } => {
                for known in self.known.values_mut() {
                    "is being ended".clone_into(&mut known.message);
                }
            }
            Event::RunStarted { .. }
            | Event::Plan { .. }
            | Event::Reused(_)
            | Event::RunResumed { .. }
            | Event::Decided { .. }
            | Event::BranchBegan { .. }
            | Event::BranchMerged { .. }
            | Event::Cancelled { .. }
            | Event::StepCached(_)
            | Event::ChecksStarted { .. }
            | Event::ChecksEnded { .. }
            | Event::JudgesFrozen { .. }
            | Event::HookWrote { .. }
            | Event::Vote { .. }
            | Event::Finding { .. }
            | Event::Verdict { .. }
            | Event::TreeJudged { .. }
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
            | Event::Unknown => return,
        }
        self.draw(plan, state);
    }

    /// What the agent does comes last in the line, because a narrow terminal cuts it there.
    pub fn activity(&mut self, activity: &Activity) {
        let mut parts = vec![format!("{} tokens", activity.tokens)];
        if let Some(usd) = activity.usd_estimate {
            parts.push(format!("{} {usd}", self.look.about()));
        }
        parts.push(words::first_line(&activity.doing, self.look));
        let message = parts.join(self.look.separator());
        self.says(&activity.step, &message);
        if let Some(bar) = self.places.get(&activity.step).and_then(|it| self.drawn.get(it)) {
            bar.set_message(message);
        }
    }

    /// Nothing runs any more.
    pub fn end(self) {
        for bar in self.drawn.into_values() {
            bar.finish_and_clear();
        }
        // A terminal that is gone has nothing left to clear.
        let _gone = self.progress.clear();
    }

    fn begin_step(&mut self, plan: &Plan, step: &str, message: &str) {
        let place = Place::of_step(plan, step);
        self.places.insert(step.to_owned(), place.clone());
        self.begin(place, step, message);
    }

    fn begin(&mut self, place: Place, name: &str, message: &str) {
        let since = self.known.get(&place).map_or_else(Instant::now, |known| known.since);
        self.known.insert(place.clone(), Known { since, message: message.to_owned() });
        self.rows.begin(place, name);
    }

    fn says(&mut self, step: &str, message: &str) {
        let place = self.places.get(step);
        if let Some(known) = place.and_then(|place| self.known.get_mut(place)) {
            message.clone_into(&mut known.message);
        }
    }

    fn end_step(&mut self, step: &str) {
        if let Some(place) = self.places.remove(step) {
            self.end_row(&place);
        }
    }

    fn end_row(&mut self, place: &Place) {
        self.rows.end(place);
        self.known.remove(place);
    }

    /// Brings the terminal to what runs now.
    fn draw(&mut self, plan: &Plan, state: &State) {
        let lines = self.rows.lines(plan, state);
        self.drawn.retain(|place, bar| {
            let stays = lines.iter().any(|line| line.place == *place);
            if !stays {
                bar.finish_and_clear();
                self.progress.remove(bar);
            }
            stays
        });
        for (at, line) in lines.iter().enumerate() {
            let known = self.known.get(&line.place).filter(|_| line.kind == Kind::Runs);
            let bar = self.drawn.entry(line.place.clone()).or_insert_with(|| {
                let bar = ProgressBar::new_spinner().with_style(style(&line.kind));
                let elapsed = known.map_or(Duration::ZERO, |known| known.since.elapsed());
                let bar = self.progress.insert(at, bar.with_elapsed(elapsed));
                bar.enable_steady_tick(TICK);
                bar
            });
            bar.set_prefix(prefix(line, self.look));
            bar.set_message(known.map_or_else(|| told(&line.kind), |known| known.message.clone()));
            bar.tick();
        }
    }
}

/// What a line is called, below what holds it.
fn prefix(line: &Line, look: Look) -> String {
    let name = wrap::cut(&words::first_line(&line.name, look), WIDEST_NAME, "…");
    format!("{}{name}", " ".repeat(line.depth * INDENT))
}

fn told(kind: &Kind) -> String {
    match kind {
        Kind::Runs | Kind::Holds(None) => String::new(),
        Kind::Holds(Some((ended, all))) => format!("{ended} of {all}"),
        Kind::More(more) => format!("and {more} more"),
    }
}

fn style(kind: &Kind) -> ProgressStyle {
    let template = match kind {
        Kind::Runs => "{spinner} {prefix} {elapsed} {wide_msg}",
        Kind::Holds(_) => "  {prefix} {wide_msg}",
        Kind::More(_) => "  {wide_msg}",
    };
    ProgressStyle::with_template(template)
        .expect("the templates are constants")
        .tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "])
}
