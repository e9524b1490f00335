//! Where commands look for skills.

use std::path::{Path, PathBuf};

use super::{context::Context, environment};
use crate::{
    model::{
        Result,
        skill::{Found, name::SkillName},
    },
    store::skills::{Roots, Search},
};

#[derive(Debug, clap::Args)]
pub(super) struct SkillsArgs {
    /// Look for skills in DIR before all other places; may be given several times
    #[arg(long = "skills-dir", value_name = "DIR")]
    pub(super) dirs: Vec<PathBuf>,
}

/// The folders of skills, in the order in which they are searched.
pub(super) fn roots(args: &SkillsArgs, context: &Context) -> Result<Roots> {
    let dirs: Vec<PathBuf> = args.dirs.iter().map(|dir| context.cwd.join(dir)).collect();
    let folders = context.folders().ok();
    Roots::new(&Search {
        flags: &dirs,
        variable: context.env.get_os(environment::SKILLS_PATH),
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
