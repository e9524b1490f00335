//! Which skill is meant, and whether it may be run at all.

use std::path::Path;

use super::{Around, Ground, session};
use crate::{
    model::{
        Fault, Request, Result, Status, WorkOf,
        config::{Config, defaults::DEPTH},
        skill::{Found, Skill, name::SkillName, source::Source},
        yaml::Document,
    },
    store::skills::{self, Roots, Search},
    sys::env::Env,
};

/// A skill may run atlas, and the skill of that run too; a chain without an end would spend
/// without one.
pub(super) fn expect_an_end(env: &Env) -> Result<()> {
    let Some(depth) = env.get("ATLAS_DEPTH") else { return Ok(()) };
    if depth.parse::<u32>().is_ok_and(|depth| depth < DEPTH) {
        return Ok(());
    }
    Err(Fault::new(Status::Limit, format!("atlas runs in atlas {DEPTH} times at most"))
        .because(format!("ATLAS_DEPTH is {depth:?}")))
}

/// The skill that was asked for. The user's own aliases come first; those of a repository, which
/// nobody need have trusted yet, only where no skill has the name: a repository must not choose
/// what a name means that meant something before. With it comes what a person should hear of a
/// name that meant another skill before.
pub(super) fn skill(
    request: &Request,
    around: &Around,
    ground: &Ground,
    configs: [Option<&Document<Config>>; 2],
) -> Result<(Skill, Option<String>)> {
    if request.work.as_ref().is_some_and(|work| work.of == WorkOf::Session) {
        return Ok((session::skill(request, &ground.root)?, None));
    }
    let [users, projects] = configs.map(|config| {
        let alias = config.and_then(|config| config.value.aliases.get(&request.skill));
        alias.map(|alias| alias.value.as_str())
    });
    let name = SkillName::parse(users.unwrap_or(&request.skill))?;
    let roots = Roots::new(&Search {
        flags: &request.skills_dirs,
        variable: around.env.get_os("ATLAS_SKILLS_PATH"),
        plugins: &request.plugin_dirs,
        home: around.env.get_os("HOME").map(Path::new),
        project: Some(ground.config()),
        cache: Some(&around.folders.cache),
    })?;
    let found = match projects.filter(|_| users.is_none() && !roots.has(&name)) {
        Some(alias) => roots.find(&SkillName::parse(alias)?)?,
        None => roots.find(&name)?,
    };
    expect_inside(&found, ground.config())?;
    if ground.protected.is_some() {
        expect_outside(&found, &ground.root)?;
    }
    let hidden = roots.hidden_by(&found).filter(|_| found.source != Source::Personal);
    let shadows = hidden.map(|hidden| {
        let file = found.file.strip_prefix(ground.config()).unwrap_or(&found.file).display();
        let other = match hidden.source {
            Source::Bundled => "the skill of that name that comes with atlas",
            _ => "your own skill of that name",
        };
        format!("`{}` is {file} here, not {other}", found.name)
    });
    Ok((skills::load(&found)?, shadows))
}

/// Where a revision has the say, no variable and no link in the user's own folders makes a skill
/// of what lies in the checkout.
fn expect_outside(found: &Found, checkout: &Path) -> Result<()> {
    let real = found.file.canonicalize().unwrap_or_else(|_| found.file.clone());
    if !real.starts_with(checkout) {
        return Ok(());
    }
    let message = format!("the skill `{}` lies in the checkout, which is judged", found.name);
    Err(Fault::invalid(message).because(format!("it was found at {}", found.file.display())).hint(
        "name its folder with `--skills-dir`, which `--config-from` looks up in the revision",
    ))
}

/// A link in a repository that somebody else wrote must not choose which file of this machine
/// becomes a prompt.
fn expect_inside(found: &Found, root: &Path) -> Result<()> {
    if !found.source.is_repository() {
        return Ok(());
    }
    match (found.file.canonicalize(), root.canonicalize()) {
        (Ok(file), Ok(root)) if !file.starts_with(&root) => {
            let shown = found.file.strip_prefix(root).unwrap_or(&found.file).display();
            Err(Fault::invalid(format!("the skill `{}` is not in the repository", found.name))
                .because(format!("`{shown}` leads to {}", file.display()))
                .hint("link it into `~/.claude/skills`, or name its folder with `--skills-dir`"))
        }
        // What cannot be found is told when it is read.
        _ => Ok(()),
    }
}
