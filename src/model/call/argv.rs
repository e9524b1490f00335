//! claude's command line, for one call.

use crate::model::{
    contract::SystemPrompt,
    run::plan::{AgentPlan, CallTrust},
    value::Usd,
};

/// What every agent with a shell may do: read and write the session's scratch pad. The rule is not
/// the plan's, because a denial of some other command fails a step only where a person wrote rules
/// for commands.
const SCRATCH_RULE: &str = "Bash(atlas scratch *)";

/// What a call's command line is made of; paths are text because they come from our own session.
#[derive(Clone, Debug, PartialEq)]
pub struct CallSpec<'a> {
    /// Model, tools, permissions.
    pub agent: &'a AgentPlan,
    /// The file with the system prompt.
    pub system_file: &'a str,
    /// The conversation's id.
    pub claude_session: &'a str,
    /// What becomes of that conversation.
    pub talk: Talk,
    /// The schema to answer by.
    pub schema: Option<&'a serde_json::Value>,
    /// At most so many turns.
    pub max_turns: u32,
    /// At most so much money.
    pub max_usd: Option<Usd>,
    /// Rules that let it read what lies outside its folder.
    pub read_rules: &'a [String],
    /// Folders outside its own that it may use as its own.
    pub folders: &'a [String],
    /// Rules that keep it from what it must not know.
    pub denied: &'a [String],
    /// A settings file of ours: login keys, for isolated calls of users who need one, and hooks.
    pub settings_file: Option<&'a str>,
    /// Whether the stream tells what hooks said.
    pub hook_events: bool,
}

/// What becomes of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// It begins, and may go on later.
    Begins,
    /// It exists and goes on.
    GoesOn,
    /// It begins, and nobody keeps it.
    Once,
}

/// The arguments after the program's name. The prompt is not among them: it goes to stdin, since
/// an argument is limited to 128 KiB and a leading dash would be read as an option.
pub fn argv(spec: &CallSpec<'_>) -> Vec<String> {
    let agent = spec.agent;
    let mut args = Args::default();
    args.flag("--print");
    args.pair("--output-format", "stream-json");
    args.flag("--verbose");
    args.flag("--include-partial-messages");
    args.pair("--model", &agent.model);
    match spec.talk {
        Talk::Begins => args.pair("--session-id", spec.claude_session),
        Talk::GoesOn => args.pair("--resume", spec.claude_session),
        Talk::Once => {
            args.pair("--session-id", spec.claude_session);
            args.flag("--no-session-persistence");
        }
    }
    match agent.system {
        SystemPrompt::Default => args.pair("--append-system-prompt-file", spec.system_file),
        SystemPrompt::Minimal => args.pair("--system-prompt-file", spec.system_file),
    }
    match agent.trust {
        CallTrust::Work => {}
        CallTrust::Isolated => {
            args.pair("--setting-sources", "");
            args.flag("--strict-mcp-config");
        }
    }
    if let Some(file) = spec.settings_file {
        args.pair("--settings", file);
    }
    if spec.hook_events {
        args.flag("--include-hook-events");
    }
    if let Some(tools) = &agent.tools {
        args.pair("--tools", &tools.join(","));
    }
    let own = agent.offers_a_shell().then_some(SCRATCH_RULE);
    let rules = agent.allow.iter().chain(spec.read_rules).map(String::as_str);
    let allowed: Vec<&str> = rules.chain(own).collect();
    if !allowed.is_empty() {
        args.pair("--allowedTools", &allowed.join(","));
    }
    if !spec.denied.is_empty() {
        args.pair("--disallowedTools", &spec.denied.join(","));
    }
    for folder in spec.folders {
        args.pair("--add-dir", folder);
    }
    args.pair("--permission-mode", agent.permission_mode.name());
    args.pair("--max-turns", &spec.max_turns.to_string());
    if let Some(usd) = spec.max_usd {
        args.pair("--max-budget-usd", &usd.dollars().to_string());
    }
    if let Some(schema) = spec.schema {
        args.pair("--json-schema", &without_dialect(schema).to_string());
    }
    args.0
}

#[derive(Default)]
struct Args(Vec<String>);

impl Args {
    fn flag(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.0.extend([name.to_owned(), value.to_owned()]);
    }
}

/// A schema as claude takes it: one that names in `$schema` an edition that claude does not know is
/// refused. That of 2020-12 is one ("no schema with key or ref", measured with claude 2.1).
fn without_dialect(schema: &serde_json::Value) -> serde_json::Value {
    let mut schema = schema.clone();
    if let Some(keys) = schema.as_object_mut() {
        keys.shift_remove("$schema");
    }
    schema
}
