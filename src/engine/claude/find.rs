//! Where claude is.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    model::{Fault, Result},
    sys::{env::Env, executable::is_executable},
};

/// Searches `ATLAS_CLAUDE`, then the path, then the places where installers put it.
///
/// Neither a relative entry of the path nor one inside the repository counts: a repository must
/// not bring its own claude.
pub fn find(env: &Env, root: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = env.get_os("ATLAS_CLAUDE").filter(|value| !value.is_empty()) {
        return named_by_the_user(Path::new(named));
    }
    let path = env.get_os("PATH").unwrap_or(OsStr::new(""));
    let on_path = std::env::split_paths(path).filter(|dir| dir.is_absolute());
    let home = env.get_os("HOME").map(PathBuf::from);
    let installed =
        home.iter().flat_map(|home| [home.join(".local/bin"), home.join(".claude/local")]);
    on_path
        .chain(installed)
        .filter(|dir| root.is_none_or(|root| !is_inside(dir, root)))
        .map(|dir| dir.join("claude"))
        .find(|file| is_executable(file))
        .ok_or_else(|| {
            Fault::unavailable("no `claude` was found")
                .because("it is neither on PATH nor in ~/.local/bin nor in ~/.claude/local")
                .hint("install it with `npm install -g @anthropic-ai/claude-code`")
                .hint("or name it with ATLAS_CLAUDE=/path/to/claude")
        })
}

/// Whether the folder lies in the repository, whatever links its path has.
fn is_inside(dir: &Path, root: &Path) -> bool {
    let real = dir.canonicalize();
    dir.starts_with(root) || real.is_ok_and(|real| real.starts_with(root))
}

fn named_by_the_user(file: &Path) -> Result<PathBuf> {
    let problem = if !file.is_absolute() {
        "it is not an absolute path"
    } else if !file.exists() {
        "there is no such file"
    } else if is_executable(file) {
        return Ok(file.to_owned());
    } else {
        "it is not executable"
    };
    Err(Fault::unavailable(format!("ATLAS_CLAUDE names `{}`", file.display()))
        .because(problem)
        .hint("name an executable claude, or unset ATLAS_CLAUDE to search for one"))
}
