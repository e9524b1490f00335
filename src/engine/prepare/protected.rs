//! `--config-from REF`: the configuration of a run comes from a revision, not from the checkout.
//!
//! Its files are laid out in the user's cache, under the name of their content. There they are
//! read, and from there hooks run; the checkout is what they look at. A plan so holds no path of a
//! session, equal files have equal paths, and an agent that writes where it stands reaches none.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Around;
use crate::{
    model::{
        Fault, Request, Result,
        config::Config,
        contract::{
            Contract,
            commands::{Naming, of_config, of_contract},
        },
        judges::{Moves, Run, Sight, below, protect, runs},
        run::plan::ProtectedPlan,
        text,
        yaml::{Document, Spanned},
    },
    store::protected::Protected,
    sys::{executable, fs::read_capped, git::Repository},
};

/// No file that judges is larger.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// So much of a commit's name is enough for people.
const COMMIT_DIGITS: usize = 10;

/// The files that have a say, before and after their commands name those of the revision.
pub(super) struct Said<'a> {
    pub(super) user: Option<&'a mut Document<Config>>,
    pub(super) project: Option<&'a mut Document<Config>>,
    pub(super) contract: Option<&'a mut Document<Contract>>,
    /// The folder of the skill.
    pub(super) skill: &'a Path,
}

/// The configuration of a revision, laid out.
#[derive(Clone, Debug)]
pub(super) struct Laid {
    /// The folder that stands for the root of the repository.
    pub(super) folder: PathBuf,
    pub(super) plan: ProtectedPlan,
}

impl Laid {
    /// Whose word the configuration is, for people.
    pub(super) fn notice(&self) -> String {
        let ProtectedPlan { revision, commit, .. } = &self.plan;
        let (revision, commit) = (text::sanitize_line(revision), &commit[..COMMIT_DIGITS]);
        format!("configuration, contracts and skills are those of {revision} ({commit})")
    }
}

/// Lays out the configuration of the revision that was named, if one was.
///
/// # Errors
/// There is no such revision, no repository, or it cannot be laid out.
pub(super) fn lay_out(
    request: &Request,
    repository: Option<&Repository>,
    around: &Around,
) -> Result<Option<Laid>> {
    let Some(name) = &request.config_from else { return Ok(None) };
    let repository = repository.ok_or_else(|| {
        Fault::usage("`--config-from` needs a git repository, and there is none here")
    })?;
    let protected = Protected::named(repository, name, &around.folders.cache)?;
    let given = request.skills_dirs.iter().chain(&request.plugin_dirs);
    let besides: Vec<PathBuf> = given.filter_map(|dir| inside(repository.root(), dir)).collect();
    let folder = protected.configuration(&besides)?;
    let plan = ProtectedPlan {
        revision: name.clone(),
        commit: protected.commit,
        besides,
        scripts: BTreeSet::new(),
    };
    Ok(Some(Laid { folder, plan }))
}

/// Makes every command name the files of the revision. Returns which were laid out for that.
///
/// # Errors
/// A command runs or names what cannot be taken from there, with all such commands.
pub(super) fn take(
    said: Said<'_>,
    (laid, repository): (&Laid, &Repository),
    around: &Around,
) -> Result<BTreeSet<PathBuf>> {
    let protected =
        Protected::of_commit(repository, laid.plan.commit.clone(), &around.folders.cache)?;
    let Said { user, project, contract, skill } = said;
    let mut namings: Vec<Naming<'_>> = Vec::new();
    for document in [user, project].into_iter().flatten() {
        namings.extend(of_config(&mut document.value));
    }
    namings.extend(contract.into_iter().flat_map(|document| of_contract(&mut document.value)));

    let root = repository.root();
    let mut taken = Vec::new();
    let mut wanted = BTreeSet::new();
    let mut refused = Vec::new();
    for naming in &namings {
        let (moves, files) = match naming {
            Naming::Command { whose, argv, may_change } => {
                let moves = command(argv.words(), may_change, (root, &protected))?;
                let found = programs(argv.words(), root, around);
                let all = moves.refused.iter().chain(&found);
                refused.extend(all.map(|why| format!("{whose}: {why}")));
                let files: Vec<PathBuf> = moves.files().map(Path::to_owned).collect();
                (Some(moves), files)
            }
            Naming::Options(with) => {
                let schema = with.schema.iter().map(|schema| PathBuf::from(&schema.value));
                let elsewhere = |path: &PathBuf| !skill.join(path).exists();
                (None, schema.filter(elsewhere).collect())
            }
        };
        taken.push(moves);
        wanted.extend(files.iter().map(|file| with_its_folder(file)));
    }
    if !refused.is_empty() {
        return Err(refusal(&laid.plan, refused));
    }
    let folder = protected.lay_out(&wanted)?;
    for (naming, moves) in namings.into_iter().zip(taken) {
        replace(naming, moves, (&folder, skill))?;
    }
    Ok(wanted)
}

/// Lays out again what a plan was made from: a cache may be emptied.
///
/// # Errors
/// The revision can be read no more.
pub(crate) fn again(plan: &ProtectedPlan, repository: &Repository, around: &Around) -> Result<()> {
    let protected = Protected::of_commit(repository, plan.commit.clone(), &around.folders.cache)?;
    protected.configuration(&plan.besides)?;
    protected.lay_out(&plan.scripts).map(|_| ())
}

/// The request as if its folders of skills had been named in the revision.
pub(super) fn redirected(request: &Request, laid: &Laid, root: &Path) -> Request {
    let there = |dir: &PathBuf| match inside(root, dir) {
        Some(below) => laid.folder.join(below),
        None => dir.clone(),
    };
    Request {
        skills_dirs: request.skills_dirs.iter().map(there).collect(),
        plugin_dirs: request.plugin_dirs.iter().map(there).collect(),
        ..request.clone()
    }
}

/// The path in the repository, whatever links lead there.
fn inside(root: &Path, dir: &Path) -> Option<PathBuf> {
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    below(root, &real).filter(|_| real.starts_with(root))
}

fn command(
    words: &[String],
    may_change: &[Spanned<String>],
    (root, protected): (&Path, &Protected<'_>),
) -> Result<Moves> {
    let globs = globs(may_change)?;
    let here = |path: &Path| {
        let path = root.join(path);
        let read = read_capped(&path, MAX_BYTES).ok();
        // What is there and cannot be read is not what the revision has.
        read.or_else(|| path.is_file().then(Vec::new))
    };
    Ok(protect(
        words,
        Sight {
            root,
            there: &|path| protected.content(path),
            here: &here,
            may_change: &|path| globs.is_match(path),
        },
    ))
}

/// Programs that are looked up by their name and found in the checkout.
fn programs(words: &[String], root: &Path, around: &Around) -> Vec<String> {
    let path = around.env.get_os("PATH").unwrap_or_default();
    let name = |run| match run {
        Run::Program(name) => Some(name),
        Run::File(_) | Run::Task { .. } => None,
    };
    let found = |name: &String| {
        let found = executable::find(name, path, root)?;
        inside(root, &found).map(|below| below.display().to_string())
    };
    let names = runs(words).into_iter().filter_map(name);
    names
        .filter_map(|name| {
            Some(format!("it runs `{name}`, which `PATH` finds in the checkout: {}", found(&name)?))
        })
        .collect()
}

/// A script may read what lies beside it.
fn with_its_folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) | None => file.to_owned(),
    }
}

fn replace(
    naming: Naming<'_>,
    moves: Option<Moves>,
    (folder, skill): (&Path, &Path),
) -> Result<()> {
    match (naming, moves) {
        (Naming::Command { whose, argv, .. }, Some(moves)) => {
            let there = argv.value.try_map(|words| moves.apply(words, folder));
            argv.value = there.map_err(|why| {
                Fault::invalid(format!("{whose} cannot be run from the revision"))
                    .because(why)
                    .hint("`ATLAS_HOME` names another folder for what atlas keeps")
            })?;
        }
        (Naming::Options(with), _) => {
            if let Some(schema) = &mut with.schema
                && !skill.join(&schema.value).exists()
            {
                schema.value = folder.join(&schema.value).to_string_lossy().into_owned();
            }
        }
        (Naming::Command { .. }, None) => {}
    }
    Ok(())
}

fn refusal(plan: &ProtectedPlan, refused: Vec<String>) -> Fault {
    let revision = text::sanitize_line(&plan.revision);
    let mut fault = Fault::invalid(format!("not all that judges can be taken from `{revision}`"));
    fault.causes.extend(refused);
    fault
        .hint("name scripts by their path from the root, and programs so that `PATH` finds them")
        .hint("`may-change` of a hook lists files that it only looks at")
}

fn globs(listed: &[Spanned<String>]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    let faulty =
        |error: globset::Error| Fault::invalid("`may-change` has a faulty glob").because(error);
    for glob in listed {
        set.add(Glob::new(glob.value.strip_prefix("./").unwrap_or(&glob.value)).map_err(faulty)?);
    }
    set.build().map_err(faulty)
}
