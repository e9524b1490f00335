//! `atlas hooks list`: every hook, where it stands, and whether it may run.

use serde::Serialize;

use super::super::{
    Exit,
    context::Context,
    skills::{SkillsArgs, find},
    trust,
};
use crate::{
    model::{
        Result, Status,
        check::Timing,
        contract::{Hook, HookAction, On},
        skill::{Found, source::Source},
        yaml::{Document, Named},
    },
    report::{Look, explain::shell_line, table::table, words},
    store::{
        config,
        contracts::{Origin, contract_for},
        trust::{Subject, TrustStore, Verdict},
    },
};

/// List the hooks of this repository and yours, and with a skill those of its contract
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The skill whose contract is looked at too
    skill: Option<String>,
    #[command(flatten)]
    skills: SkillsArgs,
}

/// Whether a hook may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Trust {
    /// It is the user's own, or atlas's.
    Yours,
    /// A person trusted where it stands.
    Trusted,
    /// Nobody did; a run that it would apply to ends with exit code 8.
    #[serde(rename = "needs-trust")]
    Wanting,
}

#[derive(Serialize)]
struct Row {
    name: String,
    timing: Timing,
    on: Option<On>,
    blocking: bool,
    /// What is run, or the hook of atlas that is used.
    command: Vec<String>,
    bundled: Option<String>,
    source: String,
    trust: Trust,
}

#[derive(Serialize)]
struct Listed<'a> {
    hooks: &'a [Row],
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let rows = rows(args, context)?;
    if rows.is_empty() {
        context.printer.say("no hooks here yet; `hooks:` in .claude/atlas.yaml names some\n");
    }
    context.give(|| Listed { hooks: &rows }, |look| lines(&rows, look))?;
    Ok(Status::Passed.into())
}

/// In the order in which their layers are put together.
fn rows(args: &Args, context: &Context) -> Result<Vec<Row>> {
    let root = &context.project().root;
    let user = config::user(&context.folders()?)?;
    let mut rows: Vec<Row> = Vec::new();
    if let Some(user) = &user {
        rows.extend(of(user, &user.value.hooks, Trust::Yours));
    }
    if let Some(project) = config::project(root)? {
        for warning in &project.warnings {
            context.printer.warn(warning);
        }
        let hooks = &project.document.value.hooks;
        if hooks.iter().next().is_some() {
            let trust = judged(&Subject::of_repository(root, &context.cwd)?, context)?;
            rows.extend(of(&project.document, hooks, trust));
        }
    }
    let Some(skill) = &args.skill else { return Ok(rows) };
    let found = find(skill, &args.skills, context)?;
    if let Some(contract) = contract_for(&found.dir, &found.name, root)? {
        let trust = of_contract(&found, contract.origin, context)?;
        rows.extend(of(&contract.document, &contract.document.value.hooks, trust));
    }
    Ok(rows)
}

fn of_contract(found: &Found, origin: Origin, context: &Context) -> Result<Trust> {
    let root = &context.project().root;
    if origin == Origin::Repository || found.source.is_repository() {
        return judged(&Subject::of_repository(root, &context.cwd)?, context);
    }
    match found.source {
        Source::Personal | Source::Bundled if !found.dir.starts_with(root) => Ok(Trust::Yours),
        _ => judged(&Subject::of_skill(&found.dir)?, context),
    }
}

fn judged(subject: &Subject, context: &Context) -> Result<Trust> {
    let store = TrustStore::new(&context.folders()?);
    Ok(match trust::verdict(subject, &store, context)? {
        Verdict::NothingToTrust | Verdict::Trusted(_) => Trust::Trusted,
        Verdict::Untrusted(_) => Trust::Wanting,
    })
}

fn of<T>(document: &Document<T>, hooks: &Named<Hook>, trust: Trust) -> Vec<Row> {
    let row = |(name, hook): (&crate::model::yaml::Spanned<String>, &Hook)| {
        let line = document.text[..name.span.start].matches('\n').count() + 1;
        let (command, bundled) = match &hook.action {
            HookAction::Command(argv) => (argv.words().to_vec(), None),
            HookAction::Use(used) => (Vec::new(), Some(used.hook.name().to_owned())),
        };
        Row {
            name: name.value.clone(),
            timing: hook.timing,
            on: (hook.timing == Timing::Mid).then_some(hook.on),
            blocking: hook.blocking,
            command,
            bundled,
            source: format!("{}:{line}", document.path.display()),
            trust,
        }
    };
    hooks.iter().map(row).collect()
}

fn lines(rows: &[Row], look: Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |row: &Row| {
        let timing = match row.on {
            Some(On::Edit) => "mid, each edit".to_owned(),
            Some(On::Step) | None => row.timing.to_string(),
        };
        let timing = if row.blocking { timing } else { format!("{timing}, advisory") };
        let trust = match row.trust {
            Trust::Yours => "yours",
            Trust::Trusted => "trusted",
            Trust::Wanting => "needs trust",
        };
        let command = match &row.bundled {
            Some(bundled) => format!("use: {bundled}"),
            None => shell_line(&row.command),
        };
        [
            words::first_line(&row.name, look),
            timing,
            trust.to_owned(),
            words::first_line(&row.source, look),
            words::first_line(&command, look),
        ]
    };
    let rows: Vec<[String; 5]> = rows.iter().map(line).collect();
    table(["hook", "timing", "trust", "source", "command"], &rows, look)
}
