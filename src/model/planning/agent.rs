//! What the agent may do.

use super::Given;
use crate::model::{
    contract::{Isolation, PermissionMode, SystemPrompt},
    run::plan::{AgentPlan, CallTrust},
    skill::tools::tool_of,
    sourced::Source,
};

/// What an isolated call may use where nobody restricts it: reading, and nothing else.
const READING: [&str; 3] = ["Read", "Grep", "Glob"];
const EDITING: [&str; 2] = ["Edit", "Write"];

/// The agent of every step, before a step's own wishes.
pub(super) fn agent(given: &Given<'_>) -> AgentPlan {
    let settings = &given.settings.agent;
    let trust = if given.repository_trusted { CallTrust::Work } else { CallTrust::Isolated };
    let allow = allow(given);
    let by_itself =
        if edits(given) { PermissionMode::AcceptEdits } else { PermissionMode::Default };
    AgentPlan {
        model: model(given),
        trust,
        tools: tools(given, trust, &allow),
        allow,
        permission_mode: settings.permission_mode.as_ref().map_or(by_itself, |mode| mode.value),
        system: match trust {
            CallTrust::Work => settings.system.value,
            CallTrust::Isolated => SystemPrompt::Minimal,
        },
        mcp: settings.mcp.value.clone(),
        subagents: settings.subagents.value,
    }
}

/// Whether the agent may change files: as somebody said, else as a trusted skill's header asks.
pub(super) fn edits(given: &Given<'_>) -> bool {
    match &given.settings.agent.edit {
        Some(edit) => edit.value,
        None => {
            given.settings.isolation.as_ref().is_some_and(|said| said.value == Isolation::Worktree)
                || header_rules(given).any(|rule| EDITING.contains(&tool_of(rule)))
        }
    }
}

/// A skill's own header counts only where a person trusted the skill.
fn header_rules<'a>(given: &'a Given<'_>) -> impl Iterator<Item = &'a String> {
    given.skill.front.allowed_tools.iter().flatten().filter(|_| given.skill_trusted)
}

fn allow(given: &Given<'_>) -> Vec<String> {
    let mut rules: Vec<String> =
        given.settings.agent.allow.iter().map(|rule| rule.value.clone()).collect();
    rules.extend(header_rules(given).cloned());
    // How far edits go is the permission mode's matter: a bare rule would open every folder.
    rules.retain(|rule| !EDITING.contains(&rule.as_str()));
    let mut seen = std::collections::HashSet::new();
    rules.retain(|rule| seen.insert(rule.clone()));
    rules
}

/// A header's own model counts where a person trusted the skill and nobody named another.
fn model(given: &Given<'_>) -> String {
    let named = &given.settings.agent.model;
    let header = given.skill.front.model.as_deref().filter(|model| *model != "inherit");
    match (&named.source, header) {
        (Source::BuiltIn, Some(model)) if given.skill_trusted => model.to_owned(),
        _ => named.value.clone(),
    }
}

fn tools(given: &Given<'_>, trust: CallTrust, allow: &[String]) -> Option<Vec<String>> {
    if let Some(tools) = &given.settings.agent.tools {
        return Some(tools.value.clone());
    }
    match trust {
        CallTrust::Work => None,
        CallTrust::Isolated => {
            let mut tools: Vec<String> = READING.map(str::to_owned).to_vec();
            if edits(given) {
                tools.extend(EDITING.map(str::to_owned));
            }
            for rule in allow {
                let tool = tool_of(rule).to_owned();
                if !tools.contains(&tool) && !tool.starts_with("mcp__") {
                    tools.push(tool);
                }
            }
            Some(tools)
        }
    }
}
