//! Which skill is meant by a name.

use std::{fmt::Display, path::Path};

use super::{Root, Roots, bundled, list, walk};
use crate::model::{
    Fault, Result,
    skill::{Found, name::SkillName, source::Source},
    suggest,
};
use walk::Candidate;

/// So many folders are named to somebody who asked for a skill that is nowhere.
const MAX_PLACES: usize = 4;

impl Roots {
    /// The skill with this name: the first folder of skills that has one wins. In each, a folder
    /// of that name is looked for first, the shallowest if there are several, then the `name` in
    /// the front matter.
    ///
    /// # Errors
    /// No skill has the name (the nearest are named, and where was searched), or two have it with
    /// equal right.
    pub fn find(&self, name: &SkillName) -> Result<Found> {
        self.look_up(name)?.ok_or_else(|| self.unknown(name))
    }

    fn look_up(&self, name: &SkillName) -> Result<Option<Found>> {
        for root in self.searched(name) {
            // Nothing can win against a folder of that name right here, so most runs end before
            // the whole folder of skills is read.
            let itself = root.dir.file_name().is_some_and(|dir| dir == name.name());
            let itself = itself.then(|| walk::skill_at(&root.dir, 0)).flatten();
            let direct = || walk::skill_at(&root.dir.join(name.name()), 1);
            let candidate = match itself.or_else(direct) {
                Some(candidate) => Some(candidate),
                None => nested(root, name)?,
            };
            let Some(candidate) = candidate else { continue };
            return Ok(Some(match self.bundled_as(&candidate) {
                Some(bundled) => bundled,
                None => found(root, candidate),
            }));
        }
        Ok(None)
    }

    /// The bundled skill that a folder is a copy of.
    fn bundled_as(&self, candidate: &Candidate) -> Option<Found> {
        let root = self.existing().iter().find(|root| root.source == Source::Bundled)?;
        let own = root.dir.join(&candidate.name);
        if own == candidate.dir || !bundled::is_bundled(&candidate.name, &candidate.dir) {
            return None;
        }
        Some(found(root, walk::skill_at(&own, 1)?))
    }

    /// Whether a skill takes the name of one that comes with atlas.
    pub fn shadows_a_bundled_one(&self, found: &Found) -> bool {
        let bundled = self.existing().iter().find(|root| root.source == Source::Bundled);
        found.source != Source::Bundled
            && bundled.is_some_and(|root| walk::skill_at(&root.dir.join(&found.name), 1).is_some())
    }

    /// Whether a skill has this name, or several claim it.
    pub fn has(&self, name: &SkillName) -> bool {
        self.look_up(name).map_or(true, |found| found.is_some())
    }

    fn searched<'a>(&'a self, name: &'a SkillName) -> impl Iterator<Item = &'a Root> {
        self.existing().iter().filter(move |root| match (&root.source, name.plugin()) {
            (Source::Plugin(plugin), Some(asked)) => plugin == asked,
            (Source::Plugin(_), None) => false,
            (_, asked) => asked.is_none(),
        })
    }

    fn unknown(&self, name: &SkillName) -> Fault {
        let mut fault = Fault::invalid(format!("there is no skill `{name}`"));
        let mut names: Vec<String> = Vec::new();
        for root in self.existing() {
            let walk = walk::walk(&root.dir);
            names.extend(walk.candidates.into_iter().map(|candidate| found(root, candidate).name));
            fault.causes.extend(walk.warnings);
        }
        fault.causes.extend(self.trouble.clone());
        let asked = name.to_string();
        for near in suggest::nearest(&asked, names.iter().map(String::as_str)) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        let searched = self.existing().iter().filter(|root| root.source != Source::Bundled);
        let searched = searched.map(|root| (root.dir.as_path(), ""));
        let missing = self.missing().iter().map(|dir| (dir.as_path(), ", which is not there"));
        for (dir, state) in searched.chain(missing).take(MAX_PLACES) {
            fault = fault.hint(format!("looked in: {}{state}", dir.display()));
        }
        fault
    }
}

/// A skill of a root as it is known everywhere else.
pub(super) fn found(root: &Root, candidate: Candidate) -> Found {
    let name = match &root.source {
        Source::Plugin(plugin) => format!("{plugin}:{}", candidate.name),
        _ => candidate.name,
    };
    Found { name, dir: candidate.dir, file: candidate.file, source: root.source.clone() }
}

fn nested(root: &Root, name: &SkillName) -> Result<Option<Candidate>> {
    let candidates = walk::walk(&root.dir).candidates;
    let by_folder: Vec<&Candidate> =
        candidates.iter().filter(|candidate| candidate.name == name.name()).collect();
    let shallowest = by_folder.iter().map(|candidate| candidate.depth).min();
    let by_folder = by_folder.into_iter().filter(|candidate| Some(candidate.depth) == shallowest);
    if let Some(candidate) = only(name, by_folder)? {
        return Ok(Some(candidate));
    }
    let claims = |candidate: &&Candidate| {
        let header = list::header(&candidate.file);
        header.is_ok_and(|(header, _)| header.front.name.as_deref() == Some(name.name()))
    };
    only(name, candidates.iter().filter(claims))
}

/// The one candidate, if there is one.
fn only<'a>(
    name: &SkillName,
    candidates: impl Iterator<Item = &'a Candidate>,
) -> Result<Option<Candidate>> {
    let candidates: Vec<&Candidate> = candidates.collect();
    if candidates.len() < 2 {
        return Ok(candidates.first().map(|candidate| (*candidate).clone()));
    }
    Err(claimed(name, candidates.into_iter().map(|candidate| candidate.file.as_path())))
}

/// Several skills have one name, and none of them more than the others.
pub(super) fn claimed<'a>(name: impl Display, files: impl Iterator<Item = &'a Path>) -> Fault {
    let files: Vec<String> = files.map(|file| format!("`{}`", file.display())).collect();
    let message = format!("the name `{name}` is claimed by {}", files.join(" and by "));
    Fault::invalid(message).hint("rename all but one of them")
}
