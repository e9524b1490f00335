//! From what was typed to a plan: finds and reads everything, changes nothing.
//!
//! `--dry-run` ends here. Whatever could go wrong before money is spent goes wrong here too.

mod chosen;
mod facts;
mod ground;
mod judges;
pub(crate) mod protected;
mod purpose;
mod schema;
mod session;
mod skills;
mod sources;
mod staged;
mod tasks;
mod trust;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    login::{Payment, payment},
    tree::{expect_new, file_change},
};
use crate::{
    model::{
        Fault, Request, Result, Spot,
        check::{Check, CheckKind, CheckStatus, Require},
        config::{Config, FlagValues, Layers, Settings, resolve},
        contract::{Contract, Isolation},
        digest::sha256,
        facts::Seen,
        planning::{self, Given},
        run::{Plan, stand::TreeName},
        skill::Skill,
        yaml::Document,
    },
    store::{
        config,
        day_ledger::DayLedger,
        folders::Folders,
        history::{self, History},
        session::Sessions,
    },
    sys::{clock::Clock, env::Env, executable, git::Repository, signals::Heard},
};
use ground::{Ground, kept};
pub use purpose::Purpose;
pub(crate) use sources::changed;
pub use tasks::{TaskRequest, prepare_tasks};
pub use trust::{Question, questions};

/// What surrounds a run: the process as it was started.
#[derive(Clone, Debug)]
pub struct Around {
    /// The environment.
    pub env: Env,
    /// The user's folders.
    pub folders: Folders,
    /// What time it is.
    pub clock: Clock,
    /// How many cores the machine has.
    pub cores: u32,
    /// This program's own file, to start the warden from.
    pub own_exe: PathBuf,
    /// What was heard of signals before the run listens itself, where somebody did.
    pub heard: Option<Heard>,
}

/// How much of one fact of the repository a prompt holds: about 40,000 tokens.
const FACT_BYTES: usize = 160 * 1024;

/// A run that can begin.
#[derive(Debug)]
pub struct Prepared {
    /// What shall happen.
    pub plan: Plan,
    /// The repository, where changes can be tracked.
    pub repository: Option<Arc<Repository>>,
    /// Where its session will be kept.
    pub sessions: Sessions,
    /// What earlier runs of the skill cost here.
    pub history: Option<History>,
    /// What a person should hear before it begins.
    pub notices: Vec<String>,
    /// The tree since which its change belongs to the work.
    pub base: Since,
    /// The facts of the repository that the agent is given, as files: a name and what it holds.
    pub facts: Vec<(&'static str, String)>,
    /// What is odd in the skill's file.
    pub warnings: Vec<Spot>,
    /// What it is for.
    pub purpose: Purpose,
}

/// The tree since which its change belongs to the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// The tree as it is when the run begins.
    Now,
    /// What is staged then.
    Staged,
    /// That of a revision, whose objects the repository has.
    Revision(String),
    /// One that was taken when the plan was made, with its objects in the session. The work was done
    /// since, so what judges it is held to what it was then.
    Taken(TreeName),
}

/// The folder of the skill that was asked for.
pub fn skill_folder(request: &Request, around: &Around) -> Result<PathBuf> {
    let ground = Ground::find(&request.cwd, around)?;
    let user = config::user(&around.folders)?;
    let project = config::project(&ground.root)?.map(|project| project.document);
    let (skill, _) = chosen::skill(request, around, &ground, [user.as_ref(), project.as_ref()])?;
    Ok(skill.found.dir)
}

/// The settings that a run of the skill would have, as far as everything in them is trusted.
///
/// # Errors
/// As [`prepare`], up to the plan.
pub fn settings_for(request: &Request, around: &Around) -> Result<Settings> {
    let (request, ground) = &Ground::of(request, around)?;
    let user = config::user(&around.folders)?;
    let project = config::project(ground.config())?.map(|project| project.document);
    let (skill, _) = chosen::skill(request, around, ground, [user.as_ref(), project.as_ref()])?;
    let subjects = trust::Subjects::new(request, &skill, ground);
    let said = trust::Said { user: user.as_ref(), project };
    let trusted = trust::settle(subjects, said, around)?;
    let files = Files {
        user: user.as_ref(),
        project: trusted.project.as_ref(),
        contract: trusted.contract.as_ref(),
    };
    settings(request, around, files)
}

/// A skill that was found where the user stands, and what counts of it.
struct Settled {
    request: Request,
    ground: Ground,
    user: Option<Document<Config>>,
    skill: Skill,
    trusted: trust::Trusted,
    notices: Vec<String>,
}

/// Finds the skill, and settles trust.
fn settled(request: &Request, around: &Around, purpose: &Purpose) -> Result<Settled> {
    chosen::expect_an_end(&around.env)?;
    let (request, mut ground) = Ground::of(request, around)?;
    expect_text(&[&request.cwd, &ground.root])?;
    let mut notices = ground.notices.clone();
    let [mut user, project] = configurations(&ground, around, &mut notices)?;
    let (skill, shadows) =
        chosen::skill(&request, around, &ground, [user.as_ref(), project.as_ref()])?;
    notices.extend(shadows);
    let mut trusted = trust::settle(
        trust::Subjects::new(&request, &skill, &ground),
        trust::Said { user: user.as_ref(), project: project.filter(|_| purpose.is_configured()) },
        around,
    )?;
    // Of configuration that has no say anyway, as in a replay, nobody need hear.
    notices.extend(trusted.notices.drain(..).filter(|_| purpose.is_configured()));
    ground.take_commands(&mut user, &mut trusted, (&skill, around))?;
    Ok(Settled { request, ground, user, skill, trusted, notices })
}

/// Finds the skill, reads every file that has a say, settles trust, and makes the plan.
///
/// Skill, contract and trust are those of where the user stands, in a replay too.
pub fn prepare(request: &Request, around: &Around, purpose: &Purpose) -> Result<Prepared> {
    let Settled { request: user_at, ground, user, skill, trusted, mut notices } =
        settled(request, around, purpose)?;
    let document = trusted.contract.as_ref();
    let said = purpose::Said { user, project: trusted.project, contract: document };
    let settings = purpose::settings(purpose, &user_at, around, said)?;
    let contract = document.map(|contract| ground.config().join(&contract.path));
    let config = ground.config().to_owned();
    let work = purpose::place(purpose, &user_at, around, (ground, &settings))?;
    let (request, ground, sessions) = (&work.request, work.ground, work.sessions);
    expect_new(ground.repository.as_ref(), &request.delivery)?;
    let base = facts::base_of_work(request, &ground)?;
    let mut facts = facts::read(request, &settings, &ground)?;
    let paid = DayLedger::paid_sessions(&around.folders.state);
    let history::Past { history, windows } = history::of(&sessions, &skill.found.name, &paid);
    let told = facts.iter().map(|fact| fact.tell(FACT_BYTES)).collect();
    let inner = skills::inner(
        skills::Stand { around, purpose, user_at: &user_at, ground: &ground, windows: &windows },
        skills::Outer { request, skill: &skill, settings: &settings, contract: document },
    )?;
    notices.extend(inner.notices);
    facts.extend(inner.facts);
    let mut plan = planning::plan(Given {
        request,
        skills: inner.skills,
        skill: &skill,
        digest: sha256(skill.text.as_bytes()),
        contract: document,
        output: schema::of_run(&skill, &settings)?,
        step_outputs: schema::of_steps(&skill, &settings)?,
        settings: &settings,
        facts: told,
        own_exe: &around.own_exe,
        skill_trusted: trusted.skill,
        // The revision has the say; what claude would heed lies in the checkout, which is data.
        repository_trusted: trusted.repository && ground.protected.is_none(),
        root: ground.repository.is_some().then(|| ground.root.clone()),
        skipped: trusted.skipped.into_iter().map(skipped).collect(),
        prices: history.as_ref().map(|history| history.steps.clone()).unwrap_or_default(),
        windows,
        on_a_plan: payment(&around.env) == Payment::Plan,
    })?;
    plan.judges = judges::find(&plan, &settings, contract.as_deref(), around)?;
    trust::expect_judged(&plan, &trusted.hashed)?;
    let own = sources::of((purpose, request, &skill.found), &settings, &config, around);
    plan.sources.splice(..0, own);
    plan.protected = ground.protected.map(|laid| laid.plan);
    require_programs(&mut plan, &around.env);
    notices.extend(before(&settings, &skill, &plan));
    Ok(Prepared {
        plan,
        repository: ground.repository.map(Arc::new),
        sessions,
        history,
        notices,
        base,
        facts: files(&facts),
        warnings: skill.oddities().cloned().collect(),
        purpose: purpose.clone(),
    })
}

/// The user's configuration and the project's; what is odd in the latter becomes a notice.
fn configurations(
    ground: &Ground,
    around: &Around,
    notices: &mut Vec<String>,
) -> Result<[Option<Document<Config>>; 2]> {
    let project = config::project(ground.config())?.map(|project| {
        notices.extend(project.warnings);
        project.document
    });
    Ok([config::user(&around.folders)?, project])
}

/// The facts that lie in files, each once.
fn files(facts: &[Seen]) -> Vec<(&'static str, String)> {
    let mut files: Vec<(&'static str, String)> = Vec::new();
    for (name, text) in facts.iter().filter_map(Seen::file) {
        if files.iter().all(|(known, _)| *known != name) {
            files.push((name, text));
        }
    }
    files
}

/// What a person should hear of a plan before it is followed.
fn before(settings: &Settings, skill: &Skill, plan: &Plan) -> Vec<String> {
    if plan.work.is_some() {
        return capped(settings).collect();
    }
    let others = planning::not_staged(settings, plan).into_iter();
    capped(settings).chain(others).chain(tools_not_allowed(skill, plan)).collect()
}

/// Programs of blocking hooks that are nowhere: the run could not pass, so it must not cost
/// anything. One that is named by a path may still be built by the work.
fn require_programs(plan: &mut Plan, env: &Env) {
    let path = env.get_os("PATH").unwrap_or_default();
    let programs =
        plan.hooks.iter().filter(|hook| hook.blocking).filter_map(|hook| hook.command.first());
    let mut missing: Vec<String> = programs
        .filter(|name| {
            !name.contains('/') && executable::find(name, path, Path::new("/")).is_none()
        })
        .cloned()
        .collect();
    missing.sort();
    missing.dedup();
    plan.requires.commands.extend(missing);
}

/// Plans and journals are JSON, and what is told of them is text.
fn expect_text(paths: &[&Path]) -> Result<()> {
    match paths.iter().find(|path| path.to_str().is_none()) {
        None => Ok(()),
        Some(path) => Err(Fault::invalid("the path of this folder is no UTF-8 text")
            .because(format!("`{}`", path.display()))
            .hint("rename the folder, or run atlas in another one")),
    }
}

/// The files that have a say, as far as they are trusted.
#[derive(Clone, Copy)]
struct Files<'a> {
    user: Option<&'a Document<Config>>,
    project: Option<&'a Document<Config>>,
    contract: Option<&'a Document<Contract>>,
}

fn settings(request: &Request, around: &Around, files: Files<'_>) -> Result<Settings> {
    let text = |(name, value): (&std::ffi::OsStr, &std::ffi::OsStr)| {
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    let env = around.env.iter().filter_map(text).collect();
    resolve(&Layers {
        user: files.user,
        project: files.project,
        contract: files.contract,
        env: &env,
        flags: &flags(request),
        cores: around.cores,
    })
}

fn flags(request: &Request) -> FlagValues {
    FlagValues {
        max_usd: request.max_usd,
        max_turns: request.max_turns,
        timeout: request.timeout,
        model: request.model.clone(),
        edit: request.edit.then_some(true),
        permission_mode: request.permission_mode,
        allow: request.allow.clone(),
        require: request.require,
        judged: request.config_from.as_ref().map(|_| Require::Checks),
        isolation: (request.worktree || request.index).then_some(Isolation::Worktree),
        load: None,
        jobs: request.jobs,
    }
}

fn skipped(name: String) -> Check {
    let check = match name.strip_prefix("hook ") {
        Some(hook) => Check::blocking(hook, CheckKind::Hook, CheckStatus::Skipped),
        None => Check::blocking(name, CheckKind::Predicate, CheckStatus::Skipped),
    };
    check.because("nobody trusted it")
}

fn capped(settings: &Settings) -> impl Iterator<Item = String> {
    settings.capped.iter().map(|capped| {
        let (limit, asked, held) = (&capped.limit, &capped.asked, &capped.held);
        format!(
            "limits.{limit}: {} asks for {}, {} allows {}",
            asked.source, asked.value, held.source, held.value
        )
    })
}

/// A skill made for another client may count on tools that this run does not approve; its author
/// is told before the first call, not by a denial after it.
fn tools_not_allowed(skill: &Skill, plan: &Plan) -> Option<String> {
    let agent = &plan.steps.first()?.agent;
    let wished = skill.front.allowed_tools.as_ref()?;
    let missing: Vec<&str> = wished
        .iter()
        .filter(|rule| {
            let tool = crate::model::skill::tools::tool_of(rule);
            let offered = agent.tools.as_ref().is_none_or(|tools| tools.iter().any(|t| t == tool));
            let approved = agent.allow.contains(rule) || !needs_approval(tool);
            let edits = agent.permission_mode
                == crate::model::contract::PermissionMode::AcceptEdits
                && matches!(tool, "Edit" | "Write");
            !(offered && (approved || edits))
        })
        .map(String::as_str)
        .collect();
    (!missing.is_empty()).then(|| {
        let names = missing.join(", ");
        format!(
            "the skill asks for {names}, which this run does not allow; see `--allow`, `--edit`"
        )
    })
}

fn needs_approval(tool: &str) -> bool {
    !matches!(tool, "Read" | "Grep" | "Glob" | "Task" | "TodoWrite" | "Skill")
}
