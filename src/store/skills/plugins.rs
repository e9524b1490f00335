//! The skills of plugins: those of `--plugin-dir`, of the project, and those that the user has
//! installed for Claude Code. Their names are `plugin:skill`.
//!
//! Whatever a plugin names must lie in its own folder. Nothing but its skills is taken from it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{Root, list};
use crate::{
    model::{
        Fault, Result,
        plugin::{self, Installed, Known, Manifest, Offer},
        skill::{name::SkillName, source::Source},
    },
    store::text_file::is_absent,
    sys::fs::read_capped,
};

/// The folder of a plugin, or of a marketplace, that says what it is.
const ABOUT: &str = ".claude-plugin";

/// Where a plugin has its skills unless it says otherwise.
const SKILLS: &str = "skills";

/// No file about plugins is larger than this: 8 MiB.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Where plugins are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The folders of `--plugin-dir`.
    pub(super) given: Vec<PathBuf>,
    /// The root of the project.
    pub(super) project: Option<PathBuf>,
    /// The user's home folder.
    pub(super) home: Option<PathBuf>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plugins {
    pub(super) roots: Vec<Root>,
    pub(super) warnings: Vec<String>,
}

impl Places {
    /// The folders of skills of all plugins; those that were given come first, then those of the
    /// project. Ranks count from `rank`.
    pub(super) fn find(&self, rank: usize) -> Plugins {
        let mut search = Search { found: Plugins::default(), rank };
        for dir in &self.given {
            search.around(dir, Whose::User);
            search.rank += 1;
        }
        if let Some(project) = &self.project {
            search.around(project, Whose::Project);
            search.rank += 1;
        }
        if let Some(home) = &self.home {
            search.installed(&home.join(".claude"), self.project.as_deref());
        }
        search.found
    }
}

/// Refuses a folder of `--plugin-dir` that holds no plugin.
///
/// # Errors
/// A usage fault that says what is there instead.
pub(super) fn expect_plugin(dir: &Path) -> Result<()> {
    let shown = dir.display();
    let about = "a plugin has `.claude-plugin/plugin.json`, or a folder `skills`";
    if !dir.is_dir() {
        let fault = Fault::usage(format!("`--plugin-dir {shown}` is not a folder"));
        let zipped = dir.extension().is_some_and(|it| it.eq_ignore_ascii_case("zip"));
        return Err(if zipped { fault.hint("unpack it, and name the folder") } else { fault });
    }
    let parts = [ABOUT, SKILLS, "SKILL.md"];
    if parts.iter().any(|part| dir.join(part).exists()) || !plugins_below(dir).is_empty() {
        return Ok(());
    }
    Err(Fault::usage(format!("`--plugin-dir {shown}` holds no plugin")).hint(about))
}

/// Who put a plugin there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    User,
    Project,
}

impl Whose {
    fn source(self, plugin: String) -> Source {
        match self {
            Self::User => Source::Plugin(plugin),
            Self::Project => Source::ProjectPlugin(plugin),
        }
    }
}

struct Search {
    found: Plugins,
    rank: usize,
}

/// A plugin, before it is known what it consists of.
struct Plugin<'a> {
    dir: &'a Path,
    /// What a marketplace says of it.
    offer: Option<&'a Offer>,
    whose: Whose,
}

impl Search {
    /// A plugin, a marketplace, or a folder of plugins. A project is one only if it says so: its
    /// folder `skills` is searched anyway.
    fn around(&mut self, dir: &Path, whose: Whose) {
        let offers = self.marketplace(dir);
        let says_so = is_plugin(dir);
        for offer in offers.iter().flatten() {
            let Some(folder) = &offer.folder else { continue };
            match inside(dir, folder) {
                Some(folder) => self.plugin(&Plugin { dir: &folder, offer: Some(offer), whose }),
                None => self.warn(dir, &format!("`{}` is no folder inside of it", offer.name)),
            }
        }
        if says_so {
            self.plugin(&Plugin { dir, offer: None, whose });
        }
        if says_so || offers.is_some() || whose == Whose::Project {
            return;
        }
        let below = plugins_below(dir);
        for dir in &below {
            self.plugin(&Plugin { dir, offer: None, whose });
        }
        if below.is_empty() {
            self.plugin(&Plugin { dir, offer: None, whose });
        }
    }

    /// What the user installed. A marketplace that is a folder of this machine is read as it is
    /// now, as Claude Code does.
    fn installed(&mut self, claude: &Path, project: Option<&Path>) {
        let plugins = claude.join("plugins");
        let file = plugins.join("installed_plugins.json");
        let Some(installed) = self.read(&file, plugin::installed) else { return };
        let known = self.read(&plugins.join("known_marketplaces.json"), plugin::marketplaces);
        let mut off: HashSet<String> = HashSet::new();
        let theirs = project.map(|project| project.join(".claude"));
        for folder in [Some(claude), theirs.as_deref()].into_iter().flatten() {
            for name in ["settings.json", "settings.local.json"] {
                off.extend(self.read(&folder.join(name), plugin::turned_off).unwrap_or_default());
            }
        }
        let here =
            |found: &Installed| found.project.is_none() || found.project.as_deref() == project;
        let mut seen = HashSet::new();
        for found in installed.iter().filter(|found| here(found)) {
            let id = format!("{}@{}", found.plugin, found.marketplace);
            if off.contains(&id) || !seen.insert(id) {
                continue;
            }
            let known = known.iter().flatten().find(|known| known.name == found.marketplace);
            self.one_installed(found, known);
        }
    }

    fn one_installed(&mut self, found: &Installed, known: Option<&Known>) {
        let offers = known.and_then(|known| self.marketplace(&known.folder)).unwrap_or_default();
        let offer = offers.iter().find(|offer| offer.name == found.plugin);
        let live = known.filter(|known| known.is_live).zip(offer);
        let live = live.and_then(|(known, offer)| inside(&known.folder, offer.folder.as_ref()?));
        let dir = live.unwrap_or_else(|| found.folder.clone());
        // An offer tells the name as well, where the copy of a plugin is called by its version.
        let named = Offer { name: found.plugin.clone(), folder: None, skills: Vec::new() };
        let offer = Some(offer.unwrap_or(&named));
        self.plugin(&Plugin { dir: &dir, offer, whose: Whose::User });
    }

    fn marketplace(&mut self, dir: &Path) -> Option<Vec<Offer>> {
        self.read(&dir.join(ABOUT).join("marketplace.json"), plugin::marketplace)
    }

    fn plugin(&mut self, plugin: &Plugin<'_>) {
        let dir = plugin.dir;
        let manifest: Manifest =
            self.read(&dir.join(ABOUT).join("plugin.json"), plugin::manifest).unwrap_or_default();
        let folder = || {
            let real = dir.canonicalize().ok()?;
            Some(real.file_name()?.to_string_lossy().into_owned())
        };
        let offered = plugin.offer.map(|offer| offer.name.clone());
        let name = manifest.name.or(offered).or_else(folder).unwrap_or_default();
        if SkillName::parse(&format!("{name}:x")).is_err() {
            self.warn(dir, &format!("`{name}` cannot be the name of a plugin"));
            return;
        }
        let source = plugin.whose.source(name.clone());
        let mut named: Vec<&String> = manifest.skills.iter().collect();
        named.extend(plugin.offer.iter().flat_map(|offer| &offer.skills));
        let listed = plugin.offer.is_some_and(Offer::is_everything) && !named.is_empty();
        let before = self.found.roots.len();
        if let Some(folder) = inside(dir, Path::new(SKILLS)).filter(|_| !listed) {
            self.add(folder, source.clone(), None);
        }
        for path in named {
            match inside(dir, Path::new(path)) {
                Some(folder) => {
                    let only = list::skill_name(&folder, None);
                    self.add(folder, source.clone(), only);
                }
                None => self.warn(dir, &format!("`skills: {path}` is no folder inside of it")),
            }
        }
        if self.found.roots.len() == before
            && let Some(only) = list::skill_name(dir, Some(&name))
        {
            self.add(dir.to_owned(), source, Some(only));
        }
    }

    fn add(&mut self, dir: PathBuf, source: Source, only: Option<String>) {
        let root = Root { source, dir, rank: self.rank, only };
        if !self.found.roots.contains(&root) {
            self.found.roots.push(root);
        }
    }

    /// What a file says; nothing where there is no file, or none that can be read.
    fn read<T>(
        &mut self,
        path: &Path,
        parse: fn(&[u8]) -> std::result::Result<T, serde_json::Error>,
    ) -> Option<T> {
        let bytes = match read_capped(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return None,
            Err(error) => {
                self.found.warnings.push(error.to_string());
                return None;
            }
        };
        match parse(&bytes) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.found.warnings.push(format!("{} is no JSON: {error}", path.display()));
                None
            }
        }
    }

    fn warn(&mut self, plugin: &Path, what: &str) {
        self.found.warnings.push(format!("plugin {}: {what}", plugin.display()));
    }
}

/// The folders directly below that are plugins.
fn plugins_below(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.retain(|folder| is_plugin(folder));
    folders.sort();
    folders
}

fn is_plugin(dir: &Path) -> bool {
    dir.join(ABOUT).join("plugin.json").exists()
}

/// The folder at a path from another, unless it is none or lies outside, with all links resolved.
fn inside(dir: &Path, path: &Path) -> Option<PathBuf> {
    let real = dir.join(path).canonicalize().ok().filter(|real| real.is_dir())?;
    let dir = dir.canonicalize().ok()?;
    real.starts_with(&dir).then_some(real)
}
