//! Runs as they happen, told by hand: what the world does is written down here, what the scheduler
//! decides about it is the scheduler's own word.

use super::plans::{bare_plan, checked_plan, hook, step};
use crate::model::{
    Request, Status,
    call::{Basis, CallOutcome, ContextUse, Failure, LimitKind, Spend, TokenCount, Unavailability},
    changes::{ChangeStatus, FileChange, TreeChanges},
    check::{Check, CheckKind, CheckStatus, Timing},
    result::{Outside, RunResult},
    run::{
        Effect, Event, Plan, Point, State,
        event::{CallEnded, CallStarted, Output},
        next,
    },
    skill::stages::BytesByStage,
    value::Usd,
};

/// A plan and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) plan: Plan,
    pub(crate) events: Vec<Event>,
}

impl Story {
    pub(crate) fn new(plan: Plan) -> Self {
        Self::of(plan, Request::default())
    }
    fn of(plan: Plan, request: Request) -> Self {
        let mut story = Self { plan: plan.grown(), events: Vec::new() };
        story.then(Event::RunStarted {
            run: 1,
            request: Box::new(request),
            atlas: "0.1.0".into(),
            claude: Some("2.1.328".into()),
            stand: None,
            before: None,
        });
        let plan = Box::new(story.plan.clone());
        story.then(Event::Plan { hash: String::new(), plan });
        story
    }

    pub(crate) fn state(&self) -> State {
        State::of(&self.events)
    }

    pub(crate) fn result(&self) -> RunResult {
        let outside = Outside {
            session: Some("20261120-101500-abcd"),
            duration_ms: Some(41_000),
            ..Outside::default()
        };
        RunResult::fold(&self.plan, &self.state(), &outside)
    }

    /// Something happens, and the scheduler draws its conclusions.
    pub(crate) fn then(&mut self, event: Event) {
        self.events.push(event);
        loop {
            let decided: Vec<Event> = next(&self.plan, &self.state())
                .into_iter()
                .filter_map(|effect| match effect {
                    Effect::Record(event) | Effect::Stop(event) => Some(*event),
                    _ => None,
                })
                .collect();
            if decided.is_empty() {
                return;
            }
            self.events.extend(decided);
        }
    }

    fn checks(&mut self, at: Point, checks: Vec<Check>) {
        self.then(Event::ChecksStarted { at: at.clone() });
        self.then(Event::ChecksEnded { at, checks });
    }

    fn hook(&mut self, name: &str, at: Point, status: CheckStatus, reason: Option<&str>) {
        let plan = self.plan.hook(name).expect("the plan has it");
        let check = Check {
            name: name.into(),
            kind: CheckKind::Hook,
            timing: Some(plan.timing),
            blocking: plan.blocking,
            status,
            reason: reason.map(str::to_owned),
            ms: 1_400,
        };
        self.then(Event::HookStarted { hook: name.to_owned(), at: at.clone() });
        self.then(Event::HookEnded { hook: name.to_owned(), at, check });
    }

    fn call_starts(&mut self, step: &str, attempt: u32) {
        self.then(Event::StepStarted { step: step.into(), attempt, grant: None });
        self.then(Event::CallStarted(CallStarted {
            step: step.into(),
            attempt,
            pid: 4242,
            start: Some(1),
            claude_session: format!("00000000-0000-4000-8000-00000000000{attempt}"),
            resumed: attempt > 1,
            reservation: Usd::from_micros(50_000),
            cap: Some(Usd::from_micros(2_000_000)),
            stream: 0,
            day: None,
        }));
    }

    fn call_ends(&mut self, step: &str, attempt: u32, outcome: CallOutcome, told: Told) {
        self.then(Event::CallEnded(Box::new(CallEnded {
            step: step.into(),
            attempt,
            outcome,
            spend: Spend {
                usd: told.micros.map(Usd::from_micros),
                tokens: TokenCount {
                    input: told.tokens,
                    output: told.tokens / 10,
                    cache_read: told.tokens * 2,
                    cache_write: told.tokens / 5,
                },
                basis: told.basis,
                turns: 3,
            },
            conversation_cost: told.micros.map(Usd::from_micros),
            context: ContextUse { window: 200_000, window_assumed: false, peak: told.tokens * 3 },
            loaded: Some(BytesByStage {
                header: 800,
                outline: 200,
                sections: 71_000,
                resources: 0,
            }),
            quota: None,
            model: Some("claude-sonnet-5".into()),
            output: told.output,
            warnings: told.warnings,
            ms: 12_300,
        })));
        let at = Point::Mid { step: step.into(), attempt };
        let mut found = vec![Check::blocking("claude", CheckKind::Predicate, CheckStatus::Passed)];
        if self.plan.step(step).is_some_and(|step| step.output.is_some()) {
            found.push(Check::blocking("schema", CheckKind::Schema, CheckStatus::Passed));
        }
        let wanted = Effect::Check { at: at.clone() };
        if next(&self.plan, &self.state()).contains(&wanted) {
            self.checks(at, found);
        }
    }

    fn changed(&mut self, step: &str, attempt: u32, files: Vec<FileChange>) {
        let changes = TreeChanges {
            base: Some("4b825dc642cb6eb9a060e54bf8d69288fbee4904".into()),
            tree: Some("9daeafb9864cf43055ae93beb0afd6c7d144bfa4".into()),
            files,
        };
        let (step, stand, branch) = (step.into(), None, None);
        self.then(Event::Changes { step, attempt, changes, stand, branch });
    }

    pub(crate) fn output_in_a_file(&mut self) {
        for event in &mut self.events {
            if let Event::CallEnded(call) = event {
                call.output = Some(Output::File {
                    path: "runs/1/steps/whole/1/output.md".into(),
                    sha256: "00".into(),
                });
            }
        }
    }
}

/// What a call told before it was gone.
struct Told {
    micros: Option<u64>,
    tokens: u64,
    basis: Basis,
    output: Option<Output>,
    warnings: Vec<String>,
}

impl Told {
    fn nothing() -> Self {
        Self { micros: None, tokens: 0, basis: Basis::Unknown, output: None, warnings: Vec::new() }
    }

    fn text(text: &str) -> Self {
        Self {
            micros: Some(30_000),
            tokens: 6_000,
            basis: Basis::Api,
            output: Some(Output::Text { text: text.into() }),
            warnings: Vec::new(),
        }
    }
}

const POST: Point = Point::Post { round: 0 };

fn modified(path: &str, added: u64, removed: u64) -> FileChange {
    FileChange {
        path: path.into(),
        old_path: None,
        status: ChangeStatus::Modified,
        added: Some(added),
        removed: Some(removed),
    }
}

/// Everything before the agents' work is content.
fn begun() -> Story {
    let mut story = Story::new(checked_plan());
    let git = Check::blocking("git", CheckKind::Requires, CheckStatus::Passed);
    story.checks(Point::Pre, vec![git]);
    story.hook("clean", Point::Pre, CheckStatus::Passed, None);
    story
}

/// Both steps are done and accepted.
fn worked() -> Story {
    let mut story = begun();
    story.call_starts("gather", 1);
    story.call_ends("gather", 1, CallOutcome::Succeeded, Told::text("three files matter"));
    story.call_starts("judge", 1);
    judged(&mut story, 1);
    story
}

fn judged(story: &mut Story, attempt: u32) {
    let answer = serde_json::json!({ "verdict": "ship it", "risks": ["none"] });
    let warnings = vec!["a sub-agent of claude's own failed".into()];
    let told = Told { output: Some(Output::Json { json: answer }), warnings, ..Told::text("") };
    story.call_ends("judge", attempt, CallOutcome::Succeeded, told);
    story.changed("judge", attempt, vec![modified("src/a.txt", 1, 0)]);
    let at = Point::Mid { step: "judge".into(), attempt };
    story.hook("fmt", at, CheckStatus::Passed, None);
}

fn shaped(story: &mut Story, round: u32) {
    let schema = Check::blocking("schema", CheckKind::Schema, CheckStatus::Passed);
    story.checks(Point::Post { round }, vec![schema]);
}

pub(crate) fn passed() -> Story {
    let mut story = worked();
    shaped(&mut story, 0);
    story.hook("tests-pass", POST, CheckStatus::Passed, None);
    story.hook("lint", POST, CheckStatus::Failed, Some("2 lines are too long"));
    story
}

pub(crate) fn passed_by_nobody() -> Story {
    let mut story = Story::new(bare_plan());
    story.call_starts("whole", 1);
    let told = Told { basis: Basis::Plan, ..Told::text("The diff is fine.\nShip it.") };
    story.call_ends("whole", 1, CallOutcome::Succeeded, told);
    story
}

/// Refused, sent back, and refused again for the same reason.
pub(crate) fn rejected() -> Story {
    let mut story = refused("2 tests failed: cart::totals, cart::taxes");
    story.call_starts("judge", 2);
    judged(&mut story, 2);
    shaped(&mut story, 1);
    let post = Point::Post { round: 1 };
    let reason = "2 tests failed: cart::totals, cart::taxes";
    story.hook("lint", post.clone(), CheckStatus::Passed, None);
    story.hook("tests-pass", post, CheckStatus::Failed, Some(reason));
    story
}

/// Refused, sent back, and then accepted.
pub(crate) fn repaired() -> Story {
    let mut story = refused("2 tests failed");
    story.call_starts("judge", 2);
    judged(&mut story, 2);
    shaped(&mut story, 1);
    let post = Point::Post { round: 1 };
    story.hook("tests-pass", post.clone(), CheckStatus::Passed, None);
    story.hook("lint", post, CheckStatus::Passed, None);
    story
}

fn refused(reason: &str) -> Story {
    let mut story = worked();
    shaped(&mut story, 0);
    story.hook("lint", POST, CheckStatus::Passed, None);
    story.hook("tests-pass", POST, CheckStatus::Failed, Some(reason));
    story
}

pub(crate) fn limit() -> Story {
    let mut plan = bare_plan();
    plan.steps = vec![step("gather"), step("judge")];
    plan.limits.usd = Some(Usd::from_micros(60_000));
    let mut story = Story::new(plan);
    story.call_starts("gather", 1);
    story.call_ends("gather", 1, CallOutcome::Succeeded, Told::text("three files matter"));
    story
}

fn nobody_there(why: Unavailability, reason: &str, request: Request) -> Story {
    let mut story = Story::of(bare_plan(), request);
    story.call_starts("whole", 1);
    let outcome = CallOutcome::Unavailable { why, reason: reason.into() };
    story.call_ends("whole", 1, outcome, Told::nothing());
    story
}

pub(crate) fn quota() -> Story {
    nobody_there(a_full_quota(), "the plan's quota is used up", Request::default())
}

fn a_full_quota() -> Unavailability {
    Unavailability::Quota { window: Some("five_hour".into()), resets_at: Some(1_795_180_800) }
}

pub(crate) fn login() -> Story {
    nobody_there(Unavailability::Login, "claude's login was refused", Request::default())
}

pub(crate) fn waived() -> Story {
    let request = Request { ok_on: vec![Status::Unavailable], ..Request::default() };
    nobody_there(a_full_quota(), "the plan's quota is used up", request)
}

pub(crate) fn overloaded() -> Story {
    let mut story = Story::new(bare_plan());
    for _ in 0..5 {
        story.call_starts("whole", 1);
        let why = Unavailability::Overloaded;
        let reason = "the service answered 529".into();
        story.call_ends("whole", 1, CallOutcome::Unavailable { why, reason }, Told::nothing());
    }
    story
}

pub(crate) fn interrupted() -> Story {
    let mut story = begun();
    story.call_starts("gather", 1);
    story.then(Event::Interrupted { signal: 15 });
    let told = Told { tokens: 900, ..Told::nothing() };
    story.call_ends("gather", 1, CallOutcome::Interrupted, told);
    story
}

/// atlas itself was killed while a call was under way.
pub(crate) fn broken_off() -> Story {
    let mut story = Story::new(bare_plan());
    story.call_starts("whole", 1);
    story
}

pub(crate) fn denied() -> Story {
    let mut story = Story::new(bare_plan());
    story.call_starts("whole", 1);
    let reason = "the agent was denied Edit; allow edits with `--edit`".into();
    let outcome = CallOutcome::Failed { failure: Failure::ToolDenied, reason };
    story.call_ends("whole", 1, outcome, Told::text("I could not edit the file."));
    story
}

pub(crate) fn blocked() -> Story {
    let mut story = Story::new(checked_plan());
    let missing = Check::blocking("git", CheckKind::Requires, CheckStatus::Failed)
        .because("the command `git` is not on the path");
    story.checks(Point::Pre, vec![missing]);
    story
}

/// What a model, a repository and a hook could say to fool a reader.
pub(crate) fn hostile() -> Story {
    let mut plan = bare_plan();
    plan.skill.name = "review\u{1b}[8m-diff".into();
    plan.hooks = vec![hook("tests-pass", Timing::Post, &["cargo", "test\u{1b}[2J"])];
    plan.retry.times = 0;
    let mut story = Story::new(plan);
    story.call_starts("whole", 1);
    let text = "fine\u{1b}]0;owned\u{7}\r\u{1b}[2K\u{202e}dessap\u{9b}31m";
    let mut told = Told::text(text);
    told.warnings = vec!["a\u{1b}[1A\u{1b}[2K✓ hook tests-pass\nforged line".into()];
    story.call_ends("whole", 1, CallOutcome::Succeeded, told);
    story.changed("whole", 1, vec![modified("src/\u{1b}[31m\u{202e}txt.exe\n✓ forged", 1, 1)]);
    let reason = "no\r✓ passed · 9 of 9 checks\u{1b}[1A\u{1b}[2K\npassed · 1 of 1 checks";
    story.hook("tests-pass", POST, CheckStatus::Failed, Some(reason));
    story
}

/// The limit kinds that a run can reach with the scheduler alone are few; this one says any.
pub(crate) fn limit_of(kind: LimitKind) -> Story {
    let mut story = Story::new(bare_plan());
    story.call_starts("whole", 1);
    let reached = CallOutcome::Limit { limit: kind, reason: "it was reached".into() };
    story.call_ends("whole", 1, reached, Told::text("half of"));
    story
}
