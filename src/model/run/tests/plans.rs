//! Random plans.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::model::{
    Delivery, GivenWork,
    check::{Require, Timing},
    contract::{Isolation, On, PermissionMode, Retry, RetryOn, Subagents, SystemPrompt},
    panel::{CANARY_UNITS, PanelPlan, ReviewerPlan, UNITS},
    run::{
        Plan,
        plan::{
            AgentPlan, CallTrust, HookPlan, Index, Limits, PacePlan, Requires, SkillRef, Stagger,
            StepLimits, StepPlan,
        },
    },
    skill::stages::Stages,
    value::{Share, Span, Usd},
};

/// What every call reserves here.
pub(super) const RESERVE: Usd = Usd::from_micros(50_000);

prop_compose! {
    pub(super) fn plan()(
        steps in 1usize..4,
        hooks in proptest::collection::vec(hook(), 0..5),
        requires in any::<bool>(),
        delivery in prop_oneof![
            Just(Delivery::Patch), Just(Delivery::Tree), Just(Delivery::Branch { name: None })
        ],
        reviewers in 0usize..7,
        escalate in any::<bool>(),
        canary in any::<bool>(),
        given in any::<bool>(),
        output in any::<bool>(),
        times in 0u8..3,
        cents in 5u64..200,
        jobs in 1u32..6,
        wait in any::<bool>(),
        repair in 0usize..4,
        require in prop_oneof![
            Just(Require::None), Just(Require::Checks), Just(Require::Panel)
        ],
    ) -> Plan {
        let steps: Vec<StepPlan> = (0..steps).map(step).collect();
        let repair = steps[repair % steps.len()].id.clone();
        let mut hooks = hooks;
        for (place, hook) in hooks.iter_mut().enumerate() {
            hook.name = format!("hook{place}");
        }
        need_an_earlier_one(&mut hooks);
        Plan {
            delivery,
            requires: Requires { files: vec!["a".into(); usize::from(requires)], ..Requires::default() },
            hooks,
            steps,
            work: given.then(GivenWork::default),
            output: output.then(|| serde_json::json!({})),
            panel: panel(reviewers, escalate, canary),
            repair,
            retry: Retry { times, ..bare().retry },
            limits: limits(cents),
            pace: PacePlan { jobs, stagger: Stagger::On, wait: wait.then_some(Span::seconds(1)) },
            require,
            ..bare()
        }
        .grown()
    }
}

/// A plan that does nothing.
pub(super) fn bare() -> Plan {
    Plan {
        skill: SkillRef {
            name: "s".into(),
            dir: "/s".into(),
            source: "test".into(),
            digest: String::new(),
        },
        root: None,
        cwd: "/".into(),
        isolation: Isolation::None,
        delivery: Delivery::Patch,
        work: None,
        inputs: BTreeMap::new(),
        requires: Requires::default(),
        facts: Vec::new(),
        hooks: Vec::new(),
        judges: Vec::new(),
        skipped: Vec::new(),
        steps: Vec::new(),
        commands: Vec::new(),
        skills: Vec::new(),
        tree: Vec::new(),
        apart: BTreeSet::new(),
        typed: BTreeMap::new(),
        tasks: None,
        output: None,
        panel: None,
        repair: String::new(),
        retry: Retry {
            times: 0,
            on: vec![RetryOn::Failed, RetryOn::Rejected, RetryOn::Unavailable],
            backoff: Span::millis(1),
        },
        limits: limits(100_000),
        pace: PacePlan::default(),
        require: Require::None,
        settings: Vec::new(),
        sources: Vec::new(),
        protected: None,
        index: Index::default(),
    }
}

/// A plan that asks so many reviewers at once and does nothing else, with so many cents.
pub(super) fn fan_out(calls: usize, cents: u64, pace: PacePlan) -> Plan {
    Plan { panel: panel(calls, false, false), limits: limits(cents), pace, ..bare() }
}

prop_compose! {
    fn hook()(
        timing in prop_oneof![Just(Timing::Pre), Just(Timing::Mid), Just(Timing::Post)],
        blocking in any::<bool>(),
        needy in any::<bool>(),
        narrow in any::<bool>(),
    ) -> HookPlan {
        HookPlan {
            name: String::new(),
            timing,
            command: vec!["true".into()],
            on: On::Step,
            blocking,
            timeout: Span::seconds(1),
            needs: vec![String::new(); usize::from(needy)],
            steps: narrow.then(|| vec!["step0".into()]),
            within: None,
            env: Vec::new(),
            may_change: Vec::new(),
            source: "test".into(),
        }
    }
}

fn need_an_earlier_one(hooks: &mut [HookPlan]) {
    for place in 0..hooks.len() {
        let (earlier, rest) = hooks.split_at_mut(place);
        let hook = &mut rest[0];
        let fitting = earlier.iter().find(|other| other.timing == hook.timing);
        hook.needs = match fitting {
            Some(other) if !hook.needs.is_empty() => vec![other.name.clone()],
            Some(_) | None => Vec::new(),
        };
    }
}

fn step(place: usize) -> StepPlan {
    asks(&format!("step{place}"))
}

/// A step that asks an agent.
pub(super) fn asks(id: &str) -> StepPlan {
    StepPlan {
        id: id.to_owned(),
        agent: AgentPlan {
            model: "sonnet".into(),
            trust: CallTrust::Isolated,
            tools: None,
            allow: Vec::new(),
            permission_mode: PermissionMode::Default,
            system: SystemPrompt::Default,
            mcp: Vec::new(),
            subagents: Subagents::MayFail,
        },
        system: String::new(),
        prompt: String::new(),
        asked: None,
        output: None,
        stages: Stages::default(),
        window: None,
        reserve: RESERVE,
        template: None,
        conversation: crate::model::contract::Conversation::Fresh,
        limits: StepLimits::default(),
        sub_agent: None,
    }
}

/// Reviewers that differ in nothing but their names.
fn panel(reviewers: usize, escalate: bool, canary: bool) -> Option<PanelPlan> {
    let reviewer = |place: usize| ReviewerPlan {
        persona: String::new(),
        lens: String::new(),
        call: StepPlan { id: format!("{UNITS}/{place}"), ..step(place) },
    };
    let copy = |place: usize| StepPlan { id: format!("{CANARY_UNITS}/{place}"), ..step(place) };
    (reviewers > 0).then(|| PanelPlan {
        reviewers: (0..reviewers).map(reviewer).collect(),
        quorum: 1,
        criteria: Vec::new(),
        evidence: Vec::new(),
        escalate,
        canary: (0..reviewers).filter(|_| canary).map(copy).collect(),
    })
}

fn limits(cents: u64) -> Limits {
    Limits {
        usd: Some(Usd::from_micros(cents * 10_000)),
        usd_per_day: None,
        tokens: None,
        turns: 50,
        time: Span::seconds(60),
        idle: Span::seconds(60),
        start: Span::seconds(60),
        after_result: Span::seconds(60),
        grace: Span::seconds(3),
        context: Share::percent(50),
        quota: Share::percent(80),
    }
}
