//! Which skill is meant by a name.

use std::{fmt::Display, path::Path};

use super::{Root, Roots, bundled, list, walk};
use crate::{
    model::{
        Fault, Result,
        skill::{Found, name::SkillName, source::Source},
        suggest,
    },
    sys::git::Ignores,
};
use walk::{Candidate, Limits, Walk};

/// So many folders are named to somebody who asked for a skill that is nowhere.
const MAX_PLACES: usize = 4;

/// A skill and the folder of skills that it was found in.
type Claim<'a> = (&'a Root, Candidate);

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
        let searched: Vec<&Root> = match name.plugin() {
            None => self.plain().collect(),
            Some(asked) => {
                let roots = self.plugins().roots.iter();
                roots.filter(|root| root.source.plugin() == Some(asked)).collect()
            }
        };
        for equals in searched.chunk_by(|one, next| one.rank == next.rank) {
            let claim = match direct(equals, name) {
                Some(claim) => Some(claim),
                None => nested(equals, name)?,
            };
            let Some((root, candidate)) = claim else { continue };
            return Ok(Some(match self.bundled_as(&candidate) {
                Some(bundled) => bundled,
                None => found(root, candidate),
            }));
        }
        Ok(None)
    }

    /// The bundled skill that a folder is a copy of.
    fn bundled_as(&self, candidate: &Candidate) -> Option<Found> {
        let root = self.bundled.as_ref()?;
        let own = root.dir.join(&candidate.name);
        if own == candidate.dir || !bundled::is_bundled(&candidate.name, &candidate.dir) {
            return None;
        }
        Some(found(root, walk::skill_at(&own, 1)?))
    }

    /// Whether a skill has this name, or several claim it.
    pub fn has(&self, name: &SkillName) -> bool {
        self.look_up(name).map_or(true, |found| found.is_some())
    }

    /// The skill of the user's own, or that comes with atlas, which another one is meant instead
    /// of, because its folder is searched first.
    pub fn hidden_by(&self, winner: &Found) -> Option<Found> {
        let is_safe = |source: &Source| matches!(source, Source::Personal | Source::Bundled);
        let mut after = self.plain().skip_while(|root| root.source != winner.source);
        let name = SkillName::parse(&winner.name).ok()?;
        after.find_map(|root| {
            let is_other = is_safe(&root.source) && root.source != winner.source;
            let (root, candidate) = is_other.then(|| direct(&[root], &name)).flatten()?;
            Some(found(root, candidate))
        })
    }

    fn unknown(&self, name: &SkillName) -> Fault {
        let mut fault = Fault::invalid(format!("there is no skill `{name}`"));
        let mut names: Vec<String> = Vec::new();
        for root in self.all() {
            let walk = candidates(root);
            names.extend(walk.candidates.into_iter().map(|candidate| found(root, candidate).name));
            fault.causes.extend(walk.warnings);
        }
        fault.causes.extend(self.trouble.clone());
        fault.causes.extend(self.plugins().warnings.iter().cloned());
        for near in meant(name, &names) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        let ignored = self.plain().find_map(|root| {
            let dir = root.dir.join(name.name());
            let is_there = name.plugin().is_none() && walk::skill_at(&dir, 1).is_some();
            is_there.then_some(dir)
        });
        if let Some(dir) = ignored {
            let shown = dir.display();
            fault =
                fault.hint(format!("git ignores {shown}; to run it, add `--skills-dir {shown}`"));
        }
        let searched = self.found.iter().map(|root| (root.dir.as_path(), ""));
        let missing = self.missing().iter().map(|dir| (dir.as_path(), ", which is not there"));
        for (dir, state) in searched.chain(missing).take(MAX_PLACES) {
            fault = fault.hint(format!("looked in: {}{state}", dir.display()));
        }
        fault
    }
}

/// The names that may have been meant: the same skill of a plugin, or what is spelled alike.
fn meant<'a>(asked: &SkillName, names: &'a [String]) -> Vec<&'a str> {
    let bare = |name: &'a String| name.rsplit(':').next().unwrap_or(name);
    let mut same: Vec<&str> =
        names.iter().filter(|name| bare(name) == asked.name()).map(String::as_str).collect();
    same.dedup();
    if same.is_empty() {
        suggest::nearest(&asked.to_string(), names.iter().map(String::as_str))
    } else {
        same
    }
}

/// A skill of a root as it is known everywhere else.
pub(super) fn found(root: &Root, candidate: Candidate) -> Found {
    let name = match root.source.plugin() {
        Some(plugin) => format!("{plugin}:{}", candidate.name),
        None => candidate.name,
    };
    Found { name, dir: candidate.dir, file: candidate.file, source: root.source.clone() }
}

/// Every skill of a root.
pub(super) fn candidates(root: &Root) -> Walk {
    let Some(name) = &root.only else {
        return walk::walk(&root.dir, Limits::new(ignores(root).as_ref()));
    };
    let only = walk::skill_at(&root.dir, 0).map(|it| Candidate { name: name.clone(), ..it });
    Walk { candidates: only.into_iter().collect(), warnings: Vec::new() }
}

/// What git ignores is no part of the project; a folder of the user's own is taken as it is.
fn ignores(root: &Root) -> Option<Ignores> {
    root.source.is_repository().then(|| Ignores::below(&root.dir)).flatten()
}

/// The skill in the folder of that name right in a folder of skills. Nothing can win against it,
/// so most runs end before a whole folder of skills is read.
fn direct<'a>(equals: &[&'a Root], name: &SkillName) -> Option<Claim<'a>> {
    let [root] = equals else { return None };
    if root.only.is_some() {
        return None;
    }
    let itself = root.dir.file_name().is_some_and(|dir| dir == name.name());
    if let Some(candidate) = itself.then(|| walk::skill_at(&root.dir, 0)).flatten() {
        return Some((root, candidate));
    }
    let candidate = walk::skill_at(&root.dir.join(name.name()), 1)?;
    let ignored = ignores(root).is_some_and(|rules| {
        let real = root.dir.canonicalize().unwrap_or_else(|_| root.dir.clone());
        rules.of(&[real.join(name.name())]) == [true]
    });
    (!ignored).then_some((root, candidate))
}

fn nested<'a>(equals: &[&'a Root], name: &SkillName) -> Result<Option<Claim<'a>>> {
    let all: Vec<Claim<'a>> = equals
        .iter()
        .flat_map(|root| {
            candidates(root).candidates.into_iter().map(move |candidate| (*root, candidate))
        })
        .collect();
    let by_folder: Vec<&Claim<'a>> =
        all.iter().filter(|(_, candidate)| candidate.name == name.name()).collect();
    let shallowest = by_folder.iter().map(|(_, candidate)| candidate.depth).min();
    let by_folder =
        by_folder.into_iter().filter(|(_, candidate)| Some(candidate.depth) == shallowest);
    if let Some(claim) = only(name, by_folder)? {
        return Ok(Some(claim));
    }
    let claims = |(_, candidate): &&Claim<'a>| {
        list::header(&candidate.file)
            .is_ok_and(|(header, _)| header.name.as_deref() == Some(name.name()))
    };
    only(name, all.iter().filter(claims))
}

/// The one skill that claims a name, if there is one.
fn only<'a, 'b>(
    name: &SkillName,
    claims: impl Iterator<Item = &'b Claim<'a>>,
) -> Result<Option<Claim<'a>>>
where
    'a: 'b,
{
    let claims: Vec<&Claim<'a>> = claims.collect();
    if claims.len() < 2 {
        return Ok(claims.first().map(|claim| (*claim).clone()));
    }
    Err(claimed(name, claims.into_iter().map(|(_, candidate)| candidate.file.as_path())))
}

/// Several skills have one name, and none of them more than the others.
pub(super) fn claimed<'a>(name: impl Display, files: impl Iterator<Item = &'a Path>) -> Fault {
    let files: Vec<String> = files.map(|file| format!("`{}`", file.display())).collect();
    let message = format!("the name `{name}` is claimed by {}", files.join(" and by "));
    Fault::invalid(message).hint("rename all but one of them")
}
