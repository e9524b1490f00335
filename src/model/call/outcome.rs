//! Did the call succeed? One function over a table; everything that is no success says why.
//!
//! Exit code 0 proves nothing: claude exits 0 when a tool was denied, when the answer is empty,
//! when a schema was never answered, and when it was interrupted. So every rule below is one way
//! in which a call that may look fine was not, in the order in which they explain an ending best;
//! a call that no rule objects to has succeeded.

mod rules;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stream::{Init, RateLimit, ResultMessage, Retry};
use crate::model::{Status, contract::Subagents};

/// How the process ended, and at whose wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that was not ours.
    Killed(i32),
    /// We ended it: nothing came within the start clock.
    NeverStarted,
    /// We ended it: a limit was reached.
    Limited(LimitKind),
    /// We ended it: the result was there, the process stayed.
    Lingered,
    /// We ended it: the login was refused, and more asking would not help.
    LoginRefused,
    /// We ended it: the run is being interrupted.
    Interrupted,
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// Money of this run.
    Usd,
    /// Money of this user's day.
    UsdPerDay,
    /// Tokens.
    Tokens,
    /// Turns of the agent.
    Turns,
    /// Time in all.
    Time,
    /// Silence.
    Idle,
    /// The context window.
    Context,
    /// A plan's quota.
    Quota,
}

impl LimitKind {
    /// The flag that raises it, where there is one.
    pub fn flag(self) -> Option<&'static str> {
        match self {
            Self::Usd => Some("--max-usd"),
            Self::Turns => Some("--max-turns"),
            Self::Time => Some("--timeout"),
            Self::UsdPerDay | Self::Tokens | Self::Idle | Self::Context | Self::Quota => None,
        }
    }

    /// The name as `limits:` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::UsdPerDay => "usd-per-day",
            Self::Tokens => "tokens",
            Self::Turns => "turns",
            Self::Time => "time",
            Self::Idle => "idle",
            Self::Context => "context",
            Self::Quota => "quota",
        }
    }
}

/// Everything known about a call once it is over.
#[derive(Debug)]
pub struct CallFacts<'a> {
    /// How the process ended.
    pub end: CallEnd,
    /// The first `init`.
    pub init: Option<&'a Init>,
    /// The last `result`.
    pub result: Option<&'a ResultMessage>,
    /// A retry that claude announced and did not get over.
    pub retry: Option<&'a Retry>,
    /// The last word on a plan's quota.
    pub rate_limit: Option<&'a RateLimit>,
    /// claude's own word for an error that took an answer's place.
    pub error: Option<&'a str>,
    /// Whether an earlier conversation was to go on.
    pub resumed: bool,
    /// The end of stderr.
    pub stderr: &'a str,
    /// What the step needs.
    pub wants: &'a Wants,
}

/// What a step needs of its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Whether a schema was given.
    pub structured: bool,
    /// The tools that were asked for by name; one that is not offered fails the call.
    pub tools: Vec<String>,
    /// Tools whose refusal fails the step: those allowed beforehand, and Edit and Write.
    pub allowed: Vec<String>,
    /// MCP servers that have to be there.
    pub mcp: Vec<String>,
    /// Whether claude's own sub-agents have to succeed.
    pub subagents: Subagents,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CallOutcome {
    /// Every rule was content.
    Succeeded,
    /// It did not do what it was asked.
    Failed {
        /// In which way.
        failure: Failure,
        /// Why, for people.
        reason: String,
    },
    /// A limit ended it.
    Limit {
        /// Which one.
        limit: LimitKind,
        /// Why, for people.
        reason: String,
    },
    /// There was nobody to ask.
    Unavailable {
        /// In which way.
        why: Unavailability,
        /// Why, for people.
        reason: String,
    },
    /// The run was interrupted.
    Interrupted,
}

/// In which way a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It could not be started.
    NotStarted,
    /// It was to be played from a recording, which does not fit.
    NotRecorded,
    /// It ended without a result.
    NoResult,
    /// A signal that was not ours ended it.
    Killed,
    /// It refused its command line.
    CommandLine,
    /// The conversation to go on with does not exist.
    ConversationGone,
    /// The API refused the request.
    Request,
    /// The model refused.
    Refused,
    /// It ended before its work was done.
    Unfinished,
    /// A tool that was asked for was not offered.
    ToolMissing,
    /// A tool that the step needs was denied.
    ToolDenied,
    /// An MCP server that the step names was not there.
    McpServer,
    /// A sub-agent of claude's own failed.
    Subagent,
    /// The schema was not answered.
    Structured,
    /// The answer was blank.
    Blank,
    /// The program of a command step did not end with 0, or said what cannot be read.
    Command,
}

impl Failure {
    /// Whether claude worked, and the model gave no answer that counts.
    pub fn is_silence(self) -> bool {
        match self {
            Self::Refused | Self::Unfinished | Self::Structured | Self::Blank => true,
            Self::NotStarted
            | Self::NotRecorded
            | Self::NoResult
            | Self::Killed
            | Self::CommandLine
            | Self::ConversationGone
            | Self::Request
            | Self::ToolMissing
            | Self::ToolDenied
            | Self::McpServer
            | Self::Subagent
            | Self::Command => false,
        }
    }

    /// How a run ends in which this was the last word.
    pub fn status(self) -> Status {
        match self {
            Self::NotRecorded => Status::Invalid,
            Self::NotStarted
            | Self::NoResult
            | Self::Killed
            | Self::CommandLine
            | Self::ConversationGone
            | Self::Request
            | Self::Refused
            | Self::Unfinished
            | Self::ToolMissing
            | Self::ToolDenied
            | Self::McpServer
            | Self::Subagent
            | Self::Structured
            | Self::Blank
            | Self::Command => Status::Failed,
        }
    }

    /// Whether the same call could end otherwise another time.
    pub fn worth_another_try(self) -> bool {
        match self {
            Self::NoResult
            | Self::Killed
            | Self::Unfinished
            | Self::Subagent
            | Self::Structured
            | Self::Blank
            | Self::Command => true,
            Self::NotStarted
            | Self::NotRecorded
            | Self::CommandLine
            | Self::ConversationGone
            | Self::Request
            | Self::Refused
            | Self::ToolMissing
            | Self::ToolDenied
            | Self::McpServer => false,
        }
    }
}

/// In which way there was nobody to ask; the `unavailable` object of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "reason")]
pub enum Unavailability {
    /// No claude was found, or none that can be used.
    Missing,
    /// The login was refused, or there is none.
    Login,
    /// A plan's quota is used up.
    Quota {
        /// Which window: `five_hour`, `seven_day` …
        window: Option<String>,
        /// When it starts anew, in seconds since 1970.
        resets_at: Option<i64>,
    },
    /// The service answered 429 or 5xx until claude gave up.
    Overloaded,
    /// The service could not be reached, or the stream broke until claude gave up.
    Network,
}

/// Decides how a call ended.
pub fn classify(facts: &CallFacts<'_>) -> CallOutcome {
    if facts.end != CallEnd::Interrupted {
        return by_the_rules(facts);
    }
    // What was done when the signal came is paid for, and stands; anything less was interrupted.
    match by_the_rules(&CallFacts { end: CallEnd::Lingered, ..*facts }) {
        CallOutcome::Succeeded => CallOutcome::Succeeded,
        _ => CallOutcome::Interrupted,
    }
}

fn by_the_rules(facts: &CallFacts<'_>) -> CallOutcome {
    rules::RULES.iter().find_map(|rule| rule(facts)).unwrap_or(CallOutcome::Succeeded)
}
