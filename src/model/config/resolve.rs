//! The layers put together: built-in < user < project < contract < environment < flags.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Config, SessionsIn, defaults, environment, hooks, limits,
    settings::{ResolvedAgent, Settings},
    view::{View, latest, views},
};
use crate::model::{
    Result,
    contract::{
        Agent, Contract, Isolation, Load, PermissionMode, Require, Retry, Subagents, SystemPrompt,
    },
    sourced::{Source, Sourced},
    value::{Span, Usd},
    yaml::{self, Document, Spanned},
};

/// Everything that a run can be told.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// The user's `config.yaml`.
    pub user: Option<&'a Document<Config>>,
    /// The repository's `atlas.yaml`, where it is trusted.
    pub project: Option<&'a Document<Config>>,
    /// The skill's contract, where it is trusted.
    pub contract: Option<&'a Document<Contract>>,
    /// The environment: the variables of [`super::VARIABLES`] and `CI` are looked at.
    pub env: &'a BTreeMap<String, String>,
    /// The flags.
    pub flags: &'a FlagValues,
    /// How many cores the machine has.
    pub cores: u32,
}

/// The flags that are settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagValues {
    /// `--max-usd`.
    pub max_usd: Option<Usd>,
    /// `--max-turns`.
    pub max_turns: Option<u32>,
    /// `--timeout`.
    pub timeout: Option<Span>,
    /// `--model`.
    pub model: Option<String>,
    /// `--edit`; nothing where it was not given.
    pub edit: Option<bool>,
    /// `--permission-mode`.
    pub permission_mode: Option<PermissionMode>,
    /// `--allow`, once for each rule.
    pub allow: Vec<String>,
    /// `--require`.
    pub require: Option<Require>,
    /// What a pass needs where nobody says it: a change that somebody else proposed, judged by
    /// `--config-from`, has to be looked at.
    pub judged: Option<Require>,
    /// `--worktree`.
    pub isolation: Option<Isolation>,
    /// `--staged`.
    pub load: Option<Load>,
    /// `--jobs`; 0 counts as 1.
    pub jobs: Option<u32>,
}

/// Puts all layers together.
///
/// # Errors
/// A variable of the environment that is no value, and hooks that do not fit together, with the
/// places of both.
pub fn resolve(layers: &Layers<'_>) -> Result<Settings> {
    let views = views(layers);
    let flags = layers.flags;
    let contract = layers.contract;
    let (limits, capped) = limits::resolve(layers, &views)?;
    Ok(Settings {
        limits,
        capped,
        retry: latest(&views, |view| view.retry)
            .unwrap_or_else(|| Sourced::built_in(Retry::times(defaults::RETRY))),
        jobs: limits::jobs(layers)?,
        require: require(layers, &views)?,
        isolation: flag(flags.isolation, "--worktree")
            .or_else(|| latest(&views, |view| view.isolation)),
        load: flag(flags.load, "--staged")
            .or_else(|| latest(&views, |view| view.load))
            .unwrap_or(Sourced::built_in(Load::Auto)),
        agent: agent(layers, &views)?,
        env: latest(&views, |view| view.env)
            .unwrap_or(Sourced::built_in(Vec::new()))
            .map(|names| names.into_iter().map(|name| name.value).collect()),
        hooks: hooks::unite(&views)?,
        aliases: aliases(layers),
        sessions: said_by(layers.user, Source::User, |user| user.sessions.as_ref())
            .unwrap_or(Sourced::built_in(SessionsIn::Repository)),
        context_window: said_by(layers.user, Source::User, |user| user.context_window.as_ref())
            .unwrap_or(Sourced::built_in(defaults::CONTEXT_WINDOW)),
        inputs: part(contract, |contract| contract.inputs.clone()),
        requires: part(contract, |contract| contract.requires.clone()),
        given: said_by(contract, Source::Contract, |contract| contract.given.as_ref())
            .unwrap_or(Sourced::built_in(Vec::new())),
        steps: part(contract, |contract| contract.steps.clone()),
        repair: said_by(contract, Source::Contract, |contract| contract.repair.as_ref()),
        output: said_by(contract, Source::Contract, |contract| contract.output.as_ref()),
        verify: said_by(contract, Source::Contract, |contract| contract.verify.as_ref()),
    })
}

/// The value of a flag, if it was given.
pub(super) fn flag<T>(value: Option<T>, name: &str) -> Option<Sourced<T>> {
    value.map(|value| Sourced::new(value, Source::Flag(name.to_owned())))
}

/// What one file says, with the line that it stands in.
pub(super) fn said_by<'a, D, T: Clone + 'a>(
    document: Option<&'a Document<D>>,
    source: fn(std::path::PathBuf, usize) -> Source,
    get: impl Fn(&'a D) -> Option<&'a Spanned<T>>,
) -> Option<Sourced<T>> {
    let document = document?;
    let said = get(&document.value)?;
    let source = source(document.path.clone(), document.line(&said.span));
    Some(Sourced::new(said.value.clone(), source))
}

/// A part that only a contract has, as a whole.
fn part<T: Default>(
    contract: Option<&Document<Contract>>,
    get: impl Fn(&Contract) -> T,
) -> Sourced<T> {
    match contract {
        Some(document) => {
            Sourced::new(get(&document.value), Source::Contract(document.path.clone(), 1))
        }
        None => Sourced::built_in(T::default()),
    }
}

/// In continuous integration a pass that nobody checked would be taken for one that was.
fn require(layers: &Layers<'_>, views: &[View<'_>]) -> Result<Sourced<Require>> {
    if let Some(require) = flag(layers.flags.require, "--require") {
        return Ok(require);
    }
    if let Some(require) =
        environment::read(layers.env, environment::REQUIRE, yaml::name::<Require>)?
    {
        return Ok(require);
    }
    Ok(latest(views, |view| view.require).unwrap_or_else(|| {
        if let Some(judged) = flag(layers.flags.judged, "--config-from") {
            judged
        } else if environment::is_ci(layers.env) {
            Sourced::new(Require::Checks, Source::Env(environment::CI.to_owned()))
        } else {
            Sourced::built_in(Require::None)
        }
    }))
}

fn agent(layers: &Layers<'_>, views: &[View<'_>]) -> Result<ResolvedAgent> {
    let flags = layers.flags;
    let model = match flag(flags.model.clone(), "--model") {
        Some(model) => Some(model),
        None => environment::read(layers.env, environment::MODEL, |text| Ok(text.to_owned()))?,
    };
    Ok(ResolvedAgent {
        model: model
            .or_else(|| latest(views, |view| view.agent.model.as_ref()))
            .unwrap_or_else(|| Sourced::built_in(defaults::MODEL.to_owned())),
        reviewer_model: Sourced::built_in(defaults::REVIEWER_MODEL.to_owned()),
        edit: flag(flags.edit, "--edit").or_else(|| latest(views, |view| view.agent.edit.as_ref())),
        tools: latest(views, |view| view.agent.tools.as_ref()),
        allow: allow(flags, views),
        permission_mode: flag(flags.permission_mode, "--permission-mode")
            .or_else(|| latest(views, |view| view.agent.permission_mode.as_ref())),
        system: latest(views, |view| view.agent.system.as_ref())
            .unwrap_or(Sourced::built_in(SystemPrompt::Default)),
        mcp: latest(views, |view| view.agent.mcp.as_ref()).unwrap_or(Sourced::built_in(Vec::new())),
        subagents: latest(views, |view| view.agent.subagents.as_ref())
            .unwrap_or(Sourced::built_in(Subagents::MayFail)),
    })
}

/// A flag names the one rule that was missing, so it adds to what the file lists.
fn allow(flags: &FlagValues, views: &[View<'_>]) -> Vec<Sourced<String>> {
    let get: fn(&Agent) -> Option<&Spanned<Vec<String>>> = |agent| agent.allow.as_ref();
    let listed = latest(views, |view| get(view.agent)).unwrap_or(Sourced::built_in(Vec::new()));
    let source = listed.source;
    let listed = listed.value.into_iter().map(|rule| Sourced::new(rule, source.clone()));
    let added = flags.allow.iter().filter_map(|rule| flag(Some(rule.clone()), "--allow"));
    listed.chain(added).collect()
}

fn aliases(layers: &Layers<'_>) -> BTreeMap<String, Sourced<String>> {
    let mut aliases = BTreeMap::new();
    let mut add = |document: Option<&Document<Config>>, source: fn(_, _) -> Source| {
        let Some(document) = document else { return };
        for (name, skill) in document.value.aliases.iter() {
            let source = source(document.path.clone(), document.line(&name.span));
            aliases.insert(name.value.clone(), Sourced::new(skill.value.clone(), source));
        }
    };
    // A name that the user gave keeps its meaning, whatever repository it is typed in.
    add(layers.project, Source::Project);
    add(layers.user, Source::User);
    aliases
}
