//! Keeps the API key out of the agent's shell.
//!
//! Whatever stands in claude's environment stands in that of every command the agent runs. So for
//! calls that offer a shell the key leaves the environment: claude gets it from a helper command
//! that reads a private file, and the file is gone with the call. docs/design/003 says what was
//! measured and why claude's own switch for this is not used.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    engine::site::Site,
    model::{Fault, Result, run::plan::AgentPlan},
    sys::fs::ensure_private_dir,
};

/// The variable that holds a key by the token.
pub(super) const API_KEY: &str = "ANTHROPIC_API_KEY";

/// The settings file that names the helper; dropping it removes the key.
#[derive(Debug)]
pub(super) struct HandedOver {
    dir: TempDir,
}

impl HandedOver {
    pub(super) fn settings(&self) -> PathBuf {
        self.dir.path().join("settings.json")
    }
}

/// Puts the key aside where the call offers a shell; `None` where there is none, or no key.
pub(super) fn hand_over(site: &Site, agent: &AgentPlan) -> Result<Option<HandedOver>> {
    let offers_a_shell =
        agent.tools.as_ref().is_none_or(|tools| tools.iter().any(|tool| tool == "Bash"));
    match site.env.get(API_KEY).filter(|key| offers_a_shell && !key.is_empty()) {
        None => Ok(None),
        Some(key) => put_aside(&site.keys, key)
            .map(Some)
            .map_err(|error| Fault::failed("could not put the API key aside").because(error)),
    }
}

fn put_aside(keys: &Path, key: &str) -> std::io::Result<HandedOver> {
    ensure_private_dir(keys)?;
    // Its folder is 0700, as `tempfile` makes them.
    let dir = tempfile::Builder::new().prefix("call-").tempdir_in(keys)?;
    let key_file = dir.path().join("key");
    private(&key_file)?.write_all(key.as_bytes())?;
    let helper = format!("cat {}", quoted(&key_file.to_string_lossy()));
    let settings = serde_json::json!({ "apiKeyHelper": helper });
    private(&dir.path().join("settings.json"))?.write_all(settings.to_string().as_bytes())?;
    Ok(HandedOver { dir })
}

fn private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// claude runs the helper by a shell.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}
