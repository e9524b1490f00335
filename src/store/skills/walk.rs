//! Finds the skills of one folder, however they are nested.

use std::{
    convert::Infallible,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::sys::{git::Ignores, spread::spread};

/// How many levels below a folder of skills are looked at.
const MAX_DEPTH: usize = 6;

/// How many folders are looked at below one folder of skills.
const MAX_FOLDERS: usize = 20_000;

/// The name of the file that makes a folder a skill.
const SKILL_FILE: &str = "SKILL.md";

/// A folder with a SKILL.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    pub(super) file: PathBuf,
    /// 1 for a folder directly below the root, 0 for the root itself.
    pub(super) depth: usize,
}

/// What a walk found, shallow before deep, each level by path.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) candidates: Vec<Candidate>,
    pub(super) warnings: Vec<String>,
}

/// How much of a folder of skills is looked at.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    /// How many folders, at most.
    pub(super) folders: usize,
    /// Which of them git ignores.
    pub(super) ignores: Option<&'a Ignores>,
}

impl<'a> Limits<'a> {
    pub(super) fn new(ignores: Option<&'a Ignores>) -> Self {
        Self { folders: MAX_FOLDERS, ignores }
    }
}

/// Every skill below `root`, and `root` itself if it is one. Folders inside a skill belong to it.
pub(super) fn walk(root: &Path, limits: Limits<'_>) -> Walk {
    let mut walk = Walk::default();
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut level = vec![Folder::new(root.to_owned(), real, 0)];
    let mut left = limits.folders;
    while !level.is_empty() {
        if level.len() > left {
            let (max, root) = (limits.folders, root.display());
            walk.warnings.push(format!("only the first {max} folders of {root} were looked at"));
            walk.one_level(&level[..left], limits.ignores);
            break;
        }
        left -= level.len();
        level = walk.one_level(&level, limits.ignores);
    }
    walk
}

impl Walk {
    /// Looks into the folders of one level, and says which are below them.
    fn one_level(&mut self, level: &[Folder], ignores: Option<&Ignores>) -> Vec<Folder> {
        let list = |part: &[Folder]| {
            let listed = part.iter().map(|folder| {
                let contents = contents(&folder.path).map_err(|_| folder.path.clone())?;
                Ok((folder.found(&contents), folder.below(&contents)))
            });
            Ok::<_, Infallible>(listed.collect::<Vec<Result<_, PathBuf>>>())
        };
        let Ok(parts) = spread(level, list);
        let mut below: Vec<Folder> = Vec::new();
        for listed in parts.into_iter().flatten() {
            match listed {
                Ok((candidate, folders)) => {
                    self.candidates.extend(candidate);
                    below.extend(folders);
                }
                Err(path) => self.warnings.push(format!("{} cannot be read", path.display())),
            }
        }
        let Some(ignores) = ignores else { return below };
        let places: Vec<PathBuf> = below.iter().map(|folder| folder.place.clone()).collect();
        let mut verdicts = ignores.of(&places).into_iter();
        below.retain(|_| verdicts.next() == Some(false));
        below
    }
}

/// The folder `dir` as a skill, if it is one.
pub(super) fn skill_at(dir: &Path, depth: usize) -> Option<Candidate> {
    let exact = dir.join(SKILL_FILE);
    let folder = Folder::new(dir.to_owned(), PathBuf::new(), depth);
    if fs::symlink_metadata(&exact).is_ok() {
        return Some(folder.candidate(SKILL_FILE.as_ref()));
    }
    let file = contents(dir).ok()?.skill_file?;
    Some(folder.candidate(&file))
}

struct Folder {
    path: PathBuf,
    /// Where it really is, links resolved.
    real: PathBuf,
    /// Where its name stands: its own folder, or that of the link which leads to it.
    place: PathBuf,
    /// The real folders in which a link was followed to get here.
    jumps: Arc<[PathBuf]>,
    depth: usize,
}

impl Folder {
    fn new(path: PathBuf, real: PathBuf, depth: usize) -> Self {
        Self { path, place: real.clone(), real, jumps: Arc::new([]), depth }
    }

    /// The skill that this folder is.
    fn found(&self, contents: &Contents) -> Option<Candidate> {
        contents.skill_file.as_ref().map(|file| self.candidate(file))
    }

    /// The folders that are looked at next.
    fn below(&self, contents: &Contents) -> Vec<Folder> {
        let is_leaf = self.depth > 0 && contents.skill_file.is_some();
        if is_leaf || self.depth == MAX_DEPTH {
            return Vec::new();
        }
        contents.folders.iter().filter_map(|entry| self.enter(entry)).collect()
    }

    fn candidate(&self, file: &OsStr) -> Candidate {
        let named = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        // A root may be `.`, which has no name.
        let name = named(&self.path).or_else(|| named(&self.path.canonicalize().ok()?));
        Candidate {
            name: name.unwrap_or_default(),
            dir: self.path.clone(),
            file: self.path.join(file),
            depth: self.depth,
        }
    }

    /// The folder behind an entry, unless it leads back to one that we came through.
    fn enter(&self, entry: &FolderEntry) -> Option<Folder> {
        let path = self.path.join(&entry.name);
        let place = self.real.join(&entry.name);
        let depth = self.depth + 1;
        if !entry.is_link {
            let jumps = Arc::clone(&self.jumps);
            return Some(Folder { path, real: place.clone(), place, jumps, depth });
        }
        let real = path.canonicalize().ok()?;
        let jumps: Arc<[PathBuf]> = self.jumps.iter().cloned().chain([self.real.clone()]).collect();
        let leads_back = jumps.iter().any(|from| from.starts_with(&real));
        (!leads_back).then_some(Folder { path, real, place, jumps, depth })
    }
}

#[derive(Default)]
struct Contents {
    skill_file: Option<OsString>,
    folders: Vec<FolderEntry>,
}

struct FolderEntry {
    name: OsString,
    is_link: bool,
}

fn contents(dir: &Path) -> std::io::Result<Contents> {
    let mut contents = Contents::default();
    for entry in fs::read_dir(dir)?.filter_map(Result::ok) {
        let name = entry.file_name();
        if name.eq_ignore_ascii_case(SKILL_FILE) {
            // Where both are there, the spelling of the specification wins.
            if contents.skill_file.is_none() || name == SKILL_FILE {
                contents.skill_file = Some(name);
            }
            continue;
        }
        let Ok(kind) = entry.file_type() else { continue };
        let is_link = kind.is_symlink();
        let is_folder = kind.is_dir() || is_link && entry.path().is_dir();
        if is_folder && name != ".git" && name != "node_modules" {
            contents.folders.push(FolderEntry { name, is_link });
        }
    }
    contents.folders.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(contents)
}
