//! Who pays for a call: a key by the token, or a plan with its quota.
//!
//! Only a guess before the first call, made from where claude itself looks first; the stream tells
//! the truth. It decides one thing: on a plan nobody is billed dollars, so the built-in money
//! limits, which nobody asked for, do not apply there, and the quota bounds the run instead.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sys::{env::Env, fs::read_capped};

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// By the token, or nobody knows.
    ByToken,
    /// A subscription.
    Plan,
}

/// Variables that make claude use a key or a cloud, whatever else it is logged in to.
const BY_TOKEN: [&str; 5] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
];

/// The largest credentials file that is looked at.
const MAX_CREDENTIALS: u64 = 64 * 1024;

/// Who would pay for a call with this environment.
pub fn payment(env: &Env) -> Payment {
    let set = |name: &str| env.get_os(name).is_some_and(|value| !value.is_empty());
    if BY_TOKEN.into_iter().any(set) {
        return Payment::ByToken;
    }
    if set("CLAUDE_CODE_OAUTH_TOKEN") || has_a_plan(env) {
        return Payment::Plan;
    }
    Payment::ByToken
}

/// Where claude keeps the login of a plan on systems without a key chain.
fn has_a_plan(env: &Env) -> bool {
    let folder = match env.get_os("CLAUDE_CONFIG_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => Some(PathBuf::from(dir)),
        None => env.get_os("HOME").map(|home| Path::new(home).join(".claude")),
    };
    let file = folder.map(|folder| folder.join(".credentials.json"));
    let bytes = file.and_then(|file| read_capped(&file, MAX_CREDENTIALS).ok());
    let credentials: Option<Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    credentials.is_some_and(|credentials| credentials["claudeAiOauth"].is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_before_a_plan() {
        let rows: &[(&[(&str, &str)], Payment)] = &[
            (&[], Payment::ByToken),
            (&[("CLAUDE_CODE_OAUTH_TOKEN", "t")], Payment::Plan),
            (&[("CLAUDE_CODE_OAUTH_TOKEN", "")], Payment::ByToken),
            (&[("CLAUDE_CODE_OAUTH_TOKEN", "t"), ("ANTHROPIC_API_KEY", "k")], Payment::ByToken),
            (&[("CLAUDE_CODE_USE_BEDROCK", "1")], Payment::ByToken),
        ];
        for (env, expected) in rows {
            assert_eq!(payment(&env.iter().copied().collect()), *expected, "{env:?}");
        }
    }

    #[test]
    fn a_plans_login_lies_in_a_file() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".claude");
        std::fs::create_dir(&folder).unwrap();
        let env: Env = [("HOME", home.path().to_str().unwrap())].into_iter().collect();
        assert_eq!(payment(&env), Payment::ByToken);
        let file = folder.join(".credentials.json");
        let text = br#"{"claudeAiOauth":{"accessToken":"x"}}"#;
        crate::sys::fs::write_atomic(&file, text, 0o600).unwrap();
        assert_eq!(payment(&env), Payment::Plan);
    }
}
