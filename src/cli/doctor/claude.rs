//! Whether there is a claude, whether it is logged in, and what its shell could read.

use std::{path::Path, time::Duration};

use serde::Deserialize;
use tokio::{runtime::Builder, sync::watch};

use super::{super::context::Context, Finding};
use crate::{
    engine::{
        child_env::{Child, child_env},
        claude::{self, Claude, OLDEST, probe, version_number},
    },
    model::{Fault, Result},
    store::{folders::Folders, probe::ProbeCache},
    sys::{
        process::{Program, RunLimits, run},
        signals::Stop,
    },
};

/// `claude auth status` answers from files; one that takes this long waits for something.
const PATIENCE: RunLimits = RunLimits {
    timeout: Duration::from_secs(10),
    grace: Duration::from_secs(1),
    keep_bytes: 64 * 1024,
    leak_grace: Duration::from_millis(200),
};

/// Parts of a name that stand for a secret.
const SECRETS: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"];

pub(super) fn look(context: &Context, folders: &Folders) -> Result<Vec<Finding>> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::failed("cannot start programs").because(error))?;
    runtime.block_on(async {
        let mut findings = Vec::new();
        match find(context, folders).await {
            Err(fault) => findings.push(Finding::fail("claude", &fault)),
            Ok(claude) => {
                findings.push(version(&claude));
                findings.push(login(&claude.path, context).await);
            }
        }
        findings.extend(keys(context));
        Ok(findings)
    })
}

async fn find(context: &Context, folders: &Folders) -> Result<Claude> {
    let path = claude::find(&context.env, Some(&context.project().root))?;
    probe(&path, &context.env, &ProbeCache::at(&folders.cache)).await
}

fn version(claude: &Claude) -> Finding {
    let found = format!("{} at {}", claude.version, claude.path.display());
    if version_number(&claude.version).is_some_and(|version| version >= OLDEST) {
        return Finding::ok("claude", found);
    }
    let (major, minor, patch) = OLDEST;
    Finding::warn("claude", format!("{found}, older than {major}.{minor}.{patch}"))
        .advise("update it with `claude update`; older ones leave processes behind")
}

/// What `claude auth status` says, as far as we read it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthStatus {
    logged_in: bool,
    auth_method: Option<String>,
    api_provider: Option<String>,
}

async fn login(claude: &Path, context: &Context) -> Finding {
    let program = Program {
        path: claude.to_owned(),
        args: ["auth", "status"].map(Into::into).into(),
        cwd: "/".into(),
        env: child_env(&context.env, Child::Claude, &[], &[]),
    };
    let (_keep_going, stop) = watch::channel(Stop::Running);
    let said = run(&program, Vec::new(), PATIENCE, stop).await.map(|done| done.stdout.text());
    let status = said.ok().and_then(|said| serde_json::from_str::<AuthStatus>(&said).ok());
    match status {
        Some(status) if status.logged_in => {
            let part = |part: Option<String>| part.unwrap_or_else(|| "unknown".to_owned());
            let (method, provider) = (part(status.auth_method), part(status.api_provider));
            Finding::ok("login", format!("{method} at {provider}"))
        }
        Some(_) => Finding::fail(
            "login",
            &Fault::unavailable("claude is not logged in")
                .hint("log in with `claude auth login`, or set ANTHROPIC_API_KEY"),
        ),
        None => Finding::warn("login", "`claude auth status` gave no answer that can be read")
            .advise("try `claude auth status` yourself; the first call tells for certain"),
    }
}

/// Which secrets the commands of an agent could read.
fn keys(context: &Context) -> Option<Finding> {
    let env = child_env(&context.env, Child::Claude, &[], &[]);
    let names = env.iter().filter_map(|(name, _)| name.to_str());
    let secret = |name: &&str| SECRETS.iter().any(|part| name.contains(part));
    let (kept, seen): (Vec<&str>, Vec<&str>) =
        names.filter(secret).partition(|name| *name == "ANTHROPIC_API_KEY");
    match (kept.is_empty(), seen.is_empty()) {
        (true, true) => None,
        (false, true) => {
            Some(Finding::ok("keys", "ANTHROPIC_API_KEY is kept out of the agent's shell"))
        }
        (_, false) => Some(
            Finding::warn("keys", format!("the agent's shell can read {}", seen.join(", ")))
                .advise("`claude auth login` keeps a login where no command sees it"),
        ),
    }
}
