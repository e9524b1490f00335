//! How a call logs in, without showing more of the login than it must.
//!
//! Three things end in a private settings file that claude reads and that is gone with the call.
//!
//! An isolated call sees nothing of the user's settings, yet a login may be kept there: its keys,
//! and nothing else, are copied. A call that does see them must still not read what somebody else
//! could have written above the repository. And whatever stands in claude's environment stands in
//! that of every command that the agent runs; so for calls that offer a shell an API key leaves the
//! environment, and claude gets it from a helper command that reads a private file.
//! The third are the hooks that claude asks after an edit.
//! docs/design/003 says what was measured, and why claude's own switch for this is not used.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::{
    engine::{
        child_env,
        hook::edit::{EditOrder, order_file},
        site::Site,
    },
    model::{
        Fault, Result,
        run::plan::{AgentPlan, CallTrust},
    },
    store::trust::foreign_above,
    sys::{
        env::Env,
        fs::{ensure_private_dir, read_capped},
    },
};

/// The variable that holds a key by the token.
pub(super) const API_KEY: &str = "ANTHROPIC_API_KEY";

/// Settings of the user's that are a login.
const LOGIN_SETTINGS: [&str; 4] =
    ["apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh"];

/// The largest settings file that is looked at.
const MAX_SETTINGS: u64 = 1024 * 1024;

/// A private settings file; dropping it removes it, and the key with it.
#[derive(Debug)]
pub(super) struct HandedOver {
    dir: TempDir,
    /// Whether the key is in the file and has to leave the environment.
    pub(super) key_aside: bool,
    /// What names the hooks that claude asks after an edit, where there are any.
    pub(super) edit_order: Option<OsString>,
}

impl HandedOver {
    fn with_edits(mut self, edits: Option<&EditOrder>) -> io::Result<Self> {
        if let Some(edits) = edits {
            let (file, bytes) = (order_file(self.dir.path()), edits.bytes());
            private(&file)?.write_all(&bytes)?;
            self.edit_order = Some(EditOrder::name(&file, &bytes));
        }
        Ok(self)
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.dir.path().join("settings.json")
    }
}

/// Writes the settings that a call needs to log in and to ask hooks; `None` where it needs none.
pub(super) fn hand_over(
    site: &Site,
    agent: &AgentPlan,
    edits: Option<&EditOrder>,
) -> Result<Option<HandedOver>> {
    let mut settings = match agent.trust {
        CallTrust::Work => excluded(site.plan.hook_dir()),
        CallTrust::Isolated => users_login(&site.env),
    };
    if let Some(edits) = edits {
        settings.insert("hooks".to_owned(), edits.setting(&site.exe));
    }
    let key = site.env.get(API_KEY).filter(|key| agent.offers_a_shell() && !key.is_empty());
    if settings.is_empty() && key.is_none() {
        return Ok(None);
    }
    folder(site)
        .and_then(|dir| write(dir, settings, key))
        .and_then(|handed| handed.with_edits(edits))
        .map(Some)
        .map_err(|error| Fault::failed("could not hand the settings over").because(error))
}

/// What claude must not read above the repository, since somebody else could have written it.
fn excluded(root: &Path) -> Map<String, Value> {
    let foreign = foreign_above(root);
    let glob = |path: &PathBuf| {
        let below = if path.is_dir() { "/**" } else { "" };
        format!("{}{below}", path.display())
    };
    let globs: Vec<Value> = foreign.iter().map(|path| Value::String(glob(path))).collect();
    let setting = ("claudeMdExcludes".to_owned(), Value::Array(globs));
    [setting].into_iter().filter(|_| !foreign.is_empty()).collect()
}

/// What a cloud that the user's settings choose needs of the environment.
pub(super) fn cloud_env(env: &Env) -> Vec<(OsString, OsString)> {
    let settings = users_settings(env).unwrap_or_default();
    let switches = settings.get("env").and_then(Value::as_object);
    child_env::cloud_env(env, |name| {
        let value = switches.and_then(|switches| switches.get(name)?.as_str());
        value.is_some_and(child_env::is_on_by)
    })
}

fn users_settings(env: &Env) -> Option<Map<String, Value>> {
    let folder = match env.get_os("CLAUDE_CONFIG_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => Some(PathBuf::from(dir)),
        None => env.get_os("HOME").map(|home| Path::new(home).join(".claude")),
    };
    let bytes = read_capped(&folder?.join("settings.json"), MAX_SETTINGS).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The login that the user keeps in claude's own settings. Settings that cannot be read hold no
/// login that claude could have used.
fn users_login(env: &Env) -> Map<String, Value> {
    let Some(settings) = users_settings(env) else { return Map::new() };
    let mut login: Map<String, Value> = LOGIN_SETTINGS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), settings.get(*key)?.clone())))
        .collect();
    let env: Map<String, Value> = settings
        .get("env")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| child_env::is_login(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !env.is_empty() {
        login.insert("env".to_owned(), Value::Object(env));
    }
    login
}

/// The warden hears of the folder before there is a key in it.
fn folder(site: &Site) -> io::Result<TempDir> {
    ensure_private_dir(&site.keys)?;
    // `tempfile` makes its folders 0700.
    let dir = tempfile::Builder::new().prefix("call-").tempdir_in(&site.keys)?;
    if let Some(warden) = site.warden.borrow_mut().as_mut() {
        warden.remove(dir.path())?;
    }
    Ok(dir)
}

fn write(
    dir: TempDir,
    mut settings: Map<String, Value>,
    key: Option<&str>,
) -> io::Result<HandedOver> {
    if let Some(key) = key {
        let file = dir.path().join("key");
        private(&file)?.write_all(key.as_bytes())?;
        let helper = format!("cat {}", quoted(&file.to_string_lossy()));
        settings.insert("apiKeyHelper".to_owned(), Value::String(helper));
    }
    let text = Value::Object(settings).to_string();
    private(&dir.path().join("settings.json"))?.write_all(text.as_bytes())?;
    Ok(HandedOver { dir, key_aside: key.is_some(), edit_order: None })
}

fn private(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// claude runs the helper by a shell.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn home_with(settings: &str) -> (TempDir, Env) {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join(".claude");
        std::fs::create_dir(&dir).unwrap();
        private(&dir.join("settings.json")).unwrap().write_all(settings.as_bytes()).unwrap();
        let env = [("HOME", home.path().to_str().unwrap())].into_iter().collect();
        (home, env)
    }

    #[test]
    fn only_the_login_of_the_users_settings_is_copied() {
        let rows = [
            ("{}", "{}"),
            ("no json", "{}"),
            (r#"{"apiKeyHelper":"get-key","hooks":{"Stop":[]}}"#, r#"{"apiKeyHelper":"get-key"}"#),
            (
                r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"t","EDITOR":"vi","LD_PRELOAD":"x"},"model":"opus"}"#,
                r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"t"}}"#,
            ),
        ];
        for (settings, expected) in rows {
            let (_home, env) = home_with(settings);
            assert_eq!(Value::Object(users_login(&env)).to_string(), expected);
        }
    }

    #[test]
    fn a_cloud_that_the_settings_choose_gets_its_keys() {
        for (settings, expected) in [
            (r#"{"env":{"CLAUDE_CODE_USE_BEDROCK":"1"}}"#, 1),
            (r#"{"env":{"CLAUDE_CODE_USE_BEDROCK":"0"}}"#, 0),
            (r#"{"env":{"CLAUDE_CODE_USE_VERTEX":"1"}}"#, 0),
            ("{}", 0),
        ] {
            let (home, _) = home_with(settings);
            let home = home.path().to_str().unwrap();
            let given = [("HOME", home), ("AWS_PROFILE", "p"), ("GH_TOKEN", "x")];
            assert_eq!(cloud_env(&given.into_iter().collect()).len(), expected, "{settings}");
        }
    }

    #[test]
    fn a_key_is_private_and_gone_with_the_call() {
        let keys = tempfile::tempdir().unwrap();
        let dir = tempfile::Builder::new().prefix("it's here").tempdir_in(keys.path()).unwrap();
        let handed = write(dir, Map::new(), Some("secret")).unwrap();
        let settings = std::fs::read_to_string(handed.settings()).unwrap();
        assert!(!settings.contains("secret"), "{settings}");
        for name in ["key", "settings.json"] {
            let mode = handed.dir.path().join(name).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let dir = handed.dir.path().to_owned();
        drop(handed);
        assert!(!dir.exists());
    }
}
