//! Reads skills, contracts and configurations for `atlas check`, and tells what is wrong in them.
//!
//! Nothing of what is read is executed, and nothing of it has a say in what is read, so no trust
//! is needed. A file that cannot be read is a finding like any other.

mod disk;
mod targets;

#[cfg(test)]
mod tests;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use super::{contracts, skills::Roots, text_file};
use crate::{
    model::{
        Fault, Result, Spot,
        config::{Config, parse_project, parse_user},
        contract::{self, Contract},
        lint::{self, Finding, Judged, Level},
        skill::{Found, MAX_BYTES, Skill, name::SkillName},
        suggest,
        yaml::Document,
    },
    sys::fs::read_capped,
};
use disk::Disk;
use targets::{Target, Whose, in_repository, named};

/// What to do about a skill that cannot be read and does not say why.
const IN_SKILL: &str = "make it a file of UTF-8 text with front matter in YAML";

/// The same for a contract.
const IN_CONTRACT: &str = "`atlas check --print-schema contract` says what can stand here";

/// The same for a configuration.
const IN_CONFIG: &str = "`atlas check --print-schema config` says what can stand here";

/// So many warnings and notes of one file are shown. Errors all are: they decide.
const MAX_SHOWN: usize = 100;

/// Where it is looked.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The root of the repository.
    pub root: &'a Path,
    /// Where the user stands.
    pub cwd: &'a Path,
    /// The user's own configuration file.
    pub user_config: Option<&'a Path>,
    /// All folders of skills.
    pub roots: &'a Roots,
    /// The variable `PATH`.
    pub path: &'a OsStr,
}

/// What was looked at, and what is wrong there.
#[derive(Debug, Default)]
pub struct Examined {
    /// Every file, in the order in which they were looked at.
    pub files: Vec<LookedAt>,
    /// Everything that is wrong, file by file.
    pub findings: Vec<Finding>,
    /// What could not be looked for.
    pub notices: Vec<String>,
}

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LookedAt {
    /// What it is.
    pub kind: Kind,
    /// Its path, from the root where it lies below that.
    pub path: PathBuf,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The SKILL.md of a skill.
    Skill,
    /// A contract.
    Contract,
    /// A configuration.
    Configuration,
}

/// Looks at everything that the repository has.
pub fn repository(ground: &Ground<'_>) -> Examined {
    let mut notices = Vec::new();
    let targets = in_repository(ground.root, &mut notices);
    look(ground, targets, notices)
}

/// Looks at what these paths name: a skill's folder or a file in it, a contract, a configuration,
/// a folder with any of these.
///
/// # Errors
/// A path does not exist, or names nothing that can be looked at.
pub fn paths(ground: &Ground<'_>, paths: &[PathBuf]) -> Result<Examined> {
    let mut notices = Vec::new();
    let mut targets = Vec::new();
    for path in paths {
        targets.extend(named(ground, path, &mut notices)?);
    }
    Ok(look(ground, targets, notices))
}

fn look(ground: &Ground<'_>, targets: Vec<Target>, notices: Vec<String>) -> Examined {
    let project = project(ground);
    let mut looking = Looking {
        ground,
        project: project.as_ref(),
        examined: Examined { notices, ..Examined::default() },
    };
    let mut seen: Vec<PathBuf> = Vec::new();
    for target in targets {
        let path = target.path();
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        match target {
            Target::Config { path, whose } => looking.config(&path, whose),
            Target::Contract { path, skill } => looking.contract_of(&path, skill.as_deref()),
            Target::Skill(found) => looking.skill(&found),
        }
    }
    looking.examined
}

/// The repository's configuration, where it can be read; what is wrong in it is told elsewhere.
fn project(ground: &Ground<'_>) -> Option<Document<Config>> {
    let path = ground.root.join(super::config::PROJECT_FILE);
    let text = text_file::read(&path).ok().flatten()?;
    parse_project(Path::new(super::config::PROJECT_FILE), &text).ok()
}

struct Looking<'a> {
    ground: &'a Ground<'a>,
    project: Option<&'a Document<Config>>,
    examined: Examined,
}

impl<'a> Looking<'a> {
    fn config(&mut self, path: &Path, whose: Whose) {
        let shown = self.shown(path);
        let parse = match whose {
            Whose::User => parse_user,
            Whose::Repository => parse_project,
        };
        self.note(Kind::Configuration, &shown);
        let findings = match self.text(path).and_then(|text| parse(&shown, &text)) {
            Ok(document) => lint::config(&document, &self.disk(None)),
            Err(fault) => lint::unread(&lint::CONFIG_BROKEN, &shown, fault, IN_CONFIG),
        };
        self.tell(&shown, findings);
    }

    fn skill(&mut self, found: &Found) {
        let shown = self.shown(&found.file);
        self.note(Kind::Skill, &shown);
        let disk = self.disk(Some(&found.dir));
        let skill = match self.read(found) {
            Ok(skill) => {
                self.tell(&shown, lint::skill(&skill, &disk));
                Some(skill)
            }
            Err(fault) => {
                let whole = fault.spots.is_empty();
                let rule = if whole { &lint::UNREADABLE } else { &lint::FRONT_MATTER_BROKEN };
                self.tell(&shown, lint::unread(rule, &shown, fault, IN_SKILL));
                None
            }
        };
        let path = found.dir.join(contracts::FILE);
        if path.symlink_metadata().is_ok() {
            self.contract(&path, skill.as_ref(), &disk);
        }
    }

    /// A contract that stands apart from its skill.
    fn contract_of(&mut self, path: &Path, skill: Option<&str>) {
        let Some(name) = skill else {
            let disk = self.disk(path.parent());
            return self.contract(path, None, &disk);
        };
        let known = SkillName::parse(name).ok().filter(|name| self.ground.roots.has(name));
        let Some(known) = known else {
            let disk = Disk { skill: None, ..self.disk(None) };
            self.contract(path, None, &disk);
            let finding = self.for_nobody(path, name);
            return self.examined.findings.extend(finding);
        };
        let found = self.ground.roots.find(&known).ok();
        let disk = self.disk(found.as_ref().map(|found| found.dir.as_path()));
        let skill = found.and_then(|found| self.read(&found).ok());
        // Hooks of a contract that the repository has run in the repository.
        let disk = Disk { root: Some(self.ground.root), ..disk };
        self.contract(path, skill.as_ref(), &disk);
    }

    fn contract(&mut self, path: &Path, skill: Option<&Skill>, disk: &Disk<'_>) {
        let shown = self.shown(path);
        self.note(Kind::Contract, &shown);
        let folder = path.parent().unwrap_or(self.ground.root);
        let read = text_file::inside(folder, path)
            .and_then(|_| self.text(path))
            .and_then(|text| contract::parse(&shown, &text));
        let findings = match read {
            Ok(document) => self.judged(&document, skill, disk),
            Err(fault) => lint::unread(&lint::CONTRACT_BROKEN, &shown, fault, IN_CONTRACT),
        };
        self.tell(&shown, findings);
    }

    fn judged(
        &self,
        document: &Document<Contract>,
        skill: Option<&Skill>,
        disk: &Disk<'_>,
    ) -> Vec<Finding> {
        // The configuration has no say where the skill is not the repository's.
        let project = self.project.filter(|_| disk.root.is_some());
        lint::contract(&Judged { document, skill, project }, disk)
    }

    fn for_nobody(&self, path: &Path, name: &str) -> Option<Finding> {
        let text: Arc<str> = text_file::read(path).ok().flatten()?.into();
        let listing = self.ground.roots.list();
        let names = listing.entries.iter().map(|entry| entry.found.name.as_str());
        let help = match suggest::nearest(name, names).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name the file like the skill, or remove it".to_owned(),
        };
        let end = text.find('\n').unwrap_or(text.len());
        let spot = Spot {
            path: self.shown(path),
            source: text,
            span: 0..end,
            message: format!("there is no skill `{name}` here"),
            help: Some(help),
        };
        Some(Finding { rule: &lint::CONTRACT_FOR_NOBODY, spot })
    }

    /// A skill with its paths as they are shown.
    fn read(&self, found: &Found) -> Result<Skill> {
        let shown = Found { file: self.shown(&found.file), ..found.clone() };
        let cannot = || Fault::invalid(format!("{} cannot be read", shown.file.display()));
        let real = found.file.canonicalize().map_err(|error| cannot().because(error))?;
        let root = self.ground.root;
        if found.file.starts_with(root) && !real.starts_with(root) {
            let leads = format!("it leads to {}, out of the repository", real.display());
            return Err(cannot().because(leads));
        }
        let bytes =
            read_capped(&real, MAX_BYTES as u64).map_err(|error| cannot().because(error))?;
        Skill::read(shown, &bytes)
    }

    fn text(&self, path: &Path) -> Result<String> {
        let gone = || Fault::invalid(format!("{} is not there", self.shown(path).display()));
        text_file::read(path)?.ok_or_else(gone)
    }

    /// A file that somebody wrote to have thousands of warnings must not hide all others.
    fn tell(&mut self, shown: &Path, findings: Vec<Finding>) {
        let mut others = 0_usize;
        let told = findings.into_iter().filter(|finding| {
            let decides = finding.rule.level == Level::Error;
            others += usize::from(!decides);
            decides || others <= MAX_SHOWN
        });
        self.examined.findings.extend(told);
        if let Some(more) = others.checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
            let notice = format!("{}: {more} more warnings are not shown", shown.display());
            self.examined.notices.push(notice);
        }
    }

    fn note(&mut self, kind: Kind, shown: &Path) {
        self.examined.files.push(LookedAt { kind, path: shown.to_owned() });
    }

    /// A path as a person would write it in the repository.
    fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.ground.root).unwrap_or(path).to_owned()
    }

    fn disk(&self, skill: Option<&Path>) -> Disk<'a> {
        let Ground { root, path, .. } = *self.ground;
        let outside = skill.is_some_and(|skill| !disk::is_below(skill, root));
        Disk { skill: skill.map(Path::to_owned), root: (!outside).then_some(root), path }
    }
}
