//! Where commands look for skills.

use std::path::{Path, PathBuf};

use super::{context::Context, environment, global::Global};
use crate::{
    model::{
        Result,
        skill::{Found, name::SkillName},
        suggest,
    },
    store::skills::{Roots, Search},
    sys::env::Env,
};

#[derive(Debug, Default, clap::Args)]
pub(super) struct SkillsArgs {
    /// Look for skills in DIR before all other places; may be given several times
    #[arg(long = "skills-dir", value_name = "DIR")]
    pub(super) dirs: Vec<PathBuf>,
    /// Look for skills in the plugin, the marketplace or the folder of plugins DIR too; may be
    /// given several times. They are called `plugin:skill`
    #[arg(long = "plugin-dir", value_name = "DIR")]
    pub(super) plugins: Vec<PathBuf>,
}

impl SkillsArgs {
    /// The folders of `--skills-dir`, from the folder that the user stands in.
    pub(super) fn skills_dirs(&self, context: &Context) -> Vec<PathBuf> {
        self.dirs.iter().map(|dir| context.cwd.join(dir)).collect()
    }

    /// Those of `--plugin-dir`.
    pub(super) fn plugin_dirs(&self, context: &Context) -> Vec<PathBuf> {
        self.plugins.iter().map(|dir| context.cwd.join(dir)).collect()
    }
}

/// The folders of skills, in the order in which they are searched.
pub(super) fn roots(args: &SkillsArgs, context: &Context) -> Result<Roots> {
    let folders = context.folders().ok();
    Roots::new(&Search {
        flags: &args.skills_dirs(context),
        variable: context.env.get_os(environment::SKILLS_PATH),
        plugins: &args.plugin_dirs(context),
        home: context.env.get_os(environment::HOME).map(Path::new),
        project: Some(&context.project().root),
        cache: folders.as_ref().map(|folders| folders.cache.as_path()),
    })
}

/// The skill that is meant by a name.
pub(super) fn find(typed: &str, args: &SkillsArgs, context: &Context) -> Result<Found> {
    let name = SkillName::parse(typed)?;
    roots(args, context)?.find(&name)
}

/// The skill whose name is nearest to a word of a command line that could not be read.
pub(super) fn nearest(typed: &str, env: &Env) -> Option<String> {
    let context = Context::new(&Global::default(), env.clone()).ok()?;
    let listing = roots(&SkillsArgs::default(), &context).ok()?.list();
    let names = listing.entries.iter().map(|entry| entry.found.name.as_str());
    suggest::nearest(typed, names).first().map(|name| (*name).to_owned())
}
