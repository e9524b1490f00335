//! Plans that the stories follow.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Delivery,
    check::{Check, CheckKind, CheckStatus, Require, Timing},
    contract::{Isolation, On, PermissionMode, Retry, Subagents, SystemPrompt},
    run::{
        Plan,
        plan::{
            AgentPlan, CallTrust, HookPlan, Index, Limits, PacePlan, Requires, Setting, SkillRef,
            StepLimits, StepPlan,
        },
    },
    skill::stages::Stages,
    value::{Share, Span, Tokens, Usd},
};

/// A plan with one step and nobody who looks.
pub(crate) fn bare_plan() -> Plan {
    Plan {
        skill: SkillRef {
            name: "review-diff".into(),
            dir: "/home/ann/.claude/skills/review-diff".into(),
            source: "~/.claude/skills".into(),
            digest: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".into(),
        },
        root: Some("/home/ann/shop".into()),
        cwd: "/home/ann/shop/web".into(),
        isolation: Isolation::None,
        delivery: Delivery::Patch,
        inputs: BTreeMap::from([("base".into(), "main".into())]),
        requires: Requires::default(),
        facts: Vec::new(),
        hooks: Vec::new(),
        judges: Vec::new(),
        skipped: Vec::new(),
        work: None,
        steps: vec![step("whole")],
        commands: Vec::new(),
        skills: Vec::new(),
        tree: Vec::new(),
        apart: BTreeSet::new(),
        typed: BTreeMap::new(),
        tasks: None,
        output: None,
        panel: None,
        repair: "whole".into(),
        retry: Retry::times(1),
        limits: Limits {
            usd: Some(Usd::from_micros(2_000_000)),
            usd_per_day: Some(Usd::from_micros(20_000_000)),
            tokens: Some(Tokens(400_000)),
            turns: 50,
            time: Span::seconds(1800),
            idle: Span::seconds(300),
            start: Span::seconds(60),
            after_result: Span::seconds(30),
            grace: Span::seconds(3),
            context: Share::percent(50),
            quota: Share::percent(80),
        },
        pace: PacePlan::default(),
        require: Require::None,
        settings: vec![
            setting("model", "sonnet", "default"),
            setting("limits.usd", "$2.00", "contract.yaml:12"),
            setting("require", "none", "default"),
        ],
        sources: Vec::new(),
        index: Index::default(),
        protected: None,
    }
}

/// A plan with two steps that a good many look at.
pub(crate) fn checked_plan() -> Plan {
    Plan {
        requires: Requires { commands: vec!["git".into()], ..Requires::default() },
        hooks: vec![
            hook("clean", Timing::Pre, &["atlas", "__hook", "clean-tree"]),
            hook("fmt", Timing::Mid, &["cargo", "fmt", "--check"]),
            hook("tests-pass", Timing::Post, &["cargo", "test"]),
            HookPlan { blocking: false, ..hook("lint", Timing::Post, &["sh", "-c", "lint 'all'"]) },
        ],
        skipped: vec![Check {
            name: "ci".into(),
            kind: CheckKind::Hook,
            timing: Some(Timing::Post),
            blocking: true,
            status: CheckStatus::Skipped,
            reason: Some("the repository is not trusted".into()),
            ms: 0,
        }],
        steps: vec![
            step("gather"),
            StepPlan { output: Some(serde_json::json!({ "type": "object" })), ..step("judge") },
        ],
        output: Some(serde_json::json!({ "type": "object" })),
        repair: "judge".into(),
        require: Require::Checks,
        ..bare_plan()
    }
}

pub(super) fn step(id: &str) -> StepPlan {
    StepPlan {
        id: id.into(),
        agent: AgentPlan {
            model: "sonnet".into(),
            trust: CallTrust::Work,
            tools: Some(vec!["Read".into(), "Grep".into()]),
            allow: vec!["Bash(cargo test *)".into()],
            permission_mode: PermissionMode::Default,
            system: SystemPrompt::Default,
            mcp: Vec::new(),
            subagents: Subagents::MayFail,
        },
        system: "s".repeat(70_000),
        prompt: "p".repeat(2_000),
        asked: None,
        output: None,
        stages: Stages::default(),
        window: None,
        reserve: Usd::from_micros(50_000),
        template: None,
        conversation: crate::model::contract::Conversation::Fresh,
        limits: StepLimits::default(),
        sub_agent: None,
    }
}

pub(super) fn hook(name: &str, timing: Timing, command: &[&str]) -> HookPlan {
    HookPlan {
        name: name.into(),
        timing,
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        on: On::Step,
        blocking: true,
        timeout: Span::seconds(300),
        needs: Vec::new(),
        steps: (timing == Timing::Mid).then(|| vec!["judge".into()]),
        within: None,
        env: Vec::new(),
        may_change: Vec::new(),
        source: "contract.yaml:7".into(),
    }
}

fn setting(key: &str, value: &str, source: &str) -> Setting {
    Setting { key: key.into(), value: value.into(), source: source.into() }
}
