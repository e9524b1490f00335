//! Asks one hook: starts its program, tells it what there is to know, reads what it answers.

use std::{
    ffi::OsString,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    engine::leftovers,
    model::{
        check::{Check, CheckKind, CheckStatus},
        hook_answer::{self, HookEnd},
        run::plan::HookPlan,
        value::Span,
    },
    sys::{
        capture::KEEP_BYTES,
        process::{End, Exit, Program, RunLimits, run},
        signals::Stop,
        sweep::{COOKIE, Cookie},
    },
};

/// How long something that a hook started may hold its pipes after it.
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// A hook that can be asked without anything else: what it runs, where, and with which variables.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    /// The hook.
    pub(crate) hook: HookPlan,
    /// Its environment; the cookie in it tells its processes from all others.
    pub(crate) env: Vec<(OsString, OsString)>,
    /// Where it runs.
    pub(crate) cwd: PathBuf,
    /// From TERM to KILL.
    pub(crate) grace: Span,
}

/// What the hook says; nothing that it started is left.
pub(crate) async fn ask(question: &Question, input: Vec<u8>, stop: watch::Receiver<Stop>) -> Check {
    let hook = &question.hook;
    let started = Instant::now();
    let limits = RunLimits {
        timeout: hook.timeout.0,
        grace: question.grace.0,
        keep_bytes: KEEP_BYTES,
        leak_grace: LEAK_GRACE,
    };
    let (end, stdout, stderr) = match run(&question.program(), input, limits, stop.clone()).await {
        Ok(done) => (ending(done.end), done.stdout.text(), done.stderr.text()),
        Err(error) => (HookEnd::NotStarted(error.to_string()), String::new(), String::new()),
    };
    let answer = hook_answer::read(&end, &stdout, &stderr);
    question.leave_nobody(stop).await;
    Check {
        reason: answer.reason.or(match answer.status {
            CheckStatus::Passed => answer.context,
            CheckStatus::Failed | CheckStatus::Error | CheckStatus::Skipped => None,
        }),
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..check_of(hook, CheckKind::Hook, answer.status)
    }
}

/// A check by this hook that says no more than its status.
pub(crate) fn check_of(hook: &HookPlan, kind: CheckKind, status: CheckStatus) -> Check {
    Check {
        name: hook.name.clone(),
        kind,
        timing: Some(hook.timing),
        blocking: hook.blocking,
        status,
        reason: None,
        ms: 0,
    }
}

impl Question {
    fn program(&self) -> Program {
        let mut command = self.hook.command.iter();
        Program {
            path: command.next().map(PathBuf::from).unwrap_or_default(),
            args: command.map(OsString::from).collect(),
            cwd: self.cwd.clone(),
            env: self.env.clone(),
        }
    }

    /// A hook is over when its program is; what it left behind must not work on.
    async fn leave_nobody(&self, stop: watch::Receiver<Stop>) {
        let cookie = self.env.iter().find(|(name, _)| name == COOKIE);
        let Some(cookie) = cookie.and_then(|(_, value)| value.to_str()) else { return };
        leftovers::end(Cookie::Exact(cookie.to_owned()), self.grace.0, stop).await;
    }
}

fn ending(end: End) -> HookEnd {
    match end {
        End::Exited(Exit::Code(code)) => HookEnd::Code(code),
        End::Exited(Exit::Signal(signal)) => HookEnd::Signal(signal),
        End::TimedOut => HookEnd::TimedOut,
        End::Stopped => HookEnd::Stopped,
    }
}
