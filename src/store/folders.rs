//! The user's own folders: configuration, state, cache.

use std::path::{Path, PathBuf};

use crate::{
    model::{Fault, Result},
    sys::{env::Env, fs::ensure_private_dir},
};

/// Overrides all folders: they are `config`, `state` and `cache` in it.
pub const HOME_VARIABLE: &str = "ATLAS_HOME";

/// The user's own folders; none of them need exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// What the user wrote: `config.yaml`.
    pub config: PathBuf,
    /// What atlas must not forget: trust, the ledger of the day.
    pub state: PathBuf,
    /// What atlas can make again.
    pub cache: PathBuf,
}

impl Folders {
    /// The folders of this user: in `ATLAS_HOME`, else where the system keeps such things.
    ///
    /// # Errors
    /// `ATLAS_HOME` is no absolute path, or there is no home folder.
    pub fn find(env: &Env) -> Result<Self> {
        if let Some(home) = env.get_os(HOME_VARIABLE).filter(|home| !home.is_empty()) {
            let home = Path::new(home);
            if home.is_relative() {
                // Where it is would depend on where atlas is started.
                return Err(Fault::invalid(format!("{HOME_VARIABLE} is no absolute path")));
            }
            let [config, state, cache] = ["config", "state", "cache"].map(|name| home.join(name));
            return Ok(Self { config, state, cache });
        }
        let system = directories::ProjectDirs::from("", "", "atlas").ok_or_else(|| {
            Fault::invalid("there is no home folder to keep configuration and state in")
                .hint(format!("set HOME, or name a folder with {HOME_VARIABLE}"))
        })?;
        Ok(Self {
            config: system.config_dir().to_owned(),
            // Not every system tells state from data.
            state: system.state_dir().unwrap_or(system.data_local_dir()).to_owned(),
            cache: system.cache_dir().to_owned(),
        })
    }
}

/// Makes a folder that only this user enters, with those above it that are missing.
///
/// # Errors
/// It cannot be made, or it belongs to somebody else.
pub fn ensure(folder: &Path) -> Result<()> {
    ensure_private_dir(folder)
        .map_err(|error| Fault::failed("cannot make a folder of atlas's own").because(error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn env(home: &str) -> Env {
        [(HOME_VARIABLE.to_owned(), home.to_owned())].into_iter().collect()
    }

    #[test]
    fn one_variable_moves_all_folders() {
        let folders = Folders::find(&env("/somewhere")).unwrap();
        assert_eq!(folders.config, Path::new("/somewhere/config"));
        assert_eq!(folders.state, Path::new("/somewhere/state"));
        assert_eq!(folders.cache, Path::new("/somewhere/cache"));
        let fault = Folders::find(&env("some/where")).unwrap_err();
        assert_eq!(fault.message, "ATLAS_HOME is no absolute path");
    }

    #[test]
    fn a_folder_is_made_for_this_user_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        ensure(&folder).unwrap();
        ensure(&folder).unwrap();
        for made in [folder.as_path(), &home.path().join("a")] {
            assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
