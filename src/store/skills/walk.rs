//! Finds the skills of one folder, however they are nested.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

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

/// Every skill below `root`, and `root` itself if it is one. Folders inside a skill belong to it.
pub(super) fn walk(root: &Path) -> Walk {
    let mut walk = Walk::default();
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut queue =
        VecDeque::from([Folder { path: root.to_owned(), real, jumps: Rc::new([]), depth: 0 }]);
    let mut looked_at = 0_usize;
    while let Some(folder) = queue.pop_front() {
        looked_at += 1;
        if looked_at > MAX_FOLDERS {
            let root = root.display();
            walk.warnings
                .push(format!("only the first {MAX_FOLDERS} folders of {root} were looked at"));
            break;
        }
        let Ok(contents) = contents(&folder.path) else {
            walk.warnings.push(format!("{} cannot be read", folder.path.display()));
            continue;
        };
        let is_skill = contents.skill_file.is_some();
        if let Some(file) = contents.skill_file {
            walk.candidates.push(folder.candidate(&file));
        }
        if folder.depth < MAX_DEPTH && (folder.depth == 0 || !is_skill) {
            queue.extend(contents.folders.iter().filter_map(|entry| folder.enter(entry)));
        }
    }
    walk
}

/// The folder `dir` as a skill, if it is one.
pub(super) fn skill_at(dir: &Path, depth: usize) -> Option<Candidate> {
    let exact = dir.join(SKILL_FILE);
    let folder = Folder { path: dir.to_owned(), real: PathBuf::new(), jumps: Rc::new([]), depth };
    if fs::metadata(&exact).is_ok() {
        return Some(folder.candidate(SKILL_FILE.as_ref()));
    }
    let file = contents(dir).ok()?.skill_file?;
    Some(folder.candidate(&file))
}

struct Folder {
    path: PathBuf,
    /// Where it really is, links resolved.
    real: PathBuf,
    /// The real folders in which a link was followed to get here.
    jumps: Rc<[PathBuf]>,
    depth: usize,
}

impl Folder {
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
        let depth = self.depth + 1;
        if !entry.is_link {
            let real = self.real.join(&entry.name);
            return Some(Folder { path, real, jumps: Rc::clone(&self.jumps), depth });
        }
        let real = path.canonicalize().ok()?;
        let jumps: Rc<[PathBuf]> = self.jumps.iter().cloned().chain([self.real.clone()]).collect();
        let leads_back = jumps.iter().any(|from| from.starts_with(&real));
        (!leads_back).then_some(Folder { path, real, jumps, depth })
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
