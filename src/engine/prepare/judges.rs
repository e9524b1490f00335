//! Which files judge the work: what it must not change between its first call and its end.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::{
    engine::{judges::state, prepare::Around},
    model::{
        Fault, Result,
        bundled_hook::{
            BundledHook,
            suites::{Project, Runner},
        },
        check::Timing,
        config::Settings,
        contract::{Bundled, HookAction, Output, every},
        judges::{
            Judge, JudgeFile, Part, Run, Word, below, called, candidates, looks_like_a_path, runs,
            script_text,
        },
        run::{Plan, plan::HookPlan},
        sourced::Source,
    },
    sys::{env::Env, executable, fs::read_capped},
};

/// A command that names more is a program of its own.
const MOST: usize = 2000;

/// No script is larger than this, nor a package: one mebibyte.
const SCRIPT_BYTES: u64 = 1024 * 1024;

/// The files, as they are now.
pub(super) fn find(
    plan: &Plan,
    settings: &Settings,
    contract: Option<&Path>,
    around: &Around,
) -> Result<Vec<JudgeFile>> {
    let mut claims = Claims { root: plan.hook_dir(), plan, by_path: BTreeMap::new() };
    // Before the first call nothing is the agent's work.
    let after = |hook: &&HookPlan| hook.timing != Timing::Pre;
    // What comes with another skill was looked at for that skill.
    let own = |hook: &&HookPlan| hook.within.is_none();
    for hook in plan.hooks.iter().filter(own).filter(after) {
        if hook.command.first().is_some_and(|program| Path::new(program) != around.own_exe) {
            claims.command(&hook.command, &Judge::Hook(hook.name.clone()), &around.env);
        } else {
            claims.options(hook);
        }
    }
    for evidence in plan.panel.iter().flat_map(|panel| &panel.evidence) {
        claims.command(&evidence.command, &Judge::Evidence(evidence.name.clone()), &around.env);
    }
    for command in plan.commands.iter().filter(|command| plan.part_of(&command.id).is_none()) {
        claims.scripts(&command.argv, &Judge::Step(command.id.clone()));
    }
    for resolved in &settings.hooks {
        if let Source::Project(path, _) = &resolved.source
            && plan.hook(&resolved.name).as_ref().is_some_and(after)
        {
            claims.add_in_tree(path, Judge::Definition(resolved.name.clone()));
        }
        if let HookAction::Use(bundled) = &resolved.hook.action
            && plan.hook(&resolved.name).as_ref().is_some_and(after)
        {
            claims.bundled(&resolved.name, bundled, &around.env);
        }
    }
    if let Some(contract) = contract {
        claims.add_in_tree(contract, Judge::Contract);
    }
    let steps = every(&settings.steps.value).into_iter().filter_map(|step| step.output.as_ref());
    let steps = steps.map(|output| &output.value);
    for output in settings.output.iter().map(|output| &output.value).chain(steps) {
        if let Output::File(path) = output {
            claims.add_in_tree(&plan.skill.dir.join(path), Judge::Schema);
        }
    }
    let own: Vec<HookPlan> = plan.hooks.iter().filter(own).cloned().collect();
    claims.free(&own)?;
    Ok(together(claims.looked_at(), &plan.judges))
}

/// Files that judge for several skills are named by all that judge by them.
fn together(own: Vec<JudgeFile>, others: &[JudgeFile]) -> Vec<JudgeFile> {
    let mut all = own;
    for other in others {
        match all.iter_mut().find(|file| file.path == other.path && file.part == other.part) {
            Some(file) => file.of.extend(other.of.iter().cloned()),
            None => all.push(other.clone()),
        }
    }
    all
}

/// Which files are claimed, and by whom.
struct Claims<'a> {
    root: &'a Path,
    plan: &'a Plan,
    by_path: BTreeMap<PathBuf, (Part, Vec<Judge>)>,
}

impl Claims<'_> {
    /// A file of the tree, wherever it was found, is that of the tree which is worked on: a copy,
    /// maybe.
    fn add_in_tree(&mut self, path: &Path, judge: Judge) {
        let path = below(self.root, path).unwrap_or_else(|| path.to_owned());
        self.add(path, judge);
    }

    /// A file by the path that a command has for it.
    fn add(&mut self, path: PathBuf, judge: Judge) {
        self.add_part(path, Part::Whole, judge);
    }

    fn add_part(&mut self, path: PathBuf, part: Part, judge: Judge) {
        let (known, judges) =
            self.by_path.entry(path).or_insert_with(|| (part.clone(), Vec::new()));
        *known = std::mem::take(known).and(part);
        if !judges.contains(&judge) {
            judges.push(judge);
        }
    }

    /// What a command runs, what that calls in its turn, and what the command names in the folder
    /// of a script that it runs: rules and helpers lie there. A file that is not there yet counts,
    /// since the work could put one there.
    fn command(&mut self, command: &[String], judge: &Judge, env: &Env) {
        let (mut scripts, mut todo) = (Vec::new(), runs(command));
        todo.truncate(MOST);
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        while let Some(run) = todo.pop() {
            match run {
                Run::Program(name) => self.program(&name, judge, env),
                Run::File(word) => {
                    if let Some(path) = self.path(word) {
                        scripts.push(path.clone());
                        self.add(path, judge.clone());
                    }
                }
                // One script of a package can start another one.
                Run::Task { package, name } => {
                    if known.len() < MOST && known.insert((package.clone(), name.clone())) {
                        todo.extend(self.task(&package, &name, judge));
                    }
                }
            }
        }
        self.follow(&scripts, judge);
        let folders: Vec<PathBuf> = scripts.iter().filter_map(|path| self.folder(path)).collect();
        for word in candidates(command).take(MOST) {
            let path = self.path(word).filter(|path| {
                path.to_str().is_some_and(looks_like_a_path)
                    && folders.iter().any(|folder| path.starts_with(folder))
            });
            if let Some(path) = path {
                self.add(path, judge.clone());
            }
        }
    }

    /// The scripts that a command step runs, as far as they are there. Whatever else it names may be
    /// its own to write.
    fn scripts(&mut self, command: &[String], judge: &Judge) {
        for run in runs(command).into_iter().take(MOST) {
            if let Run::File(word) = run
                && let Some(path) = self.path(word)
                && self.root.join(&path).is_file()
            {
                self.add(path, judge.clone());
            }
        }
    }

    /// A script of a package, and the other scripts of packages that it starts. What else it runs
    /// is what a hook runs that builds or tests the project.
    fn task(&mut self, package: &str, name: &str, judge: &Judge) -> Vec<Run> {
        let Some(path) = self.path(Word::Plain(package.to_owned())) else { return Vec::new() };
        let text = self.text(&path).and_then(|text| script_text(&text, name));
        self.add_part(path.clone(), Part::script(name), judge.clone());
        let folder = path.parent().unwrap_or(Path::new(""));
        let text = match folder.to_str() {
            None | Some("") => text,
            Some(folder) => text.map(|text| format!("cd {folder}; {text}")),
        };
        let words = ["sh".to_owned(), "-c".to_owned(), text.unwrap_or_default()];
        runs(&words).into_iter().filter(|run| matches!(run, Run::Task { .. })).collect()
    }

    /// What scripts call that lies in their own folder. A script that is a link is also at home
    /// where it leads to.
    fn follow(&mut self, scripts: &[PathBuf], judge: &Judge) {
        let at_home = |script: &PathBuf| {
            let led = self.root.join(script).canonicalize().ok()?;
            let led = below(self.root, &led).unwrap_or(led);
            Some(led).filter(|led| led != script)
        };
        let links: Vec<PathBuf> = scripts.iter().filter_map(at_home).collect();
        let own = scripts.iter().chain(&links).filter(|script| self.folder(script).is_some());
        let own: Vec<PathBuf> = own.cloned().collect();
        for path in called(&own, &|path| self.text(path)) {
            self.add(path, judge.clone());
        }
    }

    fn text(&self, path: &Path) -> Option<String> {
        String::from_utf8(read_capped(&self.root.join(path), SCRIPT_BYTES).ok()?).ok()
    }

    /// What a hook of atlas's own judges by: a schema, and the scripts or rules by which
    /// `tests-pass` asks.
    fn bundled(&mut self, name: &str, bundled: &Bundled, env: &Env) {
        // Wherever it stands: one that was not there would be taken before the other.
        if let Some(schema) = &bundled.with.schema {
            self.add_in_tree(&self.plan.skill.dir.join(&schema.value), Judge::Schema);
            self.add_in_tree(&self.plan.hook_dir().join(&schema.value), Judge::Schema);
        }
        if bundled.hook.value != BundledHook::TestsPass {
            return;
        }
        let text = |path: &str| self.text(Path::new(path));
        let has = |path: &str| self.root.join(path).exists();
        let runners = match &bundled.with.runners {
            Some(named) => named.value.clone(),
            None => Runner::of(&Project { has: &has, text: &text }),
        };
        for runner in runners {
            let command = runner.commands()[0].iter().map(|word| (*word).to_owned());
            self.command(&command.collect::<Vec<_>>(), &Judge::Hook(name.to_owned()), env);
        }
    }

    /// A hook of atlas's own judges by nothing but a schema that its options name.
    fn options(&mut self, hook: &HookPlan) {
        let options = hook.command.iter().filter_map(|word| serde_json::from_str(word).ok());
        for options in options {
            let options: serde_json::Value = options;
            let schema = options.get("schema").and_then(serde_json::Value::as_str);
            if let Some(path) = schema.and_then(|path| self.path(Word::Plain(path.to_owned()))) {
                self.add(path, Judge::Hook(hook.name.clone()));
            }
        }
    }

    /// The path that a word of a command means. One that leads out of the tree counts only if a
    /// file is there.
    fn path(&self, word: Word) -> Option<PathBuf> {
        let skill = &self.plan.skill.dir;
        let path = match word {
            Word::InSkill(rest) => skill.join(rest),
            Word::Plain(word) => plain(&word),
        };
        let path = if path.is_relative()
            && !self.root.join(&path).is_file()
            && skill.join(&path).is_file()
        {
            skill.join(path)
        } else {
            path
        };
        let is_meant = path != *skill
            && (below(self.root, &path).is_some() || self.root.join(&path).is_file());
        is_meant.then_some(path)
    }

    /// The folder of a script, where it has one to itself.
    fn folder(&self, script: &Path) -> Option<PathBuf> {
        let folder = script.parent()?;
        (!folder.as_os_str().is_empty() && folder != self.root).then(|| folder.to_owned())
    }

    /// A program that is found by its name: where it could be put so that it is found there.
    fn program(&mut self, name: &str, judge: &Judge, env: &Env) {
        for folder in executable::folders(env.get_os("PATH").unwrap_or_default()) {
            let path = folder.join(name);
            if below(self.root, &path).is_some() {
                self.add(path, judge.clone());
            }
        }
    }

    /// A hook lets go of what it names by listing it. A file that judges as a whole is let go by
    /// any hook that lists it.
    fn free(&mut self, hooks: &[HookPlan]) -> Result<()> {
        let lists = hooks.iter().map(|hook| Ok((hook.name.as_str(), globs(hook)?)));
        let lists = lists.collect::<Result<Vec<(&str, GlobSet)>>>()?;
        for (path, (_, judges)) in &mut self.by_path {
            let in_tree = below(self.root, path);
            let is_in = |globs: &GlobSet| {
                globs.is_match(path) || in_tree.as_ref().is_some_and(|path| globs.is_match(path))
            };
            let listing = lists.iter().filter(|(_, globs)| is_in(globs));
            let listing: Vec<&str> = listing.map(|(name, _)| *name).collect();
            if listing.is_empty() {
                continue;
            }
            judges.retain(|judge| match judge {
                Judge::Hook(name) => !listing.contains(&name.as_str()),
                Judge::Definition(_)
                | Judge::Evidence(_)
                | Judge::Step(_)
                | Judge::Contract
                | Judge::Schema => false,
            });
        }
        self.by_path.retain(|_, (_, judges)| !judges.is_empty());
        Ok(())
    }

    fn looked_at(self) -> Vec<JudgeFile> {
        let root = self.root;
        let files = self.by_path.into_iter().map(|(path, (part, of))| {
            let state = state(&root.join(&path), &part);
            JudgeFile { path, part, of, state }
        });
        files.collect()
    }
}

/// Without `.`; a `..` stays, since what is above a link is not known by its text.
fn plain(word: &str) -> PathBuf {
    let components = Path::new(word).components();
    components.filter(|component| *component != Component::CurDir).collect()
}

fn globs(hook: &HookPlan) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    let faulty = |error: globset::Error| {
        let (name, source) = (&hook.name, &hook.source);
        Fault::invalid(format!("the hook `{name}` ({source}) has a faulty glob")).because(error)
    };
    for glob in &hook.may_change {
        set.add(Glob::new(glob.strip_prefix("./").unwrap_or(glob)).map_err(faulty)?);
    }
    set.build().map_err(faulty)
}
