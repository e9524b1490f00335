//! What Claude Code tells a hook, as far as the gate reads it.

use std::path::PathBuf;

use serde_json::Value;

/// When the gate is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A person asks for something: `UserPromptSubmit`.
    Prompt,
    /// A turn of the agent, or of one of its sub-agents, ends: `Stop`, `SubagentStop`.
    Stop,
}

/// What a hook is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When it is asked.
    pub moment: Moment,
    /// The session of Claude Code.
    pub session: String,
    /// Where that session stands.
    pub cwd: PathBuf,
    /// What the person asks for.
    pub prompt: String,
    /// The last words of the agent.
    pub said: String,
}

impl Told {
    /// Reads what stands on stdin. What it holds beside this is Claude Code's own affair, and may be
    /// more with each version.
    ///
    /// # Errors
    /// Why it cannot be what Claude Code tells a hook of the gate.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let told: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        let moment = match told["hook_event_name"].as_str() {
            Some("UserPromptSubmit") => Moment::Prompt,
            Some("Stop" | "SubagentStop") => Moment::Stop,
            Some(other) => return Err(format!("it is no hook for `{}`", other.escape_debug())),
            None => return Err("`hook_event_name` is missing".to_owned()),
        };
        let (session, cwd) = (text("session_id"), PathBuf::from(text("cwd")));
        if session.is_empty() || !cwd.is_absolute() {
            return Err("`session_id` or `cwd` is missing".to_owned());
        }
        Ok(Self {
            moment,
            session,
            cwd,
            prompt: text("prompt"),
            said: text("last_assistant_message"),
        })
    }
}
