//! `on: edit`: hooks that claude asks after each edit inside a call, so that the agent hears at
//! once.
//!
//! claude has hooks of its own. For the time of a call its settings name `atlas __edit-hook` as
//! one, which asks the hook of the plan and answers as claude's hooks do. What to ask lies in a
//! private file that is gone with the call; claude's environment names it by its hash, and nothing
//! of that environment reaches the hook. What the hook said comes back in claude's stream.
//!
//! Best effort: an edit by a shell command is none that claude tells of. So what is said here
//! decides nothing about the run.

use std::{
    ffi::{OsStr, OsString},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::{runtime::Builder, sync::watch};

use super::{
    super::{child_env::Child, judges, site::Site},
    Ground, Work,
    ask::{Question, ask, check_of},
    told,
};
use crate::{
    model::{
        call::stream::EditAnswer,
        check::{Check, CheckKind, CheckStatus},
        digest::sha256,
        judges::{JudgeFile, accuse, below},
        run::{Point, plan::HookPlan},
    },
    sys::{env::Env, fs::read_capped, signals::Stop, sweep::COOKIE},
};

/// The word that starts an edit hook, in place of a command of atlas.
pub const EDIT_COMMAND: &str = "__edit-hook";

/// The variable by which claude's environment names the file with what to ask: its hash, a colon,
/// its path.
pub(crate) const ORDER: &str = "ATLAS_EDIT_ORDER";

/// The tools that change a file, as claude's matcher wants them.
const EDITS: &str = "Edit|MultiEdit|Write|NotebookEdit";

/// How much longer claude waits than the hook may take.
const SPARE_SECONDS: u64 = 30;

/// The largest order, and the longest that claude tells of one edit.
const MOST: u64 = 64 * 1024 * 1024;

/// claude's codes: go on; and stop, with stderr for the agent.
const GO_ON: u8 = 0;
const BLOCK: u8 = 2;

/// Any other code is an error that claude shows nobody.
const BROKEN: u8 = 1;

/// Everything that edit hooks of one call are asked with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EditOrder {
    questions: Vec<Question>,
    judges: Vec<JudgeFile>,
    /// What every hook is told, but for the edit itself.
    told: Map<String, Value>,
}

impl EditOrder {
    /// What is asked after edits of this attempt; `None` where nothing is.
    pub(crate) fn of(
        site: &Site,
        (step, attempt): (&str, u32),
        judges: &[JudgeFile],
    ) -> Option<Self> {
        let tree = site.trees.of(step);
        let question = |hook: &HookPlan| {
            let unit = format!("{step}/{attempt}/hook/{}", hook.name);
            Question {
                env: site.child_env(Child::Hook, &unit, Some(step), &hook.env),
                hook: hook.clone(),
                cwd: tree.root.clone(),
                grace: site.plan.limits.grace,
            }
        };
        let questions: Vec<Question> = site.plan.edit_hooks(step).map(question).collect();
        let first = questions.first()?;
        let at = Point::Mid { step: step.to_owned(), attempt };
        let work = Work::default();
        let told = told(Ground::of(site, &tree), (&first.hook, &at), &work);
        let told = serde_json::to_value(told).ok()?.as_object()?.clone();
        Some(Self { questions, judges: judges.to_vec(), told })
    }

    /// claude's own setting that asks these hooks.
    pub(crate) fn setting(&self, exe: &Path) -> Value {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let hooks = self.questions.iter().map(|question| {
            let hook = &question.hook;
            let exe = quoted(&exe.to_string_lossy());
            json!({
                "type": "command",
                "command": format!("{exe} {EDIT_COMMAND} {}", quoted(&hook.name)),
                "timeout": hook.timeout.0.as_secs() + SPARE_SECONDS,
            })
        });
        json!({ "PostToolUse": [{ "matcher": EDITS, "hooks": hooks.collect::<Vec<_>>() }] })
    }

    /// The file's content.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an order is JSON")
    }

    /// What [`ORDER`] is set to for a file with these bytes.
    pub(crate) fn name(file: &Path, bytes: &[u8]) -> OsString {
        let mut name = OsString::from(format!("{}:", sha256(bytes)));
        name.push(file);
        name
    }

    fn open(name: &OsStr) -> Result<Self, String> {
        let name = name.to_str().ok_or("the order's name is no text")?;
        let (hash, file) = name.split_once(':').ok_or("the order has no name")?;
        let bytes = read_capped(Path::new(file), MOST).map_err(|error| error.to_string())?;
        if sha256(&bytes) != hash {
            return Err("what to ask is not what the run wrote down".to_owned());
        }
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    }
}

/// `atlas __edit-hook NAME`: asks the hook about one edit, and answers as claude's hooks do.
pub fn serve_edit(args: &[OsString]) -> u8 {
    match answer(args) {
        Ok((answer, context)) => said(&answer, context.as_deref()),
        Err(why) => {
            // claude reads it; where nobody does, the exit code says enough.
            let _unheard = writeln!(std::io::stderr(), "atlas could not ask the hook: {why}");
            BROKEN
        }
    }
}

fn answer(args: &[OsString]) -> Result<(EditAnswer, Option<String>), String> {
    let hook = args.first().and_then(|name| name.to_str()).ok_or("no hook is named")?;
    let env = Env::from_process();
    let order = EditOrder::open(env.get_os(ORDER).ok_or("nobody said what to ask")?)?;
    let question = order.questions.iter().find(|question| question.hook.name == hook);
    let mut question = question.ok_or("the run has no such hook")?.clone();
    // Two edits at once are two hooks, and neither ends what the other one started.
    for (_, value) in question.env.iter_mut().filter(|(name, _)| name == COOKIE) {
        value.push(format!("/{}", std::process::id()));
    }
    let mut told = String::new();
    let read = std::io::stdin().take(MOST).read_to_string(&mut told);
    read.map_err(|error| format!("cannot read what was edited: {error}"))?;
    let edit: Map<String, Value> =
        serde_json::from_str(&told).map_err(|error| format!("claude tells no JSON: {error}"))?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (check, context) = runtime.block_on(look(&order, &question, &edit));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let input = edit.get("tool_input");
    let file = ["file_path", "notebook_path"].iter().find_map(|key| text(input?.get(key)?));
    let file = file.unwrap_or_default();
    let file = match below(&question.cwd, Path::new(&file)) {
        Some(shorter) => shorter.to_string_lossy().into_owned(),
        None => file,
    };
    let tool = edit.get("tool_name").and_then(text).unwrap_or_default();
    Ok((EditAnswer { tool, file, check }, context))
}

/// What the hook says, and what of it the agent is told though it passed.
async fn look(
    order: &EditOrder,
    question: &Question,
    edit: &Map<String, Value>,
) -> (Check, Option<String>) {
    let own: Vec<JudgeFile> =
        order.judges.iter().filter(|file| file.is_named_by(&question.hook.name)).cloned().collect();
    if let Some(reason) = accuse(&judges::changed(&question.cwd, &own).await) {
        let check = check_of(&question.hook, CheckKind::Protection, CheckStatus::Failed);
        return (check.because(reason), None);
    }
    // claude's own words, with ours beside them.
    let mut told = order.told.clone();
    told.extend(edit.clone());
    let input = serde_json::to_vec(&told).expect("JSON stays JSON");
    // Whoever ends claude ends what it started.
    let (_keep, stop) = watch::channel(Stop::Running);
    let check = ask(question, input, stop).await;
    let context = check.reason.clone().filter(|_| check.status == CheckStatus::Passed);
    (check, context)
}

/// The agent hears of a refusal, as far as the hook blocks; a hook that could not look is for the
/// journal.
fn said(answer: &EditAnswer, context: Option<&str>) -> u8 {
    let mut out = json!({ EditAnswer::KEY: answer });
    if let Some(context) = context {
        out["hookSpecificOutput"] =
            json!({ "hookEventName": "PostToolUse", "additionalContext": context });
    }
    // Nobody who reads is left when writing fails.
    let _unheard = writeln!(std::io::stdout(), "{out}");
    let check = &answer.check;
    if check.status != CheckStatus::Failed || !check.blocking {
        return GO_ON;
    }
    let reason = check.reason.as_deref().unwrap_or("it refuses, and says nothing");
    let _unheard = writeln!(std::io::stderr(), "{}: {reason}", check.name);
    BLOCK
}

/// Where the order of a call lies, below the call's private folder.
pub(crate) fn order_file(folder: &Path) -> PathBuf {
    folder.join("edit.json")
}
